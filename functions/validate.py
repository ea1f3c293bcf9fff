"""An uploaded file, or a request to read one again, becomes a preview. Started by S3."""

from __future__ import annotations

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import S3Event

from takeback import telemetry
from takeback.errors import NotFound
from takeback.faults import event_handler
from takeback.read_upload import read_upload
from takeback.rules import keys
from takeback.rules.upload import Reading
from takeback.stores import uploads

logger = Logger()


@event_handler
def handler(event: dict[str, Any], _context: Any) -> None:
    """The Lambda entry point: every record of the event, each once however often it comes."""
    for record in S3Event(event).records:
        key = keys.from_event(record.s3.get_object.key)
        logger.append_keys(batch_id=str(key.batch_id) if key else None)
        reading = None if key is None else uploads.find_reading(key, record.s3.get_object.version_id)
        if key is None or reading is None:
            logger.info("nothing to read: no upload of ours, or discarded since")
        elif uploads.find_preview(key.user_id, key.batch_id, reading.revision) is None:
            _validate(key, reading)


def _validate(key: keys.BatchKey, reading: Reading) -> None:
    log = partial(logger.info, revision=reading.revision)
    try:
        with telemetry.step("validate", key.batch_id) as clock:
            preview, kept = read_upload(key, reading)
    except NotFound:
        log("discarded while it was read")
        return
    code = preview.errors[0].code if preview.state == "unreadable" else None
    log("validated", state=preview.state, code=code, rows=preview.total_rows, invalid=preview.invalid_rows, kept=kept)
    telemetry.publish({"FilesValidated": 1, "RowsValidated": preview.total_rows, "ValidateMilliseconds": clock.milliseconds})
    if code is not None:
        telemetry.refused(code)
