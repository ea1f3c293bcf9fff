"""Keeps what is in moto's buckets on disk, with version ids, so that a restart finds it again.

One file of bytes and one of facts for each version of an object. moto holds an index only: the bytes are read from here.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey


def _copied(version: FakeKey, _memo: dict[int, Any]) -> FakeKey:
    """A copy without the bytes: moto copies all objects of a bucket for each listing, and closes the copies' buffers thereafter."""
    found = object.__new__(FakeKey)
    vars(found).update(vars(version), _etag=version.etag.strip('"'), _value_buffer=BytesIO())
    return found


FakeKey.__deepcopy__ = _copied  # type: ignore[attr-defined]


class Broken(Exception):
    """What is on disk cannot be read; the message names the file."""


class _OnDisk:
    """Stands in for the buffer that moto keeps an object's bytes in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def seek(self, position: int) -> None:
        self._position = position

    def read(self, size: int = -1) -> bytes:
        with self._path.open("rb") as data:
            data.seek(self._position)
            found = data.read(size)
        self._position += len(found)
        return found

    def close(self) -> None:
        """Nothing is open between reads."""


class Disk:
    """The versions of all objects of one bucket in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: dict[str, dict[int, int]] = {}  # key -> id of moto's object -> number of its files
        self._numbers = count(1)

    def restore(self, bucket: FakeBucket) -> None:
        """Put everything that is on disk into an empty bucket, in the order in which it came. Raises `Broken`."""
        versions: dict[str, list[Any]] = {}
        for path in sorted(self._folder.glob("*.json")):
            try:
                facts, number = json.loads(path.read_text()), int(path.stem)
                version = self._load(facts, bucket, path.with_suffix(".data"))
            except (ValueError, KeyError, OSError):
                raise Broken(f"{path} is broken. Move it and its .data file away, or name another DATA_DIR.") from None
            versions.setdefault(facts["key"], []).append(version)
            self._kept.setdefault(facts["key"], {})[id(version)] = number
            self._numbers = count(number + 1)
        for key, listed in versions.items():
            bucket.keys.setlist(key, listed)

    def keep(self, bucket: FakeBucket, key: str | None = None) -> None:
        """Bring the disk up to date with the bucket: for one key, or for all."""
        with self._lock:
            for name in [key] if key is not None else sorted({*bucket.keys, *self._kept}):
                self._keep_key(bucket, name)

    def read(self, key: str, version: Any, begin: int, end: int) -> bytes | None:
        """The bytes of a version from `begin` up to `end`; None when it is not on disk."""
        with self._lock:
            number = self._kept.get(key, {}).get(id(version))
        if number is None:
            return None
        with self._path(number, ".data").open("rb") as data:
            data.seek(begin)
            return data.read(end - begin)

    def _keep_key(self, bucket: FakeBucket, key: str) -> None:
        versions = list(bucket.keys.getlist(key, []))
        kept = self._kept.get(key, {})
        still = {id(version): kept[id(version)] for version in versions if id(version) in kept}
        for gone in set(kept.values()) - set(still.values()):
            self._path(gone, ".json").unlink(missing_ok=True)
            self._path(gone, ".data").unlink(missing_ok=True)
        for version in versions:
            if id(version) not in still:
                still[id(version)] = self._save(key, version)
        if still:
            self._kept[key] = still
        else:
            self._kept.pop(key, None)

    def _save(self, key: str, version: Any) -> int:
        number = next(self._numbers)
        facts: dict[str, Any] = {"key": key, "version_id": version.version_id, "modified": version.last_modified.isoformat()}
        if isinstance(version, FakeKey):
            data = self._path(number, ".data")
            data.write_bytes(version.value)
            facts |= {"etag": version.etag.strip('"'), "size": version.size, "metadata": dict(version.metadata)}
            version._value_buffer = _OnDisk(data)  # type: ignore[assignment]  # noqa: SLF001 - moto offers no other way
        unfinished = self._path(number, ".new")
        unfinished.write_text(json.dumps(facts))
        unfinished.rename(self._path(number, ".json"))
        return number

    def _load(self, facts: dict[str, Any], bucket: FakeBucket, data: Path) -> FakeKey | FakeDeleteMarker:
        version: Any = FakeKey(
            facts["key"],
            b"",
            DEFAULT_ACCOUNT_ID,
            bucket.region_name,
            etag=facts.get("etag"),
            is_versioned=bucket.is_versioned,
            version_id=facts["version_id"],
            bucket_name=bucket.name,
        )
        version.last_modified = datetime.fromisoformat(facts["modified"])
        if "etag" not in facts:
            marker: Any = FakeDeleteMarker(version)
            marker._version_id, marker.last_modified = facts["version_id"], version.last_modified  # noqa: SLF001 - as above
            return marker
        version.contentsize = facts["size"]
        version.set_metadata(facts["metadata"])
        version._value_buffer = _OnDisk(data)  # noqa: SLF001 - as above
        return version

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"{number:010d}{ending}"
