"""A second run finds the data of the first, whatever ended that."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.events import Delivered
from local.stack import CannotStart

Start = Callable[[Path], Any]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the runs of this module, so that the database is made once."""
    return tmp_path_factory.mktemp("kept")


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def told(app: Any) -> list[str]:
    """What events were delivered for."""
    return [done.why for done in app.reported if isinstance(done, Delivered)]


def versions(app: Any) -> list[tuple[str, str, int]]:
    listed = app.s3.list_object_versions(Bucket=app.bucket, Prefix="kept/")
    markers = [(entry["Key"], entry["VersionId"], -1) for entry in listed.get("DeleteMarkers", [])]
    return [(entry["Key"], entry["VersionId"], entry["Size"]) for entry in listed.get("Versions", [])] + markers


def test_objects_rows_and_tokens_outlive_a_restart_and_call_nothing_again(start: Start, data: Path) -> None:
    with start(data) as first:
        old = first.s3.put_object(Bucket=first.bucket, Key="kept/a b", Body=b"old", Metadata={"m": "1"}, ContentType="text/csv")
        first.s3.put_object(Bucket=first.bucket, Key="kept/a b", Body=b"new")
        first.s3.put_object(Bucket=first.bucket, Key="kept/gone", Body=b"x")
        first.s3.delete_object(Bucket=first.bucket, Key="kept/gone")
        for_good = first.s3.put_object(Bucket=first.bucket, Key="kept/for good", Body=b"x")
        first.s3.delete_object(Bucket=first.bucket, Key="kept/for good", VersionId=for_good["VersionId"])
        first.s3.put_object(Bucket=first.bucket, Key="uploads/seen once", Body=b"x")
        with psycopg.connect(first.facts["database_url"]) as connection:
            connection.execute("create table mine as select 42 as answer")
        before = versions(first)
        wait_for(lambda: "uploads/seen once" in told(first))
    assert not (data / "stack.json").exists()

    with start(data) as second:
        again = second.s3.get_object(Bucket=second.bucket, Key="kept/a b", VersionId=old["VersionId"])

        assert versions(second) == before
        assert (again["Body"].read(), again["Metadata"], again["ContentType"], again["ETag"]) == (
            b"old",
            {"m": "1"},
            "text/csv",
            old["ETag"],
        )
        assert second.s3.get_object(Bucket=second.bucket, Key="kept/a b")["Body"].read() == b"new"
        with psycopg.connect(second.facts["database_url"]) as connection:
            assert connection.execute("select answer from mine").fetchall() == [(42,)]
        second.s3.put_object(Bucket=second.bucket, Key="kept/gone", Body=b"back")
        second.s3.put_object(Bucket=second.bucket, Key="uploads/new", Body=b"x")
        wait_for(lambda: "uploads/new" in told(second))
        assert "uploads/seen once" not in told(second)


def test_an_event_that_was_not_finished_is_taken_up_by_the_next_run(start: Start, data: Path) -> None:
    queue = data / "queue"
    queue.mkdir(parents=True, exist_ok=True)
    (queue / "20260101T000000-1.json").write_text(json.dumps({"function": "Seen", "why": "left over", "event": {"left": "over"}}))
    (queue / "20260101T000000-2.json").write_text(json.dumps({"function": "NoLongerThere", "why": "old", "event": {}}))

    with start(data) as app:
        wait_for(lambda: not list(queue.glob("*.json")))
        assert [done.outcome.error for done in app.reported if getattr(done, "why", "") == "left over"][-1:] == [None]


def test_two_runs_do_not_share_a_folder(start: Start, data: Path) -> None:
    with (
        start(data),
        pytest.raises(CannotStart, match=r"A stack already runs on .* Stop it, or name another folder: make run DATA_DIR="),
        start(data),
    ):
        pass


def test_stack_json_says_where_everything_is_and_is_for_its_owner_alone(start: Start, data: Path) -> None:
    with start(data) as app:
        path = data / "stack.json"
        facts = json.loads(path.read_text())

        assert facts == app.facts
        assert set(facts) == {"api", "s3", "bucket", "database_url", "users"}
        assert set(facts["users"]) == {"demo", "rival", "viewer"}
        assert all(set(user) == {"token", "user_id", "org_id", "account_id"} for user in facts["users"].values())
        assert facts["users"]["demo"]["org_id"] == facts["users"]["viewer"]["org_id"] != facts["users"]["rival"]["org_id"]
        assert path.stat().st_mode & 0o077 == 0
