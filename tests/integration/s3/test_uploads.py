from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus
from uuid import UUID

import httpx
import pytest

from functions import discard_upload, read_preview, revalidate, start_upload, validate
from takeback import read_upload
from takeback.errors import ReadingFailed, Unavailable
from takeback.faults import HandlerFailedError
from takeback.rules import keys
from takeback.stores import files, uploads
from tests.lambda_context import CONTEXT

from .conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOOD = b"Order number,Sale date,Item,Sale price\nA-17,01/24/2026,Lens,$5.00\n"


def call(function: Any, method: str, path: str, body: Any = None, query: str = "", user: str = "user") -> tuple[int, Any]:
    """The status and body that a function behind the API answers this user."""
    http = {"method": method, "path": path, "sourceIp": "127.0.0.1"}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "queryStringParameters": dict(part.split("=") for part in query.split("&") if part),
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": http, "stage": "$default", "authorizer": {"jwt": {"claims": {"sub": user}}}},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
    answer = function.handler(event, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else answer["headers"]


def started(filename: str = "my sales.csv", **options: Any) -> tuple[UUID, str]:
    """The batch and key of a new upload."""
    _, answer = call(start_upload, "POST", "/import/uploads", {"filename": filename, "options": options})
    return UUID(answer["batch_id"]), answer["upload"]["fields"]["key"]


def arrived(s3: S3Client, key: str, data: bytes) -> dict[str, Any]:
    """Put an object, and give the event that S3 makes of it."""
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=data)
    return {"Records": [{"s3": {"object": {"key": quote_plus(key, safe="/"), "versionId": put["VersionId"], "size": len(data)}}}]}


def asked(s3: S3Client, batch_id: UUID, revision: str) -> dict[str, Any]:
    """The event of a request object that is there."""
    key = keys.of_batch("requests", "user", batch_id, f"{revision}.json")
    version = s3.head_object(Bucket=BUCKET, Key=key)["VersionId"]
    return {"Records": [{"s3": {"object": {"key": key, "versionId": version, "size": 1}}}]}


def preview(batch_id: UUID, revision: str = "", user: str = "user") -> tuple[int, Any]:
    return call(read_preview, "GET", f"/import/uploads/{batch_id}/preview", query=f"revision={revision}" if revision else "", user=user)


def test_an_upload_is_awaited_then_read_then_shown(s3: S3Client) -> None:
    batch_id, key = started()
    assert preview(batch_id) == (202, {"state": "awaiting_upload", "rows_seen": 0})

    event = arrived(s3, key, GOOD)
    assert preview(batch_id) == (202, {"state": "validating", "rows_seen": 0})

    validate.handler(event, CONTEXT)
    status, shown = preview(batch_id)
    assert (status, shown["state"], shown["file"]["filename"], shown["totals"]) == (200, "ready", "my sales.csv", {"sale_price_cents": 500})


def test_a_repeated_event_changes_nothing_that_was_seen(s3: S3Client) -> None:
    batch_id, key = started()
    event = arrived(s3, key, GOOD)
    validate.handler(event, CONTEXT)
    _, first = preview(batch_id)
    rows = first["stored_rows"]["version_id"]
    validate.handler(event, CONTEXT)

    assert preview(batch_id)[1] == first
    stored = b"".join(files.stream(keys.of_batch("rows", "user", batch_id, first["revision"]), rows)[1])
    assert stored.split(b"\t")[1] == b"A-17"


def test_two_runs_at_once_of_one_revision_leave_the_rows_of_the_preview_that_won(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id, key = started()
    event = arrived(s3, key, GOOD)
    with monkeypatch.context() as unaware:
        unaware.setattr(uploads, "find_preview", lambda *_: None)
        validate.handler(event, CONTEXT)
        validate.handler(event, CONTEXT)

    _, shown = preview(batch_id)
    name = keys.of_batch("rows", "user", batch_id, shown["revision"])
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=name)["Versions"]
    assert len(versions) == 2
    assert shown["stored_rows"]["version_id"] == versions[-1].get("VersionId")


def test_a_second_file_under_the_same_form_is_another_revision(s3: S3Client) -> None:
    batch_id, key = started()
    validate.handler(arrived(s3, key, GOOD), CONTEXT)
    _, first = preview(batch_id)
    later = arrived(s3, key, GOOD.replace(b"Lens", b"Bulb"))
    validate.handler(later, CONTEXT)
    _, second = preview(batch_id)

    assert first["revision"] != second["revision"]
    assert second["rows"][0]["data"]["item_name"] == "Bulb"
    assert preview(batch_id, first["revision"])[1] == first


def test_answers_make_a_new_revision_and_the_newest_is_shown(s3: S3Client) -> None:
    batch_id, key = started()
    validate.handler(arrived(s3, key, GOOD), CONTEXT)
    _, first = preview(batch_id)
    status, answer = call(
        revalidate, "POST", "/import/records/validate", {"batch_id": str(batch_id), "column_mapping": {"Item": "order_remark"}}
    )
    assert status == 202
    assert preview(batch_id) == (202, {"state": "validating", "rows_seen": 0})

    validate.handler(asked(s3, batch_id, answer["revision"]), CONTEXT)
    _, second = preview(batch_id)
    assert second["revision"] == answer["revision"]
    assert second["unmapped_required"] == ["item_name"]
    assert preview(batch_id, first["revision"])[1] == first


