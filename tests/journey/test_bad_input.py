"""Whatever comes in, the answer says what to do, and nothing is lost."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journey.person import Person, as_csv, sales

HEADER = b"Order Number,Sale Date,Item Title,Sold For\n"
NOBODYS = "6a5c1f0e-0000-4000-8000-000000000000"
GOOD = HEADER + b"X-1,2026-01-24,Lamp,12.00\n"


@pytest.fixture(scope="module")
def good(demo: Person) -> dict[str, Any]:
    """A preview that could be committed, and is not."""
    return demo.upload("good.csv", as_csv(sales(3)))


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code; every error is a problem document with a sentence for a person."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(said)
    assert said["status"] == answer.status_code
    assert said["detail"].endswith((".", "?", "…", "!"))
    return answer.status_code, said["code"]


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("empty.csv", b""),
        ("blank.csv", b"\n\n  \n"),
        ("binary.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
        ("random.csv", os.urandom(5000)),
        ("broken.xlsx", b"PK\x03\x04" + bytes(400)),
        ("broken.json", b'[{"Order Number": "1", '),
    ],
)
def test_a_file_that_is_no_table_is_a_preview_that_says_so(demo: Person, filename: str, content: bytes) -> None:
    preview = demo.upload(filename, content)

    assert (preview["state"], preview["total_rows"], preview["rows"]) == ("unreadable", 0, [])
    assert len(preview["errors"]) == 1
    assert preview["errors"][0]["row"] is None
    assert preview["errors"][0]["message"].endswith(".")
    assert problem(demo.commit(preview)) == (409, "not_ready")


def test_a_header_alone_has_nothing_to_import(demo: Person) -> None:
    preview = demo.upload("header.csv", HEADER)

    assert preview["state"] in {"unreadable", "needs_attention"}
    assert preview["total_rows"] == 0
    assert preview["errors"]
    assert problem(demo.commit(preview)) == (409, "not_ready")


def test_a_missing_required_column_is_named_and_blocks_the_commit(demo: Person) -> None:
    preview = demo.upload("no price.csv", b"Order Number,Sale Date,Item Title\nX-1,2026-01-24,Lamp\n")

    assert (preview["state"], preview["unmapped_required"]) == ("needs_attention", ["sale_price_cents"])
    assert problem(demo.commit(preview)) == (409, "not_ready")


@pytest.mark.parametrize(
    "mapping",
    [
        {"Order Number": "no_such_field"},
        {"No Such Header": "item_name"},
        {"Order Number": "item_name", "Item Title": "item_name"},
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_and_the_preview_stays(demo: Person, good: dict[str, Any], mapping: dict[str, str]) -> None:
    answer = demo.http.post("/import/records/validate", json={"batch_id": good["batch_id"], "column_mapping": mapping})

    assert problem(answer) == (422, "invalid_mapping")
    assert demo.preview(good["batch_id"]) == good


@pytest.mark.parametrize("revision", ["0" * 32, "not-a-revision", ""])
def test_an_unknown_revision_is_not_found(demo: Person, good: dict[str, Any], revision: str) -> None:
    assert problem(demo.commit(good, revision=revision))[0] in {404, 422}


def test_what_was_previewed_is_what_is_committed_even_after_another_reading(demo: Person) -> None:
    first = demo.upload("again.csv", as_csv(sales(4)))
    second = demo.read_again(first["batch_id"], options={"exclude_rows": [2]})
    assert second["revision"] != first["revision"]
    assert (first["valid_rows"], second["valid_rows"]) == (4, 3)

    stale = demo.commit(first)
    if stale.status_code == 200:  # an older preview is still a preview: then it is exactly what it showed
        assert stale.json()["inserted"] == 4
    else:
        assert problem(stale)[0] in {404, 409}
        assert demo.committed(second)["inserted"] == 3


def test_rows_that_are_wrong_block_the_commit(demo: Person) -> None:
    preview = demo.upload("one bad.csv", GOOD + b"X-2,tomorrow,Lamp,12.00\n")

    assert (preview["state"], preview["invalid_rows"]) == ("needs_attention", 1)
    assert problem(demo.commit(preview)) == (409, "not_ready")
    assert demo.http.get(f"/import/batches/{preview['batch_id']}").status_code == 404


@pytest.mark.parametrize(
    "path", ["/import/uploads", "/import/records/validate", "/import/records/commit", f"/import/batches/{NOBODYS}/rollback"]
)
@pytest.mark.parametrize("body", [b"{", b"no json", b"\xff\xfe", b"[1, 2", b"'x'", b'{"a":' * 20_000, b"[" * 200_000, b"9" * 10_000])
def test_a_body_that_is_not_json_is_a_bad_request(demo: Person, path: str, body: bytes) -> None:
    answer = demo.http.post(path, content=body, headers={"Content-Type": "application/json"})

    assert problem(answer)[0] in {400, 422}
    assert "JSON" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/import/uploads", "/import/records/validate", "/import/records/commit", f"/import/batches/{NOBODYS}/rollback"]
)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_kind_is_refused(demo: Person, path: str, content_type: str) -> None:
    answer = demo.http.post(path, content=b'--x\r\n{"filename": "a.csv"}', headers={"Content-Type": content_type})

    assert problem(answer)[0] in {400, 422}


@pytest.mark.parametrize(
    "path", ["/import/uploads", "/import/records/validate", "/import/records/commit", f"/import/batches/{NOBODYS}/rollback"]
)
@pytest.mark.parametrize("body", ["[]", '"text"', "null", "3", '{"surprise": 1}'])
def test_json_of_another_shape_is_refused(demo: Person, path: str, body: str) -> None:
    answer = demo.http.post(path, content=body, headers={"Content-Type": "application/json"})

    # A rollback needs no body, so `null` asks for a plain one, of a batch that does not exist.
    assert problem(answer)[0] in ({400, 404, 422} if body == "null" else {400, 422})


@pytest.mark.parametrize("bad", ["1", "not-a-uuid", "0f0f", "%00", "..%2F..%2Fetc"])
def test_an_id_that_is_no_uuid_is_refused(demo: Person, good: dict[str, Any], bad: str) -> None:
    tries = [
        demo.http.get(f"/import/uploads/{bad}/preview"),
        demo.http.get(f"/import/uploads/{bad}/errors"),
        demo.http.delete(f"/import/uploads/{bad}"),
        demo.http.get(f"/import/batches/{bad}"),
        demo.http.get(f"/import/batches/{bad}/records"),
        demo.http.post(f"/import/batches/{bad}/rollback", json={}),
        demo.http.post("/import/records/validate", json={"batch_id": bad}),
        demo.commit(good, batch_id=bad),
        demo.commit(good, account_id=bad),
        demo.http.get("/import/batches", params={"account_id": bad}),
    ]

    assert {problem(answer)[0] for answer in tries} <= {404, 422}


def test_an_id_that_nobody_has_is_not_found(demo: Person, good: dict[str, Any]) -> None:
    assert problem(demo.http.get(f"/import/uploads/{uuid4()}/preview")) == (404, "not_found")
    assert problem(demo.http.get(f"/import/batches/{uuid4()}")) == (404, "not_found")
    assert problem(demo.rollback(str(uuid4()))) == (404, "not_found")
    assert problem(demo.commit(good, account_id=str(uuid4())))[0] in {403, 404}


def test_a_file_over_the_limit_is_refused_before_it_is_sent(demo: Person) -> None:
    most = demo.start("any.csv")["upload"]["max_bytes"]
    answer = demo.http.post("/import/uploads", json={"filename": "huge.csv", "size": most + 1})

    assert problem(answer) == (413, "too_large")


def test_the_form_takes_its_one_file_and_no_other_place(demo: Person) -> None:
    started = demo.start("mine.csv")
    started["upload"]["fields"]["key"] = started["upload"]["fields"]["key"].replace("mine.csv", "yours.csv")
    refused = demo.send(started, GOOD)

    assert refused.status_code == 403
    assert "AccessDenied" in refused.text
    assert demo.http.get(f"/import/uploads/{started['batch_id']}/preview").json() == {"state": "awaiting_upload", "rows_seen": 0}


@pytest.mark.parametrize(
    "options", [{"delimiter": ";;"}, {"header_row": 0}, {"date_order": "XYZ"}, {"surprise": True}, {"exclude_rows": ["one"]}]
)
def test_options_that_make_no_sense_are_refused(demo: Person, options: dict[str, Any]) -> None:
    answer = demo.http.post("/import/uploads", json={"filename": "a.csv", "options": options})

    assert problem(answer)[0] == 422


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "many"}, {"cursor": "nonsense"}, {"status": "unheard_of"}])
def test_a_question_about_the_history_that_makes_no_sense_is_refused(demo: Person, query: dict[str, Any]) -> None:
    assert problem(demo.http.get("/import/batches", params=query))[0] in {400, 422}
