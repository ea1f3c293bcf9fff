"""File names, sheet names, keys and headers are a stranger's text: they go the whole way, and never into a header of an answer."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.journey.person import Person, as_csv, sales

NAMES = [
    'quote".csv',
    "break\r\nSet-Cookie: x=1.csv",
    "\u202egpj.csv",
    "日本語.csv",
    "../../etc/passwd",
    "..",
    "${filename}",
    "a%2F..%2Fb+c d.csv",
    "'; drop table orgs; --.csv",
    "<img src=x onerror=alert(1)>.csv",
    "=cmd|' /C calc'!A0.csv",
    "\u2028\x7f\x85\ufeff.csv",
    "😀" * 250 + ".csv",
    " ",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_file_of_any_name_goes_the_whole_way(demo: Person, name: str) -> None:
    preview = demo.upload(name, as_csv(sales(2)) + b"X,no date,a,1\n")
    again = demo.read_again(preview["batch_id"], options={"exclude_rows": [4]})
    batch = demo.committed(again)
    manifest = demo.http.get(f"/import/batches/{batch['batch_id']}/manifest")
    errors = demo.http.get(f"/import/uploads/{batch['batch_id']}/errors", params={"revision": preview["revision"]})
    sent = httpx.get(errors.headers["location"], trust_env=False)

    assert (preview["file"]["filename"], batch["filename"], manifest.json()["batch"]["filename"]) == (name, name, name)
    assert manifest.headers["content-disposition"] == f'attachment; filename="import-{batch["batch_id"]}.json"'
    assert parse_qs(urlsplit(errors.headers["location"]).query)["response-content-disposition"] == ['attachment; filename="errors.csv"']
    assert (sent.headers["content-disposition"], sent.headers["content-type"]) == (
        'attachment; filename="errors.csv"',
        "text/csv; charset=utf-8",
    )
    assert not [header for answer in (manifest, errors, sent) for header in answer.headers if header == "set-cookie"]
    assert demo.rollback(batch["batch_id"]).status_code == 200
    assert demo.http.delete(f"/import/uploads/{batch['batch_id']}").status_code == 204


@pytest.mark.parametrize(
    "asked",
    [
        {"filename": "nul\0.csv"},
        {"filename": "half\ud800.csv"},
        {"filename": "a.csv", "options": {"sheet": "\0"}},
        {"filename": "a.csv", "options": {"delimiter": "\0"}},
        {"filename": "a.csv", "options": {"encoding": "\0"}},
        {"filename": "a.csv", "record_type": "\0"},
        {"filename": "a.csv", "size": True},
        {"filename": "a.csv", "options": {"header_row": "1"}},
    ],
)
def test_what_the_database_cannot_hold_is_refused_at_once(demo: Person, asked: dict[str, Any]) -> None:
    """Not when the import is committed: by then somebody has spent an hour on it."""
    answer = demo.http.post("/import/uploads", content=json.dumps(asked), headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("key", ["nul\0", "half \ud800", "<b>", "=1+1", "a\nb", "\u202e", "x" * 5000])
def test_a_json_key_of_any_kind_goes_the_whole_way(demo: Person, key: str) -> None:
    rows = [row | {key: "x"} for row in sales(2)]
    preview = demo.upload("a.json", json.dumps(rows).encode())

    assert preview["state"] == "ready"
    assert demo.committed(preview)["inserted"] == 2


def test_an_unknown_revision_is_not_found_whatever_it_is(demo: Person) -> None:
    preview = demo.upload("a.csv", as_csv(sales(1)))
    mine = f"{preview['revision']}.json?"

    for revision in (
        "../" * 5,
        "\0",
        "a/b",
        "%2e%2e%2f",
        "ü" * 100,
        mine,
        f"../{preview['batch_id']}/{preview['revision']}",
    ):
        answer = demo.commit(preview, revision=revision)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), revision
