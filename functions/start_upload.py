"""POST /import/uploads: a place for one file."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from takeback.errors import BadRequest, TooLarge
from takeback.http import Answer, answer, caller, documented, http_handler, new_app, refusals
from takeback.records import record_type
from takeback.rules.upload import StartedUpload, StartUpload
from takeback.settings import settings
from takeback.stores import uploads

logger = Logger()
app = new_app()


@app.post(
    "/import/uploads",
    responses=documented(StartedUpload, 201) | refusals(BadRequest, TooLarge),
    summary="Start an upload",
    tags=["upload"],
)
def start_upload(body: StartUpload) -> Answer:
    """Give out a form that takes exactly one file of a bounded size; sending it starts the validation."""
    record_type(body.record_type)
    if body.size is not None and body.size > settings().upload_max_bytes:
        raise TooLarge(max_bytes=settings().upload_max_bytes)
    started = uploads.start(caller(app), body)
    logger.info("upload started", batch_id=str(started.batch_id))
    return answer(started, 201)


handler = http_handler(app)
