from __future__ import annotations

import base64
import json
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from takeback.errors import NotFound, Unavailable
from takeback.rules import keys
from takeback.stores import files

from .conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def _fail_after(rows: files.Writer, data: bytes) -> None:
    rows.write(data)
    raise RuntimeError


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_small_object_is_written_in_one_put_and_read_back_by_its_version(s3: S3Client, on_disk: bool) -> None:  # noqa: FBT001 - a case
    writer = files.Writer("rows/u/b/r", "text/plain", on_disk=on_disk)
    with writer as rows:
        rows.write(b"one\n")
        rows.write(b"two\n")

    assert writer.stored.bytes == 8
    assert b"".join(files.stream("rows/u/b/r", writer.stored.version_id)[1]) == b"one\ntwo\n"
    assert "-" not in s3.head_object(Bucket=BUCKET, Key="rows/u/b/r")["ETag"]


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_large_object_is_written_in_parts(s3: S3Client, on_disk: bool) -> None:  # noqa: FBT001 - a case
    block = bytes(range(256)) * 4096  # 1 MiB
    writer = files.Writer("rows/u/b/r", "text/plain", on_disk=on_disk)
    with writer as rows:
        for _ in range(19):
            rows.write(block)

    assert writer.stored.bytes == 19 << 20
    assert b"".join(files.stream("rows/u/b/r", writer.stored.version_id)[1]) == block * 19
    assert s3.head_object(Bucket=BUCKET, Key="rows/u/b/r")["ETag"].endswith('-4"')


def test_a_part_is_on_its_way_while_the_next_is_written(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = Event()
    send = s3.upload_part

    def wait_and_send(**asked: object) -> object:
        assert may_go_on.wait(30)
        return send(**asked)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(s3, "upload_part", wait_and_send)
    writer = files.Writer("rows/u/b/r", "text/plain")
    with writer as rows:
        rows.write(b"1" * (6 << 20))
        rows.write(b"2" * (3 << 20))
        may_go_on.set()

    assert b"".join(files.stream("rows/u/b/r", writer.stored.version_id)[1]) == b"1" * (6 << 20) + b"2" * (3 << 20)


def test_a_writer_that_fails_leaves_nothing_behind(s3: S3Client) -> None:
    writer = files.Writer("rows/u/b/r", "text/plain")
    with pytest.raises(RuntimeError), writer as rows:
        _fail_after(rows, b"x" * (20 << 20))

    assert files.head("rows/u/b/r") is None
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


@pytest.mark.parametrize("call", ["upload_part", "complete_multipart_upload"])
def test_a_writer_that_s3_fails_leaves_nothing_behind(s3: S3Client, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    def write_on(rows: files.Writer) -> None:
        rows.write(b"x" * (9 << 20))
        monkeypatch.setattr(s3, call, refuse)
        rows.write(b"the last part")

    with pytest.raises(Unavailable), files.Writer("rows/u/b/r", "text/plain") as rows:
        write_on(rows)

    assert files.head("rows/u/b/r") is None
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_a_put_that_failed_may_hold_on_to_what_it_was_to_send(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def refuse(**asked: Any) -> None:
        held.append(memoryview(asked["Body"]))
        raise EndpointConnectionError(endpoint_url="s3")

    monkeypatch.setattr(s3, "upload_part", refuse)
    with pytest.raises(Unavailable), files.Writer("rows/u/b/r", "text/plain") as rows:
        rows.write(b"x" * (9 << 20))

    assert held[0][:1] == b"x"


def test_what_made_a_writer_fail_is_told_even_when_tidying_up_fails_too(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    monkeypatch.setattr(s3, "abort_multipart_upload", refuse)
    with pytest.raises(RuntimeError), files.Writer("rows/u/b/r", "text/plain") as rows:
        _fail_after(rows, b"x" * (9 << 20))

    assert files.head("rows/u/b/r") is None


@pytest.mark.usefixtures("s3")
def test_a_writer_entered_again_begins_a_new_version() -> None:
    writer = files.Writer("rows/u/b/r", "text/plain")
    with pytest.raises(RuntimeError), writer as rows:
        _fail_after(rows, b"first")
    with writer as rows:
        rows.write(b"second")

    assert b"".join(files.stream("rows/u/b/r", writer.stored.version_id)[1]) == b"second"


@pytest.mark.usefixtures("s3")
def test_a_version_that_was_named_is_read_even_when_a_newer_one_is_there() -> None:
    writer = files.Writer("rows/u/b/r", "text/plain")
    versions = []
    for body in (b"first", b"second"):
        with writer as rows:
            rows.write(body)
        versions.append(writer.stored.version_id)

    assert b"".join(files.stream("rows/u/b/r", versions[0])[1]) == b"first"
    assert files.read("rows/u/b/r") == b"second"


@pytest.mark.usefixtures("s3")
def test_what_is_written_once_stays_as_it_is() -> None:
    assert files.write_once("previews/u/b/r.json", b"1")
    assert not files.write_once("previews/u/b/r.json", b"2")

    assert files.read("previews/u/b/r.json") == b"1"


@pytest.mark.usefixtures("s3")
def test_what_is_not_there_is_told_from_what_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.head("nothing") is None
    assert files.read_json("nothing") is None
    with pytest.raises(NotFound):
        files.read("nothing")
    with pytest.raises(NotFound):
        list(files.stream("nothing", "no-version"))

    def refuse(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    monkeypatch.setattr(files.client(), "get_object", refuse)
    with pytest.raises(Unavailable):
        files.read("nothing")


@pytest.mark.usefixtures("s3")
def test_a_refusal_of_s3_is_never_taken_for_a_missing_object(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "GetObject")

    monkeypatch.setattr(files.client(), "get_object", refuse)
    monkeypatch.setattr(files.client(), "put_object", refuse)
    with pytest.raises(Unavailable):
        files.read_json("x")
    with pytest.raises(Unavailable):
        files.write_once("x", b"1")


def test_discarding_a_batch_deletes_every_version_of_its_objects_and_no_others(s3: S3Client) -> None:
    mine, other = uuid4(), uuid4()
    for batch in (mine, other):
        for prefix in keys.PREFIXES:
            for body in (b"1", b"2"):
                files.write_json(keys.of_batch(prefix, "user", batch, "x"), body)

    files.delete_batch("user", mine)

    left = s3.list_object_versions(Bucket=BUCKET)["Versions"]
    assert {str(other)} == {version.get("Key", "").split("/")[2] for version in left}
    assert len(left) == 2 * len(keys.PREFIXES)


@pytest.mark.usefixtures("s3")
def test_the_upload_form_names_one_key_and_bounds_the_size() -> None:

    key = keys.uploads("user", uuid4(), "a b.csv")
    form = files.presigned_upload(key)
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))

    assert form["fields"]["key"] == key
    assert {"key": key} in policy["conditions"]
    assert ["content-length-range", 0, 500_000_000] in policy["conditions"]
