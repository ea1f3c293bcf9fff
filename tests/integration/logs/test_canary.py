"""No word of a file and none of a request is in any log line: not when all goes well, not when anything goes wrong.

Everything that a person can write holds the word QUAGGA. What the functions print, what Lambda logs of an exception that leaves
them, warnings, and what child processes print is searched for it.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from typing import Any

import pandas as pd
import psycopg
import pytest
from aws_lambda_powertools import Logger

from takeback import read_upload
from takeback.settings import settings
from takeback.stores import files, load, rollback
from tests.integration.rights.conftest import BUCKET, ROOT

from .conftest import BAD, CANARY, COMMIT, GOOD, PREVIEW, Line


def test_a_file_that_goes_the_whole_way(line: Line) -> None:
    preview = line.upload(GOOD.encode())
    assert preview["state"] == "ready"
    again = line.http(
        "Revalidate",
        "POST /import/records/validate",
        {"batch_id": preview["batch_id"], "column_mapping": {"QUAGGA column": "order_remark", "Notes": None}},
    )
    line.event("Validate", line.cloud.newest(f"requests/{line.cloud.user_id}/{preview['batch_id']}"))
    preview = line.http("ReadPreview", PREVIEW, query={"revision": again["json"]["revision"]}, batch_id=preview["batch_id"])["json"]

    assert line.commit(preview)["statusCode"] == 200
    second = line.upload(GOOD.replace("QUAGGA lens", "QUAGGA other").encode())
    assert line.commit(second)["json"]["code"] == "existing_records"
    assert line.commit(second, on_existing="update")["statusCode"] == 200
    assert line.rollback(preview)["json"]["code"] == "later_import"
    assert line.rollback(second, dry_run=True)["statusCode"] == 200
    assert line.rollback(second)["json"]["status"] == "rolled_back"
    for route in ("", "/records", "/events", "/manifest"):
        assert line.http("Batches", f"GET /import/batches/{{batch_id}}{route}", batch_id=second["batch_id"])["statusCode"] == 200
    assert line.http("DiscardUpload", "DELETE /import/uploads/{batch_id}", batch_id=second["batch_id"])["statusCode"] == 204


def test_a_long_import_and_a_long_undo(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INLINE_ROWS", "0")
    settings.cache_clear()
    preview = line.upload(GOOD.encode())
    assert line.commit(preview)["statusCode"] == 202
    line.event("Commit", line.cloud.newest(f"commits/{line.cloud.user_id}/{preview['batch_id']}"))
    assert line.rollback(preview)["statusCode"] == 202
    line.event("Rollback", line.cloud.newest(f"rollbacks/{line.cloud.user_id}/{preview['batch_id']}"))
    assert line.http("Batches", "GET /import/batches/{batch_id}", batch_id=preview["batch_id"])["json"]["status"] == "rolled_back"


def _workbook() -> bytes:
    """With a cell that openpyxl warns of, naming its value."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        pd.DataFrame([[CANARY, "QUAGGA", "QUAGGA", 1]], columns=["Order Number", "Sale Date", "QUAGGA", "Sold For"]).to_excel(
            writer, sheet_name="QUAGGA sheet", index=False
        )
        cell = writer.sheets["QUAGGA sheet"]["B2"]
        cell.value, cell.number_format = 99_999_999_999, "yyyy-mm-dd"
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "options", "state"),
    [
        (BAD.encode(), {}, "needs_attention"),
        (b"QUAGGA" * 1000 + b"\0\xff", {}, "unreadable"),
        (b'{"QUAGGA": [{"QUAGGA": "QUAGGA"', {}, "unreadable"),
        (b'{"QUAGGA": [{"a": 1}], "QUAGGA2": [{"QUAGGA": 1}]}', {}, "unreadable"),
        (json.dumps([{"QUAGGA": "QUAGGA", "QUAGGA\ud800": "QUAGGA\ud800"}]).encode(), {}, "needs_attention"),
        (b'{"QUAGGA": 1, "QUAGGA": 2}\n{"QUAGGA": QUAGGA}\n', {}, "needs_attention"),
        (b"PK\x03\x04QUAGGA" + b"QUAGGA" * 100, {}, "unreadable"),
        (GOOD.encode(), {"encoding": CANARY}, "unreadable"),
        (GOOD.encode("utf-16"), {"encoding": "utf-8"}, None),
        (_workbook(), {"sheet": "QUAGGA none"}, "unreadable"),
        (_workbook(), {}, "needs_attention"),
        (b"<html><table><tr><td>QUAGGA</td></tr></table></html>", {}, None),
        (b"<!DOCTYPE a [<!ENTITY QUAGGA SYSTEM 'file:///QUAGGA'>]><a>&QUAGGA;</a>", {}, None),
    ],
)
def test_a_file_with_faults_or_no_table_at_all(line: Line, content: bytes, options: dict[str, Any], state: str | None) -> None:
    preview = line.upload(content, "QUAGGA.bin", **options)

    assert state is None or preview["state"] == state
    assert line.commit(preview)["json"]["code"] == "not_ready"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"QUAGGA": ', 400),
        ('"QUAGGA"', 422),
        ({"batch_id": CANARY, "revision": CANARY, "account_id": CANARY}, 422),
        ({"QUAGGA": CANARY, "on_existing": CANARY, "dry_run": CANARY}, 422),
    ],
)
def test_requests_that_are_refused(line: Line, body: Any, status: int) -> None:
    line.upload(GOOD.encode())
    for function, route in (
        ("StartUpload", "POST /import/uploads"),
        ("Revalidate", "POST /import/records/validate"),
        ("Commit", COMMIT),
        ("Rollback", "POST /import/batches/{batch_id}/rollback"),
    ):
        sent = line.http(function, route, body, batch_id="7c9e6679-7425-40de-944b-e07fc1f90ae7")
        assert sent["statusCode"] in {status, 422}
        assert line.http(function, route, body, batch_id=CANARY)["statusCode"] in {404, 422}
    for query in ({"cursor": CANARY}, {"status": CANARY}, {"limit": CANARY}, {"account_id": CANARY}):
        assert line.http("Batches", "GET /import/batches", query=query)["statusCode"] == 422
    assert line.http("ReadPreview", PREVIEW, query={"revision": CANARY}, batch_id=CANARY)["statusCode"] == 422
    assert line.http("Describe", "GET /import/template.csv", query={"record": CANARY})["statusCode"] == 422


