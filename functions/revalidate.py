"""POST /import/records/validate: read the same file again, with a person's answers."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from takeback.errors import BadRequest, Conflict, InvalidMapping, InvalidOptions, NotFound, Unprocessable
from takeback.http import Answer, answer, caller, documented, http_handler, new_app, refusals
from takeback.records import record_type
from takeback.rules.answers import check_answers
from takeback.rules.upload import AcceptedRevision, ValidateRequest
from takeback.stores import files, uploads

logger = Logger()
app = new_app()


@app.post(
    "/import/records/validate",
    responses=documented(AcceptedRevision, 202) | refusals(BadRequest, NotFound, Conflict, Unprocessable, InvalidMapping, InvalidOptions),
    summary="Read a file again",
    tags=["upload"],
)
def revalidate(body: ValidateRequest) -> Answer:
    """Ask for a new revision; its preview appears under the id that this answers.

    `column_mapping` need only name the headers that change: the others keep what is suggested for them.
    """
    user_id = caller(app)
    begun = uploads.find_start(user_id, body.batch_id)
    arrived = files.head(begun.key)
    if arrived is None:
        raise Conflict("The file has not arrived yet. Send it first, then ask for another reading.")
    check_answers(body, uploads.find_newest_preview(user_id, body.batch_id), record_type(begun.record_type).columns())
    reading = uploads.first_reading(begun, arrived.version_id).model_copy(
        update={"column_mapping": body.column_mapping, "options": body.options}
    )
    uploads.ask(user_id, body.batch_id, reading)
    logger.info("reading asked for", revision=reading.revision)
    return answer(AcceptedRevision(batch_id=body.batch_id, revision=reading.revision), 202)


handler = http_handler(app)
