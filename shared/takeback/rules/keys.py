"""S3 keys: the one module that builds and parses them. A key is the only context an S3 event brings.

`{prefix}/{user_id}/{batch_id}/{name}` for everything that belongs to a batch, `mappings/{user_id}/{fingerprint}.json`
for what an uploader last committed. A user id is any JWT `sub`, so it is percent-encoded into one path segment.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote, unquote_plus
from uuid import UUID

Prefix = Literal["uploads", "starts", "requests", "progress", "previews", "rows", "errors", "commits", "rollbacks"]
PREFIXES: tuple[Prefix, ...] = ("uploads", "starts", "requests", "progress", "previews", "rows", "errors", "commits", "rollbacks")

_REVISION = re.compile(r"[0-9a-f]{32}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
_LONGEST_FILENAME = 200


def is_revision(text: str) -> bool:
    """Whether the text can name a preview."""
    return _REVISION.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class BatchKey:
    """A parsed key: `prefix`, the uploader's `user_id`, `batch_id`, and the last segment as `name`."""

    prefix: Prefix
    user_id: str
    batch_id: UUID
    name: str

    @property
    def revision(self) -> str:
        """The revision in the name, "" where the name holds none."""
        stem = self.name.split(".", 1)[0]
        return stem if is_revision(stem) else ""

    def __str__(self) -> str:
        return f"{self.prefix}/{quote(self.user_id, safe='')}/{self.batch_id}/{self.name}"


def parse(key: str) -> BatchKey | None:
    """The parts of a (decoded) object key; None when it is none of ours."""
    parts = key.split("/", 3)
    if len(parts) != 4 or parts[0] not in PREFIXES or not parts[3]:
        return None
    try:
        batch_id = UUID(parts[2])
    except ValueError:
        return None
    return BatchKey(parts[0], unquote(parts[1]), batch_id, parts[3])


def from_event(encoded: str) -> BatchKey | None:
    """The parts of a key as an S3 event spells it: form-encoded, so `+` is a space. Decoded here and nowhere else."""
    return parse(unquote_plus(encoded))


def safe_filename(filename: str) -> str:
    """A file name fit for a key: one segment, no control characters, NFC, at most 200 characters, ending kept."""
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", filename)).strip() or "upload"
    name = name.replace("${", "$_{")  # S3 would put the browser's own file name where a form's key says ${filename}
    if name in {".", ".."}:
        return "upload"
    if len(name) > _LONGEST_FILENAME:
        stem, dot, ending = name.rpartition(".")
        name = stem[: _LONGEST_FILENAME - len(ending) - 1] + dot + ending if dot and len(ending) < 10 else name[:_LONGEST_FILENAME]
    return name


def uploads(user_id: str, batch_id: UUID, filename: str) -> str:
    """Where the browser puts the file."""
    return str(BatchKey("uploads", user_id, batch_id, safe_filename(filename)))


def of_batch(prefix: Prefix, user_id: str, batch_id: UUID, name: str = "") -> str:
    """`{prefix}/{user_id}/{batch_id}/{name}`; without a name the folder, for listing."""
    return str(BatchKey(prefix, user_id, batch_id, name))


def mapping(user_id: str, fingerprint: str) -> str:
    """Where the mapping that this uploader last committed for files of this shape is remembered."""
    return f"mappings/{quote(user_id, safe='')}/{fingerprint}.json"
