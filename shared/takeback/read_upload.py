"""Where the file store meets the readers: an uploaded object becomes a preview, rows for commit and an error file."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import partial
from typing import BinaryIO, cast

from takeback.errors import Refused, TakebackError
from takeback.records import record_type
from takeback.rules import keys
from takeback.rules.preview import Preview
from takeback.rules.upload import Reading
from takeback.settings import settings
from takeback.stores import files, uploads
from takeback.stores.download import Download
from takeback.tabular.limits import Limits
from takeback.tabular.plan import Asked
from takeback.tabular.to_preview import Facts, preview_of, unreadable
from takeback.tabular.validation import Outputs, validate


def read_upload(key: keys.BatchKey, reading: Reading) -> tuple[Preview, bool]:
    """The preview that a reading leads to, and whether it is the first of its revision, so that it was kept.

    Raises `NotFound` when the upload was discarded meanwhile. A fault of ours is counted where the uploader asks for the
    preview, so that nobody waits for one that does not come.
    """
    try:
        preview = _read(key, reading)
    except TakebackError:
        raise
    except Exception:
        uploads.note_failure(key.user_id, key.batch_id, reading.revision)
        raise
    return preview, uploads.keep_preview(key.user_id, key.batch_id, preview)


def _read(key: keys.BatchKey, reading: Reading) -> Preview:
    place = (key.user_id, key.batch_id)
    rows = files.Writer(keys.of_batch("rows", *place, reading.revision), "text/plain; charset=utf-8")
    errors = files.Writer(keys.of_batch("errors", *place, f"{reading.revision}.csv"), "text/csv; charset=utf-8", on_disk=True)
    progress = uploads.Progress(*place, reading.revision)
    outputs = Outputs(rows, errors, progress, partial(uploads.recall, key.user_id))
    with Download(reading.key, reading.version_id) as source:
        try:
            understood = validate(cast("BinaryIO", source), _asked(reading), outputs)
        except Refused as refusal:
            return unreadable(_facts(key, reading, source), refusal)
        return preview_of(_facts(key, reading, source), understood, rows.stored.version_id, rows.stored.bytes)


def _asked(reading: Reading) -> Asked:
    limits = settings()
    return Asked(
        record=record_type(reading.record_type),
        column_mapping=reading.column_mapping,
        options=reading.options,
        limits=Limits(bytes=limits.upload_max_bytes, rows=limits.max_rows, columns=limits.max_columns, cell_chars=limits.max_cell_chars),
        today=datetime.now(UTC).date(),
        unix_ms=time.time_ns() // 1_000_000,
        entropy=os.urandom(10),
    )


def _facts(key: keys.BatchKey, reading: Reading, source: Download) -> Facts:
    return Facts(batch_id=key.batch_id, reading=reading, bytes=source.bytes, sha256=source.sha256())
