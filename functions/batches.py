"""GET /import/accounts and /import/batches…: who may import where, and what was imported."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from takeback.errors import NotFound
from takeback.http import Answer, answer, caller, documented, http_handler, new_app, refusals
from takeback.rules.batch import AccountList, Batch, BatchList, EventList, Manifest, Status, WrittenRecordList
from takeback.stores import batches, history

app = new_app()
_OR_NONE = refusals(NotFound)
Limit = Annotated[int, Query(ge=1, le=100, description="How many at most")]
Cursor = Annotated[str | None, Query(max_length=500, description="The next_cursor of the page before")]


@app.get("/import/accounts", responses=documented(AccountList), summary="The accounts that you may see", tags=["batches"])
def accounts() -> Answer:
    """With your role on each: viewers look, members and owners import."""
    return answer(AccountList(items=batches.accounts(caller(app))))


@app.get("/import/batches", responses=documented(BatchList), summary="Imports, newest first", tags=["batches"])
def list_batches(
    account_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Answer:
    """Those of your orgs, of one account or status if you say so."""
    return answer(history.page(caller(app), account_id=account_id, status=status, limit=limit, cursor=cursor))


@app.get("/import/batches/<batch_id>", responses=documented(Batch) | _OR_NONE, summary="One import", tags=["batches"])
def read_batch(batch_id: UUID) -> Answer:
    """How it stands, and how far it is while it is worked on."""
    return answer(history.batch(caller(app), batch_id))


@app.get(
    "/import/batches/<batch_id>/records",
    responses=documented(WrittenRecordList) | _OR_NONE,
    summary="What an import wrote",
    tags=["batches"],
)
def read_records(batch_id: UUID, limit: Limit = 20, cursor: Cursor = None) -> Answer:
    """Each record, whether it was inserted or updated, and whether it was edited since."""
    return answer(history.records(caller(app), batch_id, limit=limit, cursor=cursor))


@app.get(
    "/import/batches/<batch_id>/events", responses=documented(EventList) | _OR_NONE, summary="The trail of an import", tags=["batches"]
)
def read_events(batch_id: UUID) -> Answer:
    """Who did what to it, and when."""
    return answer(history.events(caller(app), batch_id))


@app.get(
    "/import/batches/<batch_id>/manifest", responses=documented(Manifest) | _OR_NONE, summary="An import for the files", tags=["batches"]
)
def read_manifest(batch_id: UUID) -> Answer:
    """The file's digest, how it was read, what came of it and what was done to it since, as a JSON file to keep."""
    reply = answer(history.manifest(caller(app), batch_id))
    reply.headers["Content-Disposition"] = f'attachment; filename="import-{batch_id}.json"'
    return reply


handler = http_handler(app)
