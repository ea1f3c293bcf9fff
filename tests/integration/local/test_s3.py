"""The stand-in refuses what S3 refuses, over HTTP, as a browser or a thief would meet it."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

KEY = "uploads/u/b/sales.csv"


def form(app: Any, seconds: int = 60, most: int = 10) -> dict[str, Any]:
    return app.s3.generate_presigned_post(app.bucket, KEY, Conditions=[["content-length-range", 0, most]], ExpiresIn=seconds)


def send(made: dict[str, Any], body: bytes = b"1,2,3", *, url: str | None = None, **changed: str | None) -> httpx.Response:
    fields = {name: value for name, value in {**made["fields"], **changed}.items() if value is not None}
    return httpx.post(url or made["url"], data=fields, files={"file": ("sales.csv", body)}, trust_env=False)


def code(answer: httpx.Response) -> tuple[int, str]:
    found = re.search("<Code>(.*)</Code>", answer.text)
    assert found is not None
    assert answer.headers["content-type"].startswith("application/xml")
    return answer.status_code, found[1]


def test_the_form_that_was_given_out_is_taken(app: Any) -> None:
    answer = send(form(app))
    stored = app.s3.get_object(Bucket=app.bucket, Key=KEY)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (answer.headers["etag"], answer.headers["x-amz-version-id"]) == (stored["ETag"], stored["VersionId"])
    assert stored["Body"].read() == b"1,2,3"


def test_a_file_of_exactly_the_allowed_size_is_taken(app: Any) -> None:
    assert send(form(app), b"x" * 10).status_code == 204


def test_a_larger_file_is_refused(app: Any) -> None:
    answer = send(form(app), b"x" * 11)

    assert code(answer) == (400, "EntityTooLarge")
    assert "<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>" in answer.text


def test_another_key_is_refused_and_nothing_is_stored(app: Any) -> None:
    assert code(send(form(app), key="uploads/u/b/other.csv")) == (403, "AccessDenied")
    assert app.s3.list_objects_v2(Bucket=app.bucket, Prefix="uploads/u/b/other.csv")["KeyCount"] == 0


def test_another_bucket_is_refused(app: Any) -> None:
    made = form(app)

    assert code(send(made, url=made["url"].replace(app.bucket, "elsewhere"))) == (403, "AccessDenied")


def test_a_form_is_refused_when_it_has_expired(app: Any) -> None:
    made = form(app, seconds=1)
    time.sleep(1.1)
    answer = send(made)

    assert code(answer) == (403, "AccessDenied")
    assert "Policy expired" in answer.text


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ({"x-amz-signature": None}, (400, "InvalidArgument")),
        ({"policy": None}, (400, "InvalidArgument")),
        ({"policy": "e30="}, (403, "SignatureDoesNotMatch")),
        ({"x-amz-credential": None}, (400, "InvalidArgument")),
        ({"x-amz-date": None}, (400, "InvalidArgument")),
        ({"key": None}, (400, "InvalidArgument")),
        ({"acl": "public-read"}, (403, "AccessDenied")),
        ({"Content-Type": "text/html"}, (403, "AccessDenied")),
    ],
)
def test_a_form_that_was_changed_is_refused(app: Any, changed: dict[str, Any], expected: tuple[int, str]) -> None:
    assert code(send(form(app), **changed)) == expected


def test_a_form_without_a_file_is_refused(app: Any) -> None:
    made = form(app)
    answer = httpx.post(made["url"], data=made["fields"], files={"other": b"1"}, trust_env=False)

    assert code(answer) == (400, "InvalidArgument")


def test_nobody_reads_lists_or_writes_without_signing(app: Any) -> None:
    address = f"{app.facts['s3']}/{app.bucket}"
    send(form(app))

    assert code(httpx.get(f"{address}/{KEY}", trust_env=False)) == (403, "AccessDenied")
    assert code(httpx.get(address, trust_env=False)) == (403, "AccessDenied")
    assert code(httpx.put(f"{address}/x", content=b"1", trust_env=False)) == (403, "AccessDenied")
    assert code(httpx.delete(f"{address}/{KEY}", trust_env=False)) == (403, "AccessDenied")
    assert code(httpx.post(f"{app.facts['s3']}/moto-api/reset", trust_env=False)) == (403, "AccessDenied")


def test_a_presigned_url_gives_its_own_object_alone(app: Any) -> None:
    send(form(app))
    url = app.s3.generate_presigned_url("get_object", Params={"Bucket": app.bucket, "Key": KEY}, ExpiresIn=60)

    assert httpx.get(url, trust_env=False).content == b"1,2,3"
    assert code(httpx.get(url.replace("sales.csv", "other.csv"), trust_env=False)) == (403, "SignatureDoesNotMatch")


def test_the_page_may_send_a_file_and_pages_elsewhere_may_not(app: Any) -> None:
    made = form(app)
    asked = {"Access-Control-Request-Method": "POST", "Origin": app.facts["api"]}

    assert httpx.options(made["url"], headers=asked, trust_env=False).headers["access-control-allow-origin"] == app.facts["api"]
    assert httpx.options(made["url"], headers={**asked, "Origin": "https://evil.example"}, trust_env=False).status_code == 403


def test_writing_where_something_is_already_can_be_forbidden(app: Any) -> None:
    app.s3.put_object(Bucket=app.bucket, Key="once", Body=b"1", IfNoneMatch="*")

    with pytest.raises(app.s3.exceptions.ClientError, match="PreconditionFailed"):
        app.s3.put_object(Bucket=app.bucket, Key="once", Body=b"2", IfNoneMatch="*")
    assert app.s3.get_object(Bucket=app.bucket, Key="once")["Body"].read() == b"1"


@pytest.mark.parametrize(("asked", "given"), [("bytes=2-4", b"234"), ("bytes=7-", b"789"), ("bytes=-2", b"89"), ("bytes=8-99", b"89")])
def test_a_range_of_an_object_can_be_read(app: Any, asked: str, given: bytes) -> None:
    first = app.s3.put_object(Bucket=app.bucket, Key="digits", Body=b"0123456789")
    app.s3.put_object(Bucket=app.bucket, Key="digits", Body=b"something else")

    part = app.s3.get_object(Bucket=app.bucket, Key="digits", VersionId=first["VersionId"], Range=asked, IfMatch=first["ETag"])

    assert (part["Body"].read(), part["ContentLength"], part["VersionId"]) == (given, len(given), first["VersionId"])
    assert part["ContentRange"].endswith("/10")


def test_a_range_beyond_the_object_is_refused(app: Any) -> None:
    app.s3.put_object(Bucket=app.bucket, Key="digits", Body=b"0123456789")

    with pytest.raises(app.s3.exceptions.ClientError, match="InvalidRange"):
        app.s3.get_object(Bucket=app.bucket, Key="digits", Range="bytes=10-11")


def test_versions_are_listed_while_others_write(app: Any) -> None:
    def put(number: int) -> None:
        app.s3.put_object(Bucket=app.bucket, Key=f"previews/u/{number % 4}/{number}", Body=b"x" * 100_000)

    with ThreadPoolExecutor(4) as writers:
        written = [writers.submit(put, number) for number in range(60)]
        while not all(one.done() for one in written):
            listed = app.s3.list_object_versions(Bucket=app.bucket, Prefix="previews/u/1/")

            assert listed["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert not [one.exception() for one in written if one.exception()]
    assert len(app.s3.list_object_versions(Bucket=app.bucket, Prefix="previews/u/1/")["Versions"]) == 15
