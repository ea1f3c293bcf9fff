"""GET /import/uploads/{batch_id}/preview and …/errors: what was understood of a file."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from takeback.errors import NotFound, ReadingFailed
from takeback.http import Answer, answer, caller, documented, http_handler, new_app, redirect, refusals
from takeback.rules import keys
from takeback.rules.preview import Preview
from takeback.rules.upload import ErrorsFile, Waiting
from takeback.stores import files, uploads

app = new_app()
_REDIRECT: dict[int, Any] = {302: {"description": "A URL, good for five minutes, of the bad rows as CSV", "content": {}}}
Revision = Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="Which preview; the one asked for last when left out")]


@app.get(
    "/import/uploads/<batch_id>/preview",
    responses=documented(Preview) | documented(Waiting, 202, "Not read yet") | refusals(NotFound, ReadingFailed),
    summary="What was understood of the file",
    tags=["upload"],
)
def read_preview(batch_id: UUID, revision: Revision = None) -> Answer:
    """The preview as it was written, or 202 while the file is awaited or read."""
    user_id = caller(app)
    wanted = revision or uploads.newest_revision(user_id, batch_id)
    if wanted is None:
        return answer(Waiting(state="awaiting_upload"), 202)
    preview = uploads.find_preview(user_id, batch_id, wanted)
    if preview is not None:
        return answer(preview)
    if revision is not None and not uploads.was_asked(user_id, batch_id, revision):
        raise NotFound("There is no such revision of this upload. Ask for the preview without one to get the newest.")
    return answer(Waiting(state="validating", rows_seen=uploads.rows_seen(user_id, batch_id, wanted)), 202)


@app.get(
    "/import/uploads/<batch_id>/errors",
    responses=documented(ErrorsFile) | _REDIRECT | refusals(NotFound),
    summary="The bad rows as a spreadsheet",
    tags=["upload"],
)
def read_errors(batch_id: UUID, revision: Revision = None) -> Answer:
    """Every bad row as uploaded, plus its row number and the reasons. Who accepts JSON is told the URL instead of being sent there."""
    user_id = caller(app)
    wanted = revision or uploads.newest_revision(user_id, batch_id)
    if wanted is None or uploads.find_preview(user_id, batch_id, wanted) is None:
        raise NotFound("There is no preview of this upload yet, so there are no errors to download.")
    url = files.presigned_download(keys.of_batch("errors", user_id, batch_id, f"{wanted}.csv"), "errors.csv")
    if app.current_event.headers.get("accept") == "application/json":
        return answer(ErrorsFile(url=url))  # a script of another origin may not follow a redirect from here to the bucket
    return redirect(url)


handler = http_handler(app)
