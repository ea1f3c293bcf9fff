"""An uploaded file, or a request to read one again, becomes a preview. Started by S3."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import S3Event, event_source

from takeback.errors import Refused
from takeback.records import record_type
from takeback.rules import keys
from takeback.rules.preview import Preview
from takeback.rules.upload import Reading
from takeback.settings import settings
from takeback.stores import files, uploads
from takeback.tabular.limits import Limits
from takeback.tabular.plan import Asked
from takeback.tabular.to_preview import Facts, preview_of, unreadable
from takeback.tabular.validation import Outputs, validate

logger = Logger()


@event_source(data_class=S3Event)
def handler(event: S3Event, _context: Any) -> None:
    """The Lambda entry point: every record of the event, each once however often it comes."""
    for record in event.records:
        key = keys.from_event(record.s3.get_object.key)
        reading = None if key is None else uploads.find_reading(key, record.s3.get_object.version_id)
        if key is None or reading is None:
            logger.info("nothing to read: no upload of ours, or discarded since")
        elif uploads.find_preview(key.user_id, key.batch_id, reading.revision) is None:
            preview = _read(key, reading)
            kept = uploads.keep_preview(key.user_id, key.batch_id, preview)
            told = {"state": preview.state, "rows": preview.total_rows, "invalid": preview.invalid_rows, "kept": kept}
            logger.info("validated", batch_id=str(key.batch_id), revision=preview.revision, **told)


def _read(key: keys.BatchKey, reading: Reading) -> Preview:
    place = (key.user_id, key.batch_id)
    rows = files.Writer(keys.of_batch("rows", *place, reading.revision), "text/plain; charset=utf-8")
    errors = files.Writer(keys.of_batch("errors", *place, f"{reading.revision}.csv"), "text/csv; charset=utf-8")
    outputs = Outputs(
        rows=rows,
        errors=errors,
        progress=uploads.Progress(*place, reading.revision),
        recall=partial(uploads.recall, key.user_id),
    )
    with tempfile.TemporaryFile() as source:
        facts = _fetch(key, reading, source)
        asked = Asked(
            record=record_type(reading.record_type),
            column_mapping=reading.column_mapping,
            options=reading.options,
            limits=Limits(bytes=settings().upload_max_bytes, rows=settings().max_rows, columns=settings().max_columns),
            today=datetime.now(UTC).date(),
            unix_ms=time.time_ns() // 1_000_000,
            entropy=os.urandom(10),
        )
        try:
            understood = validate(source, asked, outputs)
        except Refused as refusal:
            return unreadable(facts, refusal)
    return preview_of(facts, understood, rows.stored.version_id, rows.stored.bytes)


def _fetch(key: keys.BatchKey, reading: Reading, to: BinaryIO) -> Facts:
    files.download(reading.key, reading.version_id, to)
    to.seek(0)
    digest = hashlib.file_digest(to, "sha256").hexdigest()  # pyright: ignore[reportArgumentType] - any binary file will do
    return Facts(batch_id=key.batch_id, reading=reading, bytes=to.tell(), sha256=digest)
