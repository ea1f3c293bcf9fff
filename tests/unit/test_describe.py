from __future__ import annotations

import base64
import io
from typing import Any

import openpyxl
import pytest

from functions import describe, page
from takeback.records import record_type, record_types
from takeback.rules.formula import is_formula
from takeback.settings import settings
from tests.lambda_context import CONTEXT


def get(handler: Any, path: str, **headers: str) -> dict[str, Any]:
    http = {"method": "GET", "path": path, "sourceIp": "127.0.0.1"}
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"http": http, "stage": "$default", "authorizer": {"jwt": {"claims": {"sub": "user"}}}},
        "isBase64Encoded": False,
    }
    return handler(event, CONTEXT)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "logo.png").write_bytes(b"\x89PNG\xff")
    (tmp_path / "secret.txt").write_text("no")
    monkeypatch.setenv("WEB_ROOT", str(tmp_path))
    monkeypatch.setenv("BUCKET", "bucket")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_blank_workbook_has_the_headers_that_the_mapping_knows() -> None:
    answer = get(describe.handler, "/import/template.xlsx")

    assert answer["isBase64Encoded"]
    sheet = openpyxl.load_workbook(io.BytesIO(base64.b64decode(answer["body"]))).active
    assert sheet is not None
    header, example = sheet.iter_rows(values_only=True)
    columns = record_type("bookkeeping").columns()
    assert list(header) == [column.label for column in columns]
    assert [cell or "" for cell in example] == [column.example for column in columns]


def test_no_cell_of_a_blank_sheet_is_a_formula() -> None:
    cells = [text for kind in record_types().values() for column in kind.columns() for text in (column.label, column.example)]

    assert cells
    assert [text for text in cells if is_formula(text)] == []


def test_the_blank_sheet_is_text_that_excel_reads_as_utf_8() -> None:
    answer = get(describe.handler, "/import/template.csv")

    assert answer["body"].startswith("\ufeffOrder number,")
    assert 'filename="bookkeeping.csv"' in answer["headers"]["Content-Disposition"]


def test_an_image_is_handed_out_byte_for_byte_and_not_twice() -> None:
    answer = get(page.handler, "/assets/logo.png")
    assert base64.b64decode(answer["body"]) == b"\x89PNG\xff"

    again = get(page.handler, "/assets/logo.png", **{"if-none-match": answer["headers"]["ETag"]})
    assert again["statusCode"] == 304


@pytest.mark.parametrize(
    "path", ["/assets/..%2Fsecret.txt", "/assets/../secret.txt", "/assets/secret.txt", "/assets/none.js", "/assets/.hidden"]
)
def test_nothing_outside_the_assets_is_handed_out(path: str) -> None:
    assert get(page.handler, path)["statusCode"] == 404


def test_the_page_runs_no_script_but_its_own() -> None:
    policy = get(page.handler, "/")["headers"]["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
