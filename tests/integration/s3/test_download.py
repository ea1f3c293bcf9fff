"""An object read as a file is the object, however it is read, and nothing goes on behind who has enough."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from takeback.errors import NotFound, Unavailable
from takeback.stores import files
from takeback.stores.download import Download

from .conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SIZES = (0, 1, 1 << 19, (3 << 19) + 1, 5_000_000)


def _stored(s3: S3Client, size: int) -> tuple[bytes, str]:
    data = Random(size).randbytes(size)  # noqa: S311 - any bytes will do
    return data, s3.put_object(Bucket=BUCKET, Key="uploads/u/b/f", Body=data)["VersionId"]


def _requests(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked for of the object from here on."""
    asked: list[str] = []
    get = s3.get_object

    def note(**named: Any) -> Any:
        asked.append(named.get("Range", "all"))
        return get(**named)

    monkeypatch.setattr(s3, "get_object", note)
    return asked


@pytest.mark.parametrize("size", _SIZES)
def test_whatever_is_read_in_whatever_order_is_what_was_stored(s3: S3Client, size: int) -> None:
    data, version = _stored(s3, size)
    draw = Random(1)  # noqa: S311 - a seeded draw
    with Download("uploads/u/b/f", version) as source:
        assert source.bytes == size
        for _ in range(60):
            place, count = draw.randrange(size + 2), draw.choice([0, 1, 8192, 1 << 19, 1 << 20, -1])
            if draw.random() < 0.5:
                assert source.seek(place) == place
            at = source.tell()

            assert source.read(count) == (data[at:] if count < 0 else data[at : at + count])
        assert source.seek(-min(3, size), 2) == size - min(3, size)
        assert source.read() == data[size - min(3, size) :]
        assert source.sha256() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("read", [0, 10, 2_000_000, 5_000_000])
def test_the_digest_is_that_of_all_bytes_even_when_few_were_read(s3: S3Client, read: int) -> None:
    data, version = _stored(s3, 5_000_000)
    with Download("uploads/u/b/f", version) as source:
        source.read(read)

        assert source.sha256() == hashlib.sha256(data).hexdigest()
        assert source.read() == data[read:]


def test_a_file_that_is_read_from_its_start_is_fetched_once_although_its_start_is_looked_at_again_and_again(
    s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, version = _stored(s3, 5_000_000)
    asked = _requests(s3, monkeypatch)
    with Download("uploads/u/b/f", version) as source:
        for _ in range(3):
            source.seek(0)
            source.read(1 << 20)
        source.seek(0)
        while source.read(1 << 19):
            pass
        source.sha256()

    assert asked == ["all"]


def test_reading_anew_is_one_more_request_for_what_is_not_in_memory(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    data, version = _stored(s3, 5_000_000)
    asked = _requests(s3, monkeypatch)
    with Download("uploads/u/b/f", version) as source:
        source.read()
        source.seek(0)

        assert source.read() == data
    assert len(asked) == 2
    assert asked[1].startswith("bytes=")


def test_nobody_goes_on_fetching_when_the_file_is_closed(s3: S3Client) -> None:
    _, version = _stored(s3, 5_000_000)
    with Download("uploads/u/b/f", version) as source:
        source.read(10)

    assert not [thread for thread in threading.enumerate() if thread.name == "download"]


@pytest.mark.usefixtures("s3")
def test_an_object_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        Download("uploads/u/b/f", "no-version")


def test_what_breaks_on_the_way_is_told_to_who_reads_and_ends_the_thread(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    data, version = _stored(s3, 5_000_000)
    chunks = files._chunks

    def break_off(body: Any, chunk_bytes: int) -> Iterator[bytes]:
        yield from islice(chunks(body, chunk_bytes), 4)
        raise Unavailable

    monkeypatch.setattr(files, "_chunks", break_off)
    with Download("uploads/u/b/f", version) as source:
        assert source.read(1 << 20) == data[: 1 << 20]
        with pytest.raises(Unavailable):
            source.read()
    assert not [thread for thread in threading.enumerate() if thread.name == "download"]
