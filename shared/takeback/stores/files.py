"""Objects in the bucket: the upload, the preview, the rows for commit, the requests that start a function."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError

from takeback.errors import NotFound, Unavailable
from takeback.rules import keys
from takeback.settings import settings

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_PART_BYTES = 5 << 20  # the least that S3 takes; 10,000 parts of 5 MiB hold more rows than any upload
_MISSING = {"404", "NoSuchKey", "NoSuchVersion", "NoSuchUpload"}
_ERRORS_URL_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Stored:
    """An object version as S3 describes it."""

    key: str
    version_id: str
    bytes: int


@cache
def client() -> S3Client:
    """The S3 client of this container. Virtual-hosted or path style is left to the endpoint."""
    import boto3  # noqa: PLC0415 - a third of a cold start, and not every call asks the bucket
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        signature_version="s3v4",
        s3={"payload_signing_enabled": False},  # TLS and a checksum guard what is sent; signing would hash it once more
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=3,
        read_timeout=20,
    )
    return boto3.client("s3", config=config)


@contextmanager
def _asking(what: str) -> Iterator[None]:
    """S3's errors in our words: a missing object is `NotFound`, everything else `Unavailable`."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            raise NotFound from error
        raise Unavailable(f"The file store did not answer ({what}). Nothing was changed; try again in a few seconds.") from error
    except BotoCoreError as error:
        raise Unavailable(f"The file store cannot be reached ({what}). Nothing was changed; try again in a few seconds.") from error


def presigned_upload(key: str) -> dict[str, Any]:
    """`{url, fields}` of a form that lets a browser put one file, of a bounded size, under exactly this key."""
    form: dict[str, Any] = client().generate_presigned_post(
        settings().bucket,
        key,
        Conditions=[["content-length-range", 0, settings().upload_max_bytes]],
        ExpiresIn=settings().upload_expires_seconds,
    )
    return form


def head(key: str) -> Stored | None:
    """The newest version of an object; None where there is none."""
    try:
        with _asking("head"):
            found = client().head_object(Bucket=settings().bucket, Key=key)
    except NotFound:
        return None
    return Stored(key, found.get("VersionId", found["ETag"]), found["ContentLength"])


def read(key: str) -> bytes:
    """The newest version of a small object; `NotFound` where there is none."""
    with _asking("get"):
        return client().get_object(Bucket=settings().bucket, Key=key)["Body"].read()


def read_json(key: str) -> dict[str, Any] | None:
    """The newest version of a JSON object; None where there is none."""
    try:
        return json.loads(read(key))
    except NotFound:
        return None


def write_json(key: str, value: Any) -> None:
    """Put JSON under a key, over whatever is there."""
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    with _asking("put"):
        client().put_object(Bucket=settings().bucket, Key=key, Body=body, ContentType="application/json")


