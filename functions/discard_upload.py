"""DELETE /import/uploads/{batch_id}: forget a file that was not committed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger

from takeback.errors import NotFound
from takeback.http import Answer, answer, caller, http_handler, new_app, refusals
from takeback.stores import files, uploads

logger = Logger()
app = new_app()
_DELETED: dict[int, Any] = {204: {"description": "Deleted", "content": {}}}


@app.delete(
    "/import/uploads/<batch_id>",
    responses=_DELETED | refusals(NotFound),
    summary="Discard an upload",
    tags=["upload"],
)
def discard_upload(batch_id: UUID) -> Answer:
    """Delete the file and everything that was made of it. A batch that was committed stays as it is."""
    user_id = caller(app)
    uploads.find_start(user_id, batch_id)
    files.delete_batch(user_id, batch_id)
    logger.info("upload discarded")
    return answer(status=204)


handler = http_handler(app)
