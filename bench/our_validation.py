"""Takeback's validation for a process of its own that imports no more than the function does. The S3 client is made beforehand."""

from __future__ import annotations

from typing import Any

from takeback.errors import NotFound
from takeback.read_upload import read_upload
from takeback.rules import keys
from takeback.stores import files, uploads

files.client()


def validated(key: str, version_id: str) -> dict[str, Any]:
    """Everything that Validate does with an upload: S3 object in, preview, error file and rows for commit out."""
    arrived = keys.parse(key)
    reading = None if arrived is None else uploads.find_reading(arrived, version_id)
    if arrived is None or reading is None:
        raise NotFound
    preview, _ = read_upload(arrived, reading)
    return {"rows": preview.total_rows, "bad": preview.invalid_rows, "state": preview.state, "revision": preview.revision}