def test_an_answer_that_a_row_disproves_is_refused_with_the_row(s3: S3Client) -> None:
    batch_id, key = started()
    validate.handler(arrived(s3, key, GOOD), CONTEXT)
    status, answer = call(revalidate, "POST", "/import/records/validate", {"batch_id": str(batch_id), "options": {"date_order": "DMY"}})

    assert (status, answer["code"], answer["row"], answer["header"]) == (422, "invalid_options", 2, "Sale date")


@pytest.mark.usefixtures("s3")
def test_another_reading_before_the_file_has_arrived_is_refused() -> None:
    batch_id, _ = started()

    assert call(revalidate, "POST", "/import/records/validate", {"batch_id": str(batch_id)})[0] == 409


def test_nobody_else_sees_an_upload(s3: S3Client) -> None:
    batch_id, key = started()
    validate.handler(arrived(s3, key, GOOD), CONTEXT)
    revision = preview(batch_id)[1]["revision"]

    assert preview(batch_id, user="rival")[0] == 404
    assert preview(batch_id, revision, user="rival")[0] == 404
    assert call(revalidate, "POST", "/import/records/validate", {"batch_id": str(batch_id)}, user="rival")[0] == 404
    assert call(discard_upload, "DELETE", f"/import/uploads/{batch_id}", user="rival")[0] == 404
    assert call(read_preview, "GET", f"/import/uploads/{batch_id}/errors", user="rival")[0] == 404
    assert preview(batch_id)[0] == 200


def test_a_discarded_upload_is_gone_and_a_late_event_for_it_is_no_fault(s3: S3Client) -> None:
    batch_id, key = started()
    event = arrived(s3, key, GOOD)
    assert call(discard_upload, "DELETE", f"/import/uploads/{batch_id}")[0] == 204
    validate.handler(event, CONTEXT)

    assert preview(batch_id)[0] == 404
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET)


def test_an_unknown_revision_is_told_from_one_that_is_being_read(s3: S3Client) -> None:
    batch_id, key = started()
    arrived(s3, key, GOOD)

    assert preview(batch_id, "0" * 32)[0] == 404
    assert preview(batch_id, "nonsense")[0] == 422


def test_a_file_that_cannot_be_read_is_a_preview_too(s3: S3Client) -> None:
    batch_id, key = started("x.csv")
    validate.handler(arrived(s3, key, b""), CONTEXT)
    status, shown = preview(batch_id)

    assert (status, shown["state"], len(shown["errors"])) == (200, "unreadable", 1)
    assert shown["errors"][0]["code"] == "empty_file"


def test_the_bad_rows_can_be_downloaded(s3: S3Client) -> None:
    batch_id, key = started()
    validate.handler(arrived(s3, key, GOOD + b"A-19,01/25/2026,Lens,$5.00\n" * 3 + b"A-18,someday,Bulb,$6.00\n"), CONTEXT)
    status, headers = call(read_preview, "GET", f"/import/uploads/{batch_id}/errors")

    assert status == 302
    body = httpx.URL(headers["Location"])
    assert body.path.endswith(".csv")
    stored = files.read(keys.of_batch("errors", "user", batch_id, preview(batch_id)[1]["revision"] + ".csv"))
    assert io.BytesIO(stored).read(3) == b"\xef\xbb\xbf"
    assert b"A-18,someday,Bulb,$6.00,6," in stored


def test_a_fault_of_ours_is_retried_and_then_told(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id, key = started()
    event = arrived(s3, key, GOOD)

    def break_down(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(read_upload, "validate", break_down)
        for attempt in range(3):
            assert preview(batch_id)[0] == 202, attempt
            with pytest.raises(HandlerFailedError):
                validate.handler(event, CONTEXT)
    status, answer = preview(batch_id)
    assert (status, answer["code"]) == (500, ReadingFailed.code)

    validate.handler(event, CONTEXT)  # the event is sent again once the fault is mended
    assert preview(batch_id)[0] == 200


def test_a_store_that_cannot_be_reached_is_no_fault_of_the_file(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id, key = started()
    event = arrived(s3, key, GOOD)

    def break_down(*_: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(files, "stream", break_down)
        for _ in range(5):
            with pytest.raises(HandlerFailedError):
                validate.handler(event, CONTEXT)
    assert preview(batch_id)[0] == 202
    validate.handler(event, CONTEXT)
    assert preview(batch_id)[0] == 200


@pytest.mark.usefixtures("s3")
def test_a_file_over_the_limit_is_refused_before_it_is_sent() -> None:
    status, answer = call(start_upload, "POST", "/import/uploads", {"filename": "x.csv", "size": 10**12})

    assert (status, answer["code"]) == (413, "too_large")
    assert answer["max_bytes"] == 500_000_000
