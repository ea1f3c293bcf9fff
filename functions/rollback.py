"""POST /import/batches/{batch_id}/rollback and …/disable-rollback. A long undo is accepted, and done from its request object."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.data_classes import S3Event

from takeback.errors import BadRequest, Forbidden, LaterImport, NotCommitted, NotFound, RecordsModified, RollbackDisabled, RollbackExpired
from takeback.faults import event_handler
from takeback.http import Answer, answer, caller, documented, new_app, refusals, respond
from takeback.rules import keys
from takeback.rules.batch import Batch, RollbackRequest
from takeback.stores import jobs
from takeback.stores import rollback as rollbacks

logger = Logger()
app = new_app()


@app.post(
    "/import/batches/<batch_id>/rollback",
    responses=documented(Batch)
    | documented(Batch, 202, "Accepted, since it is long: GET /import/batches/{batch_id} tells how far it is")
    | refusals(BadRequest, Forbidden, NotFound, NotCommitted, RollbackExpired, RollbackDisabled, RecordsModified, LaterImport),
    summary="Undo an import",
    tags=["batches"],
)
def rollback(batch_id: UUID, body: Annotated[RollbackRequest, Body()] = RollbackRequest()) -> Answer:  # noqa: B008 - frozen
    """Delete what the import created and restore what it overwrote. Asking again gives the same answer."""
    batch = jobs.roll_back(caller(app), batch_id, body)
    counts = {"deleted": batch.deleted, "restored": batch.restored, "kept": batch.kept}
    logger.info("rollback", status=batch.status, asked=body.model_dump(), counts=counts)
    return answer(batch, 202 if batch.status == "rolling_back" else 200)


@app.post(
    "/import/batches/<batch_id>/disable-rollback",
    responses=documented(Batch) | refusals(Forbidden, NotFound, NotCommitted),
    summary="Give an undo up for good",
    tags=["batches"],
)
def disable(batch_id: UUID) -> Answer:
    """From now on the import cannot be undone."""
    batch = rollbacks.disable(caller(app), batch_id)
    logger.info("undo given up")
    return answer(batch)


@event_handler
def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """The Lambda entry point: a request, or the creation of a request object."""
    if "Records" not in event:
        return respond(app, event, context)
    for record in S3Event(event).records:
        key = keys.from_event(record.s3.get_object.key)
        if key is not None:
            logger.append_keys(batch_id=str(key.batch_id))
            logger.info("long rollback", outcome=jobs.carry_out(key))
    return None
