"""POST /import/records/commit: the rows of one preview, all or none. A long one is accepted, and done from its request object."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import S3Event

from takeback.errors import AlreadyCommitted, AlreadyRolledBack, BadRequest, ExistingRecords, Forbidden, NotFound, NotReady, TotalsDiffer
from takeback.faults import event_handler
from takeback.http import Answer, answer, caller, documented, new_app, refusals, respond
from takeback.rules import keys
from takeback.rules.batch import Batch, CommitRequest
from takeback.stores import jobs

logger = Logger()
app = new_app()


@app.post(
    "/import/records/commit",
    responses=documented(Batch)
    | documented(Batch, 202, "Accepted, since it is long: GET /import/batches/{batch_id} tells how far it is")
    | refusals(BadRequest, Forbidden, NotFound, NotReady, ExistingRecords, AlreadyCommitted, AlreadyRolledBack, TotalsDiffer),
    summary="Write the rows of a preview, all or none",
    tags=["batches"],
)
def commit(body: CommitRequest) -> Answer:
    """Commit what the preview of this revision showed. Asking again gives the same answer."""
    batch = jobs.commit_preview(caller(app), body)
    counts = {"inserted": batch.inserted, "updated": batch.updated, "skipped": batch.skipped}
    logger.info("commit", status=batch.status, dry_run=batch.dry_run, counts=counts)
    return answer(batch, 202 if batch.status == "committing" else 200)


@event_handler
def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """The Lambda entry point: a request, or the creation of a request object."""
    if "Records" not in event:
        return respond(app, event, context)
    for record in S3Event(event).records:
        key = keys.from_event(record.s3.get_object.key)
        if key is not None:
            logger.append_keys(batch_id=str(key.batch_id))
            logger.info("long commit", outcome=jobs.carry_out(key))
    return None
