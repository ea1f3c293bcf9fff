"""An upload before its commit: a handful of objects under one batch id, all of them the uploader's alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from takeback.errors import NotFound, ReadingFailed
from takeback.rules import keys
from takeback.rules.preview import Preview
from takeback.rules.upload import Reading, Start, StartedUpload, StartUpload, UploadForm
from takeback.settings import settings
from takeback.stores import files

_ATTEMPTS = 3  # Lambda tries an event it was given by S3 once, and twice more


def start(user_id: str, asked: StartUpload) -> StartedUpload:
    """Leave the start object and hand out the form for exactly one file."""
    batch_id = uuid4()
    begun = Start(
        filename=asked.filename,
        key=keys.uploads(user_id, batch_id, asked.filename),
        record_type=asked.record_type,
        options=asked.options,
    )
    files.write_json(_start_key(user_id, batch_id), begun.model_dump(mode="json"))
    form = files.presigned_upload(begun.key)
    expires_at = datetime.now(UTC) + timedelta(seconds=settings().upload_expires_seconds)
    return StartedUpload(
        batch_id=batch_id,
        upload=UploadForm(**form, expires_at=expires_at.isoformat(timespec="seconds"), max_bytes=settings().upload_max_bytes),
    )


def find_start(user_id: str, batch_id: UUID) -> Start:
    """How the upload was begun; `NotFound` when this uploader began none of that id."""
    found = files.read_json(_start_key(user_id, batch_id))
    if found is None:
        raise NotFound("There is no such upload. It was deleted, swept after some days, or it is somebody else's.")
    return Start.model_validate(found)


def first_reading(begun: Start, version_id: str) -> Reading:
    """What the arrival of the file asks for by itself."""
    return Reading(
        key=begun.key,
        filename=begun.filename,
        record_type=begun.record_type,
        version_id=version_id,
        column_mapping=None,
        options=begun.options,
    )


def newest_revision(user_id: str, batch_id: UUID) -> str | None:
    """The revision that was asked for last; None while the file has not arrived."""
    begun = find_start(user_id, batch_id)
    arrived = files.head(begun.key)
    if arrived is None:
        return None
    asked = files.read_json(_newest_key(user_id, batch_id))
    if asked is not None and asked["version_id"] == arrived.version_id:
        return asked["revision"]
    return first_reading(begun, arrived.version_id).revision


def ask(user_id: str, batch_id: UUID, reading: Reading) -> None:
    """Have the file read once more: the creation of the request object starts the validation."""
    revision = reading.revision
    files.write_json(keys.of_batch("requests", user_id, batch_id, f"{revision}.json"), reading.model_dump(mode="json"))
    files.write_json(_newest_key(user_id, batch_id), {"revision": revision, "version_id": reading.version_id})


def find_reading(key: keys.BatchKey, version_id: str | None) -> Reading | None:
    """What an S3 event asks for: the version that arrived, or the request object. None when its batch is gone."""
    if key.prefix == "requests":
        found = files.read_json(str(key))
        return None if found is None else Reading.model_validate(found)
    begun = files.read_json(_start_key(key.user_id, key.batch_id)) if key.prefix == "uploads" else None
    if begun is None or version_id is None or begun["key"] != str(key):
        return None
    return first_reading(Start.model_validate(begun), version_id)


def was_asked(user_id: str, batch_id: UUID, revision: str) -> bool:
    """Whether this uploader's batch has, or will have, a preview of this revision."""
    if files.head(keys.of_batch("requests", user_id, batch_id, f"{revision}.json")) is not None:
        return True
    begun = find_start(user_id, batch_id)
    arrived = files.head(begun.key)
    return arrived is not None and first_reading(begun, arrived.version_id).revision == revision


def find_preview(user_id: str, batch_id: UUID, revision: str) -> bytes | None:
    """The preview's JSON as it was written; None while there is none."""
    try:
        return files.read(keys.of_batch("previews", user_id, batch_id, f"{revision}.json"))
    except NotFound:
        return None


def load_preview(user_id: str, batch_id: UUID, revision: str) -> Preview:
    """The preview of this revision; `NotFound` when there is none that this uploader may see, or never can be."""
    found = find_preview(user_id, batch_id, revision) if keys.is_revision(revision) else None
    if found is None:
        raise NotFound("There is no such preview. Upload the file again, or name the revision that its preview gave.")
    return Preview.model_validate_json(found)


def find_newest_preview(user_id: str, batch_id: UUID) -> Preview | None:
    """The preview of the revision that was asked for last, if it is written."""
    revision = newest_revision(user_id, batch_id)
    found = None if revision is None else find_preview(user_id, batch_id, revision)
    return None if found is None else Preview.model_validate_json(found)


def keep_preview(user_id: str, batch_id: UUID, preview: Preview) -> bool:
    """Write the preview unless one of this revision is there already: what a revision holds never changes."""
    return files.write_once(keys.of_batch("previews", user_id, batch_id, f"{preview.revision}.json"), preview.model_dump_json().encode())


def rows_seen(user_id: str, batch_id: UUID, revision: str) -> int:
    """How many rows the running validation has seen so far; `ReadingFailed` when it was given up."""
    progress = files.read_json(_progress_key(user_id, batch_id, revision)) or {}
    if progress.get("failures", 0) >= _ATTEMPTS:
        raise ReadingFailed
    return int(progress.get("rows_seen", 0))


def note_failure(user_id: str, batch_id: UUID, revision: str) -> None:
    """Count a fault of ours at reading a file. The event is tried twice more; then the uploader has to be told."""
    key = _progress_key(user_id, batch_id, revision)
    failures = (files.read_json(key) or {}).get("failures", 0)
    files.write_json(key, {"failures": failures + 1})


class Progress:
    """Lets the page know how far a validation is, once a second at most."""

    def __init__(self, user_id: str, batch_id: UUID, revision: str) -> None:
        self._key = _progress_key(user_id, batch_id, revision)
        self._failures = (files.read_json(self._key) or {}).get("failures", 0)
        self._told_at = time.monotonic()

    def __call__(self, rows_seen: int) -> None:
        """Tell the rows seen so far."""
        if time.monotonic() - self._told_at >= 1:
            files.write_json(self._key, {"rows_seen": rows_seen, "failures": self._failures})
            self._told_at = time.monotonic()


def recall(user_id: str, fingerprint: str) -> dict[str, Any] | None:
    """The mapping and options that this uploader last committed for files of this shape."""
    return files.read_json(keys.mapping(user_id, fingerprint))


def remember(user_id: str, preview: Preview) -> None:
    """Keep the mapping and options of a committed preview for the next file of its shape."""
    if preview.fingerprint is not None:
        options = preview.options.model_dump(include={"date_order", "decimal_mark", "money_unit"}, exclude_none=True)
        files.write_json(keys.mapping(user_id, preview.fingerprint), {"column_mapping": preview.column_mapping, "options": options})


def _start_key(user_id: str, batch_id: UUID) -> str:
    return keys.of_batch("starts", user_id, batch_id, "options.json")


def _newest_key(user_id: str, batch_id: UUID) -> str:
    return keys.of_batch("starts", user_id, batch_id, "newest.json")


def _progress_key(user_id: str, batch_id: UUID, revision: str) -> str:
    return keys.of_batch("progress", user_id, batch_id, f"{revision}.json")
