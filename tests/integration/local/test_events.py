from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest

EVENTS = Path(__file__).parents[3] / "events"


def wait_for(found: Callable[[], Any], seconds: float = 20) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def shape(value: Any) -> Any:
    """The names in a JSON object, without the values."""
    return {name: shape(inner) for name, inner in value.items()} if isinstance(value, dict) else None


def seen(app: Any) -> list[dict[str, Any]]:
    """Every event that the function Seen was given."""
    listed = app.s3.list_objects_v2(Bucket=app.bucket, Prefix="seen/").get("Contents", [])
    return [json.loads(app.s3.get_object(Bucket=app.bucket, Key=entry["Key"])["Body"].read()) for entry in listed]


def seen_object(app: Any, key: str) -> dict[str, Any] | None:
    records = [event["Records"][0] for event in seen(app) if "Records" in event]
    return next((record for record in records if unquote_plus(record["s3"]["object"]["key"]) == key), None)


@pytest.mark.parametrize("key", ["uploads/plain.csv", "uploads/a b+c&d%20é/ü.csv"])
def test_an_object_under_the_prefix_calls_the_function_with_what_s3_says(app: Any, key: str) -> None:
    put = app.s3.put_object(Bucket=app.bucket, Key=key, Body=b"12345")
    record = wait_for(lambda: seen_object(app, key))

    assert (record["eventSource"], record["eventName"], record["s3"]["bucket"]["name"]) == ("aws:s3", "ObjectCreated:Put", app.bucket)
    real = json.loads((EVENTS / "validate_s3.json").read_text())["Records"][0]
    assert shape(record) == shape(real)
    stored = record["s3"]["object"]
    assert (stored["size"], stored["eTag"], stored["versionId"]) == (5, put["ETag"].strip('"'), put["VersionId"])
    assert "/" in stored["key"]
    assert " " not in stored["key"]


def test_a_forms_upload_calls_the_function_too(app: Any) -> None:
    form = app.s3.generate_presigned_post(app.bucket, "uploads/by form.csv", ExpiresIn=60)
    httpx.post(form["url"], data=form["fields"], files={"file": b"1,2"}, trust_env=False).raise_for_status()

    assert wait_for(lambda: seen_object(app, "uploads/by form.csv"))["eventName"] == "ObjectCreated:Post"


def test_a_multipart_upload_calls_the_function_once_it_is_complete(app: Any) -> None:
    begun = app.s3.create_multipart_upload(Bucket=app.bucket, Key="uploads/parts.csv")
    part = app.s3.upload_part(Bucket=app.bucket, Key="uploads/parts.csv", UploadId=begun["UploadId"], PartNumber=1, Body=b"1,2")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    app.s3.complete_multipart_upload(Bucket=app.bucket, Key="uploads/parts.csv", UploadId=begun["UploadId"], MultipartUpload=parts)

    assert wait_for(lambda: seen_object(app, "uploads/parts.csv"))["eventName"] == "ObjectCreated:CompleteMultipartUpload"


def test_objects_elsewhere_call_nothing(app: Any) -> None:
    app.s3.put_object(Bucket=app.bucket, Key="previews/x.json", Body=b"{}")
    app.s3.put_object(Bucket=app.bucket, Key="uploads/after", Body=b"")
    wait_for(lambda: seen_object(app, "uploads/after"))

    assert seen_object(app, "previews/x.json") is None


def test_the_schedule_calls_its_function_at_the_start(app: Any) -> None:
    event = wait_for(lambda: next((event for event in seen(app) if "detail-type" in event), None))

    assert shape(event) == shape(json.loads((EVENTS / "expire_rollbacks_schedule.json").read_text()))
    assert (event["detail-type"], event["source"], event["detail"]) == ("Scheduled Event", "aws.events", {})


def test_a_failing_event_is_tried_three_times_and_then_parked(app: Any) -> None:
    app.s3.put_object(Bucket=app.bucket, Key="trouble/raise", Body=b"")
    folder = app.data / "dead-letters"
    record = json.loads(wait_for(lambda: list(folder.glob("*.json")))[0].read_text())
    attempts = [done for done in app.reported if getattr(done, "why", "") == "trouble/raise"]

    assert [attempt.last for attempt in attempts] == [False, False, True]
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["requestPayload"]["Records"][0]["s3"]["object"]["key"] == "trouble/raise"
    assert record["responsePayload"]["errorMessage"] == "out of paper"
    assert not [path for path in (app.data / "queue").glob("*.json") if "trouble/raise" in path.read_text()]