def write_once(key: str, body: bytes) -> bool:
    """Put JSON under a key where nothing is yet. False when something is: then that stays."""
    try:
        with _asking("put"):
            client().put_object(Bucket=settings().bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*")
    except Unavailable as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") == "PreconditionFailed":
            return False
        raise
    return True


def stream(key: str, version_id: str, start: int = 0, chunk_bytes: int = 1 << 20) -> tuple[int, Iterator[bytes]]:
    """One version of an object from a place on: how many bytes, and them, piece by piece."""
    with _asking("get"):
        if start:
            found = client().get_object(Bucket=settings().bucket, Key=key, VersionId=version_id, Range=f"bytes={start}-")
        else:
            found = client().get_object(Bucket=settings().bucket, Key=key, VersionId=version_id)
    return found["ContentLength"], _chunks(found["Body"], chunk_bytes)


def _chunks(body: StreamingBody, chunk_bytes: int) -> Iterator[bytes]:
    with _asking("get"), closing(body):
        yield from body.iter_chunks(chunk_bytes)


def presigned_download(key: str, filename: str) -> str:
    """A URL, good for five minutes, under which a browser saves an object as `filename`."""
    return client().generate_presigned_url(
        "get_object",
        Params={"Bucket": settings().bucket, "Key": key, "ResponseContentDisposition": f'attachment; filename="{filename}"'},
        ExpiresIn=_ERRORS_URL_SECONDS,
    )


def delete_batch(user_id: str, batch_id: UUID) -> None:
    """Delete every version of every object of a batch that was not committed."""
    for prefix in keys.PREFIXES:
        with _asking("delete"):
            for page in (
                client()
                .get_paginator("list_object_versions")
                .paginate(Bucket=settings().bucket, Prefix=keys.of_batch(prefix, user_id, batch_id))
            ):
                versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                doomed = [{"Key": version.get("Key", ""), "VersionId": version.get("VersionId", "")} for version in versions]
                if doomed:
                    client().delete_objects(Bucket=settings().bucket, Delete={"Objects": doomed, "Quiet": True})  # pyright: ignore[reportArgumentType]


class Writer:
    """An object written piece by piece: small ones in one put, large ones as a multipart upload.

    One part is on its way while the next is written. A context manager that can be entered again: each time begins a new
    version, nothing is there before a clean exit, and nothing is left behind by a failure. `stored` tells the version afterwards.
    What waits until it is a part waits in memory, or with `on_disk` there: what grows slowly would take up memory for long.
    """

    def __init__(self, key: str, content_type: str, *, on_disk: bool = False) -> None:
        self.stored: Stored
        self._key = key
        self._content_type = content_type
        self._buffer_of = _OnDisk if on_disk else _InMemory

    def __enter__(self) -> Self:
        self._buffer = self._buffer_of()
        self._other: _InMemory | _OnDisk | None = None
        self._upload_id: str | None = None
        self._parts: list[Any] = []
        self._sender = ThreadPoolExecutor(1, "parts")
        self._sending: Future[Any] | None = None
        self._bytes = 0
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._sender:
            try:
                if kind is not None:
                    self._abort()
                else:
                    self._finish()
            except BaseException:
                self._abort()
                raise
            finally:
                self._buffer.close()
                if self._other:
                    self._other.close()

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end."""
        rest = memoryview(data)
        while (room := _PART_BYTES - self._buffer.size) <= len(rest):
            self._buffer.write(rest[:room])
            self._send_part()
            rest = rest[room:]
        self._buffer.write(rest)

    def _send_part(self) -> None:
        if self._upload_id is None:
            with _asking("put"):
                begun = client().create_multipart_upload(Bucket=settings().bucket, Key=self._key, ContentType=self._content_type)
            self._upload_id = begun["UploadId"]
        self._wait()
        part, self._buffer, self._other = self._buffer, self._other or self._buffer_of(), self._buffer
        self._buffer.empty()
        self._bytes += part.size
        self._sending = self._sender.submit(self._put_part, self._upload_id, len(self._parts) + 1, part)

    def _put_part(self, upload_id: str, number: int, part: _InMemory | _OnDisk) -> dict[str, Any]:
        with _asking("put"):
            put = client().upload_part(Bucket=settings().bucket, Key=self._key, UploadId=upload_id, PartNumber=number, Body=part.body())
        return {"ETag": put["ETag"], "PartNumber": number}

    def _wait(self) -> None:
        """Take note of the part that is on its way once it has arrived; raises what became of it otherwise."""
        if self._sending is not None:
            sending, self._sending = self._sending, None
            self._parts.append(sending.result())

    def _abort(self) -> None:
        """Delete the parts. Where even that fails, the bucket's lifecycle does it a day later, and the first failure is the one to tell."""
        self._sender.shutdown()
        if self._upload_id is not None:
            with suppress(ClientError, BotoCoreError):
                client().abort_multipart_upload(Bucket=settings().bucket, Key=self._key, UploadId=self._upload_id)

    def _finish(self) -> None:
        if self._upload_id is None:
            self._bytes = self._buffer.size
            body = self._buffer.body()
            with _asking("put"):
                done = client().put_object(Bucket=settings().bucket, Key=self._key, Body=body, ContentType=self._content_type)
            self.stored = Stored(self._key, done.get("VersionId", done["ETag"]), self._bytes)
            return
        if self._buffer.size:
            self._send_part()
        self._wait()
        with _asking("put"):
            done = client().complete_multipart_upload(
                Bucket=settings().bucket, Key=self._key, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
            )
        self.stored = Stored(self._key, done.get("VersionId", done["ETag"]), self._bytes)


class _InMemory:
    """The room of a part, for one after the other: memory that is new each time has to be cleared by the kernel each time."""

    def __init__(self) -> None:
        self.size = 0
        self._bytes = bytearray(_PART_BYTES)

    def write(self, data: memoryview) -> None:
        """Add bytes, for which there has to be room."""
        end = self.size + len(data)
        with memoryview(self._bytes) as room:
            room[self.size : end] = data
        self.size = end

    def body(self) -> Any:
        """What was written, as boto3 sends it at once: bytes, or a bytearray, of which its stubs do not know that it takes them."""
        return self._bytes if self.size == len(self._bytes) else bytes(memoryview(self._bytes)[: self.size])

    def empty(self) -> None:
        """Begin anew."""
        self.size = 0

    def close(self) -> None:
        """Keep nothing. What a failed put still holds on to is not touched."""
        self._bytes = bytearray()


class _OnDisk:
    """The same on disk."""

    def __init__(self) -> None:
        self.size = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it

    def write(self, data: memoryview) -> None:
        """Add bytes."""
        self.size += self._file.write(data)

    def body(self) -> Any:
        """What was written, as boto3 sends it in small pieces."""
        self._file.seek(0)
        return self._file

    def empty(self) -> None:
        """Begin anew."""
        self._file.seek(0)
        self._file.truncate()
        self.size = 0

    def close(self) -> None:
        """Keep nothing."""
        self._file.close()