def _http_event(line: Line, **changed: Any) -> dict[str, Any]:
    event = json.loads((ROOT / "events" / "commit_http.json").read_text()) | {"body": json.dumps({"batch_id": CANARY})}
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = line.cloud.user_id
    return event | changed


def test_events_that_are_not_what_lambda_sends(line: Line) -> None:
    line.upload(GOOD.encode())
    for function in ("Commit", "Rollback", "Validate"):
        for record in ({}, {"s3": {}}, {"s3": {"object": {"key": "QUAGGA"}}}, {"s3": {"object": {"key": "uploads/QUAGGA/QUAGGA/QUAGGA"}}}):
            line.call(function, {"Records": [record | {"eventName": CANARY}]})
        line.call(function, {"QUAGGA": CANARY})
    for function in ("Commit", "StartUpload", "Batches", "ReadPreview", "Revalidate", "DiscardUpload", "Describe", "Page"):
        line.call(function, _http_event(line, body="QUAGGA!", isBase64Encoded=True))
        line.call(function, _http_event(line, body=base64.b64encode(b"QUAGGA\xff").decode(), isBase64Encoded=True))
        line.call(function, _http_event(line, requestContext={"QUAGGA": CANARY}))
        line.call(function, _http_event(line, rawPath="/QUAGGA", headers={"QUAGGA": CANARY, "content-type": "QUAGGA"}))
        line.call(function, {"version": "2.0", "QUAGGA": CANARY})


