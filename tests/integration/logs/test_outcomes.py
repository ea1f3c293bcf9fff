"""Each outcome is one line that names its batch, and is counted; a fault of ours is a line that does so, too."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from takeback import read_upload
from takeback.settings import settings
from takeback.stores import load

from .conftest import COMMIT, GOOD, Line


def _one(line: Line, message: str) -> dict[str, Any]:
    (found,) = line.logged(message)
    return found


def _counted(printed: str) -> Counter[str]:
    """The sums of all numbers that were published, refusals by their code."""
    found: Counter[str] = Counter()
    for text in printed.splitlines():
        if '"_aws"' in text:
            told = json.loads(text)
            for metric in told["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found[metric["Name"] + (f" {told['code']}" if "code" in told else "")] += sum(told[metric["Name"]])
    return found


@pytest.mark.parametrize("inline_rows", ["100", "0"])
def test_an_import_and_its_undo_are_told_and_counted(
    line: Line, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, inline_rows: str
) -> None:
    monkeypatch.setenv("INLINE_ROWS", inline_rows)
    settings.cache_clear()
    preview = line.upload(GOOD.encode())
    line.commit(preview)
    if inline_rows == "0":
        line.event("Commit", line.cloud.newest(f"commits/{line.cloud.user_id}/{preview['batch_id']}"))
    line.rollback(preview)
    if inline_rows == "0":
        line.event("Rollback", line.cloud.newest(f"rollbacks/{line.cloud.user_id}/{preview['batch_id']}"))

    told = ["upload started", "validated", "commit", "rollback", *(["long commit", "long rollback"] if inline_rows == "0" else [])]
    assert {_one(line, message)["batch_id"] for message in told} == {preview["batch_id"]}
    assert {_one(line, message)["function_name"] for message in told} == {"StartUpload", "Validate", "Commit", "Rollback"}
    counted = _counted(capfd.readouterr().out)
    durations = {name for name in counted if name.endswith("Milliseconds")}
    assert durations == {"ValidateMilliseconds", "CommitMilliseconds", "UndoMilliseconds"}
    assert {name: number for name, number in counted.items() if name not in durations} == {
        "FilesValidated": 1,
        "RowsValidated": 2,
        "Commits": 1,
        "RowsCommitted": 2,
        "Undos": 1,
        "RowsUndone": 2,
    }


def test_what_is_refused_is_told_and_counted(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    preview = line.upload(b"Order Number,Sale Date\n1,someday\n")
    line.commit(preview)

    refused = _one(line, "refused")
    assert (refused["batch_id"], refused["function_name"], refused["code"]) == (preview["batch_id"], "Commit", "not_ready")
    assert _counted(capfd.readouterr().out)["Refusals not_ready"] == 1


def test_a_request_that_makes_no_sense_names_the_batch_that_it_is_about(line: Line) -> None:
    batch_id = str(uuid4())
    line.http("Commit", COMMIT, {"batch_id": batch_id, "revision": 7})
    line.http("Batches", "GET /import/batches/{batch_id}/records", query={"limit": "many"}, batch_id=batch_id)

    assert [found["batch_id"] for found in line.logged("refused")] == [batch_id, batch_id]


@pytest.mark.parametrize("inline_rows", ["100", "0"])
def test_a_fault_of_ours_names_the_batch(line: Line, monkeypatch: pytest.MonkeyPatch, inline_rows: str) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setenv("INLINE_ROWS", inline_rows)
    settings.cache_clear()
    preview = line.upload(GOOD.encode())
    monkeypatch.setattr(load.Load, "write", broken)
    line.commit(preview)
    if inline_rows == "0":
        line.event("Commit", line.cloud.newest(f"commits/{line.cloud.user_id}/{preview['batch_id']}"))

    assert (_one(line, "failed")["batch_id"], _one(line, "failed")["function_name"]) == (preview["batch_id"], "Commit")


def test_a_file_that_could_not_be_read_for_a_fault_of_ours_is_named(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(read_upload, "validate", broken)
    line.upload(GOOD.encode())

    batch_id = _one(line, "upload started")["batch_id"]
    assert (_one(line, "failed")["batch_id"], _one(line, "failed")["function_name"]) == (batch_id, "Validate")


def test_no_line_names_the_batch_of_another_request(line: Line) -> None:
    preview = line.upload(GOOD.encode())
    line.commit(preview)
    line.http("Commit", COMMIT, {})

    assert "batch_id" not in line.logged("refused")[-1]
