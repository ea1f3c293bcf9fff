"""What the roles may do with files is what the functions do with them: all of it, and nothing else."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from takeback.settings import settings
from takeback.stores import files

from .conftest import BUCKET, Cloud

FILE = b"Order Number,Sale Date,Item Title,Sold For\n" + b"".join(b"%d,2026-01-24,Lens,12.50\n" % number for number in range(200))


def _granted(deployed: dict[str, dict[str, Any]]) -> set[tuple[str, str, str]]:
    found = set()
    for resource in deployed.values():
        if resource["Type"] == "AWS::IAM::RolePolicy":
            function = resource["Properties"]["RoleName"].strip("<>").removesuffix("Role")
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                found |= {(function, action, folder) for action in actions for folder in _folders(statement)}
    return found


def _folders(statement: dict[str, Any]) -> list[str]:
    if "StringLikeIfExists" in statement.get("Condition", {}):
        return ["missing"]
    if "StringLike" in statement.get("Condition", {}):
        return [prefix.split("/")[0] for prefix in statement["Condition"]["StringLike"]["s3:prefix"]]
    return [resource.removeprefix("<Bucket.Arn>/").removesuffix("/*") for resource in statement["Resource"]]


def _upload(cloud: Cloud, content: bytes = FILE) -> tuple[str, str]:
    """Start an upload and send it as a browser would; its id and key."""
    started = cloud.http("StartUpload", "POST /import/uploads", {"filename": "January sales.csv"})
    key = started["json"]["upload"]["fields"]["key"]
    cloud.asked.add(("StartUpload", "s3:PutObject", key.split("/")[0]))  # the form acts with StartUpload's own rights
    cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return started["json"]["batch_id"], key


def _whole_line(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    preview_route = "GET /import/uploads/{batch_id}/preview"
    started = cloud.http("StartUpload", "POST /import/uploads", {"filename": "waits.csv"})["json"]
    assert cloud.http("ReadPreview", preview_route, batch_id=started["batch_id"])["statusCode"] == 202
    assert cloud.http("Revalidate", "POST /import/records/validate", {"batch_id": started["batch_id"]})["statusCode"] == 409

    batch_id, key = _upload(cloud)
    assert cloud.http("ReadPreview", preview_route, batch_id=batch_id)["json"]["state"] == "validating"
    cloud.event("Validate", key)
    preview = cloud.http("ReadPreview", preview_route, batch_id=batch_id)["json"]
    assert preview["state"] == "ready", preview
    assert cloud.http("ReadPreview", "GET /import/uploads/{batch_id}/errors", batch_id=batch_id)["statusCode"] == 302

    asked = {"batch_id": batch_id, "options": {"date_order": "YMD"}}
    again = cloud.http("Revalidate", "POST /import/records/validate", asked)["json"]
    cloud.http("ReadPreview", preview_route, query={"revision": again["revision"]}, batch_id=batch_id)
    cloud.event("Validate", cloud.newest(f"requests/{cloud.user_id}/{batch_id}"))

    commit = {"batch_id": batch_id, "revision": preview["revision"], "account_id": cloud.account_id}
    assert cloud.http("Commit", "POST /import/records/commit", commit | {"revision": "0" * 32})["statusCode"] == 404
    monkeypatch.setenv("INLINE_ROWS", "0")
    settings.cache_clear()
    assert cloud.http("Commit", "POST /import/records/commit", commit)["statusCode"] == 202
    cloud.event("Commit", cloud.newest(f"commits/{cloud.user_id}/{batch_id}"))
    assert cloud.http("Batches", "GET /import/batches/{batch_id}", batch_id=batch_id)["json"]["status"] == "committed"
    assert cloud.http("Rollback", "POST /import/batches/{batch_id}/rollback", {}, batch_id=batch_id)["statusCode"] == 202
    cloud.event("Rollback", cloud.newest(f"rollbacks/{cloud.user_id}/{batch_id}"))
    assert cloud.http("Batches", "GET /import/batches/{batch_id}", batch_id=batch_id)["json"]["status"] == "rolled_back"
    _late_events(cloud, batch_id, preview["revision"])


def _late_events(cloud: Cloud, batch_id: str, revision: str) -> None:
    """Events whose objects are gone, and an upload that nobody knows."""
    for function, folder in (("Commit", "commits"), ("Rollback", "rollbacks"), ("Validate", "requests"), ("Validate", "uploads")):
        key = f"{folder}/{cloud.user_id}/{batch_id[:-4]}0000/{revision}.json"
        event = {"Records": [{"s3": {"object": {"key": key, "versionId": "1"}, "bucket": {"name": BUCKET}}}]}
        cloud.call(function, event)


def _in_parts(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and errors so many that they are written in parts, one file after a failure in the middle; then all is discarded."""
    monkeypatch.setattr(files, "_PART_BYTES", 1000)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    bad_and_good = FILE + b"".join(b"x%d,2026-01-24,,12.50\n" % number for number in range(200))
    batch_id, key = _upload(cloud, bad_and_good)
    cloud.event("Validate", key)

    send_part, sent = files.Writer._send_part, count(1)

    def send_or_fail(writer: files.Writer) -> None:
        if writer._key.startswith("errors/") and next(sent) == 3:  # parts of rows have been sent by then, too
            raise OSError("in the middle")
        send_part(writer)

    with monkeypatch.context() as failing:
        failing.setattr(files.Writer, "_send_part", send_or_fail)
        _, other = _upload(cloud, bad_and_good * 120)  # more than one chunk
        with pytest.raises(Exception, match="OSError"):
            cloud.event("Validate", other)

    for folder in ("commits", "rollbacks", "progress", "requests"):
        cloud.s3.put_object(Bucket=BUCKET, Key=f"{folder}/{cloud.user_id}/{batch_id}/x.json", Body=b"{}")
    assert cloud.http("DiscardUpload", "DELETE /import/uploads/{batch_id}", batch_id=batch_id)["statusCode"] == 204
    assert cloud.http("DiscardUpload", "DELETE /import/uploads/{batch_id}", batch_id=batch_id)["statusCode"] == 404


def test_roles_may_do_with_files_what_functions_do_and_nothing_else(
    cloud: Cloud, deployed: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_parts(cloud, monkeypatch)
    _whole_line(cloud, monkeypatch)

    granted = _granted(deployed)
    assert sorted(cloud.asked - granted) == [], "a function needs more than its role allows"
    assert sorted(granted - cloud.asked) == [], "a role allows what no function does"


def test_the_way_to_s3_in_the_vpc_allows_what_functions_there_do(
    cloud: Cloud, deployed: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _whole_line(cloud, monkeypatch)

    in_vpc = {name for name, resource in deployed.items() if "VpcConfig" in resource.get("Properties", {})}
    (ours, _) = deployed["S3Endpoint"]["Properties"]["PolicyDocument"]["Statement"]
    assert {action for function, action, _ in cloud.asked if function in in_vpc} == set(ours["Action"])


def test_recording_notices_what_is_asked(cloud: Cloud) -> None:
    cloud.http("StartUpload", "POST /import/uploads", {"filename": "a.csv"})

    assert ("StartUpload", "s3:PutObject", "starts") in cloud.asked