class TestFaults:
    """Broken in the middle, by whatever says in its message what it choked on."""

    @pytest.fixture
    def preview(self, line: Line) -> dict[str, Any]:
        return line.upload(GOOD.encode())

    @pytest.mark.parametrize(
        "fault", [ValueError(CANARY), KeyError(CANARY), UnicodeDecodeError("utf-8", b"QUAGGA", 0, 1, CANARY), MemoryError(CANARY)]
    )
    def test_while_a_file_is_read(self, line: Line, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
        def broken(*_: Any) -> None:
            raise RuntimeError("QUAGGA again") from fault

        monkeypatch.setattr(read_upload, "validate", broken)
        assert line.upload(GOOD.encode())["state"] == "validating"
        assert len(line.raised) == 1

    @pytest.mark.parametrize(
        "row",
        [
            "QUAGGA\tQUAGGA\n",
            "{id}\tQUAGGA-9\tQUAGGA\tQUAGGA\t1\t1\t\\N\t\\N\t\\N\t\\N\t\\N\tQUAGGA\tSUCCESSFUL\n",
            "{id}\tQUAGGA-9\t2026-01-01\tQUAGGA\t0\t1\t\\N\t\\N\t\\N\t\\N\t\\N\tQUAGGA\tSUCCESSFUL\n",
            "{id}\tQUAGGA-9\t2026-01-01\tQUAGGA\t1\t1\t\\N\t\\N\t\\N\t\\N\t\\N\tQUAGGA\tQUAGGA\n",
        ],
        ids=["columns", "date", "quantity", "status"],
    )
    @pytest.mark.parametrize("inline_rows", ["100", "0"])
    def test_when_the_database_quotes_a_row(
        self, line: Line, preview: dict[str, Any], monkeypatch: pytest.MonkeyPatch, row: str, inline_rows: str
    ) -> None:
        """COPY names the cell it failed at, a check quotes the whole row."""
        monkeypatch.setenv("INLINE_ROWS", inline_rows)
        settings.cache_clear()
        rows = "".join(row.format(id=f"00000000-0000-0000-0000-00000000000{at}") for at in range(2))
        monkeypatch.setattr(files, "stream", lambda *_: (len(rows), [rows.encode()]))
        said = line.commit(preview)["json"]
        if inline_rows == "0":
            line.event("Commit", line.cloud.newest(f"commits/{line.cloud.user_id}/{preview['batch_id']}"))
            said = line.http("Batches", "GET /import/batches/{batch_id}", batch_id=preview["batch_id"])["json"]["problem"]
        assert said["code"] == "rows_refused"

    def test_when_the_database_quotes_a_key(self, line: Line, preview: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        line.commit(preview)
        second = line.upload(GOOD.encode())
        monkeypatch.setattr(load.Load, "_meet", lambda _: 0)
        assert line.commit(second, on_existing="skip")["json"]["code"] == "rows_refused"

    @pytest.mark.parametrize(
        "fault",
        [
            psycopg.errors.UndefinedColumn(CANARY),
            psycopg.OperationalError(CANARY),
            ValueError(CANARY),
            psycopg.errors.RaiseException(CANARY),
        ],
    )
    def test_while_rows_are_written_or_undone(
        self, line: Line, preview: dict[str, Any], monkeypatch: pytest.MonkeyPatch, fault: Exception
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise fault

        with monkeypatch.context() as during:
            during.setattr(load.Load, "write", broken)
            assert line.commit(preview)["statusCode"] in {500, 503}
        assert line.commit(preview)["statusCode"] == 200
        monkeypatch.setattr(rollback.Undo, "run", broken)
        assert line.rollback(preview)["statusCode"] in {500, 503}

    @pytest.mark.parametrize("body", [b'{"QUAGGA": "QUAGGA"}', b"QUAGGA", b'"QUAGGA"'])
    def test_when_an_object_in_the_bucket_is_damaged(self, line: Line, preview: dict[str, Any], body: bytes) -> None:
        """The readers of JSON quote what they were given."""
        line.overwrite("previews", preview, body)
        assert line.commit(preview)["statusCode"] == 500
        line.http("ReadPreview", PREVIEW, batch_id=preview["batch_id"])
        started = line.overwrite("starts", preview, body)
        assert line.http("ReadPreview", PREVIEW, batch_id=preview["batch_id"])["statusCode"] == 500
        line.event("Validate", started.replace("starts/", "uploads/").replace("options.json", "QUAGGA file.csv"))
        for folder in ("commits", "rollbacks"):
            key = f"{folder}/{line.cloud.user_id}/{preview['batch_id']}/{preview['revision']}.json"
            line.cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
            line.event({"commits": "Commit", "rollbacks": "Rollback"}[folder], key)
        assert len(line.raised) >= 2

    def test_when_the_bucket_does_not_answer(self, line: Line, preview: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BUCKET", "quagga-other-bucket")
        settings.cache_clear()
        assert line.http("ReadPreview", PREVIEW, batch_id=preview["batch_id"])["statusCode"] == 503
        assert line.http("StartUpload", "POST /import/uploads", {"filename": CANARY})["statusCode"] == 503


def test_the_search_finds_a_word_that_is_logged(line: Line) -> None:
    line.upload(GOOD.encode())
    handler = next(handler for handler in Logger().handlers if isinstance(handler, logging.StreamHandler))
    Logger().info("a word")
    assert '"a word"' in handler.stream.getvalue()
