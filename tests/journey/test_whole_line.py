"""Upload, preview, commit, edit, undo, by HTTP alone; the database is only looked at, and edited as another program would."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import psycopg
import pytest

from tests.journey.person import Person, as_csv, sales

ROWS = 100_000


def as_xlsx(rows: list[dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [list(rows[0]), *(list(row.values()) for row in rows)]:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_json(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps(rows).encode()


def as_ndjson(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.fixture
def live(stack: dict[str, Any]) -> Callable[[str], Any]:
    """`live(account_id)` is everything that is in an account: number of rows, sum of prices, and a digest of all columns."""

    def look(account_id: str) -> Any:
        with psycopg.connect(stack["database_url"]) as connection:
            return connection.execute(
                """
                select count(*), coalesce(sum(sale_price_cents), 0), md5(coalesce(string_agg(r::text, ' ' order by record_id), ''))
                from bookkeeping_records r where account_id = %s and deleted_at is null
                """,
                [account_id],
            ).fetchone()

    return look


@pytest.mark.parametrize(
    ("filename", "write", "count"),
    [("big.csv", as_csv, ROWS), ("some.xlsx", as_xlsx, 500), ("some.json", as_json, 500), ("some.ndjson", as_ndjson, 500)],
)
def test_a_file_is_previewed_committed_edited_and_undone(
    demo: Person,
    stack: dict[str, Any],
    live: Callable[[str], Any],
    filename: str,
    write: Callable[[list[dict[str, Any]]], bytes],
    count: int,
) -> None:
    account = demo.me["account_id"]
    before = live(account)
    rows = sales(count)
    total = sum(round(float(row["Sold For"]) * 100) for row in rows)

    preview = demo.upload(filename, write(rows))
    assert (preview["state"], preview["total_rows"], preview["valid_rows"], preview["invalid_rows"]) == ("ready", count, count, 0)
    assert len(preview["rows"]) == 100
    assert preview["totals"]["sale_price_cents"] == total
    assert live(account) == before, "a preview writes nothing"

    batch = demo.committed(preview)
    assert (batch["inserted"], batch["updated"], batch["skipped"], batch["row_count"]) == (count, 0, 0, count)
    assert batch["totals"]["sale_price_cents"] == total
    assert live(account)[:2] == (before[0] + count, before[1] + total)
    assert demo.committed(preview) == batch, "committing again gives the same answer"

    with psycopg.connect(stack["database_url"]) as connection:
        edited = connection.execute(
            """
            update bookkeeping_records set item_name = 'Edited by hand'
            where import_batch_id = %s and ebay_order_id = %s returning record_id
            """,
            [batch["batch_id"], rows[0]["Order Number"]],
        ).fetchall()
    refused = demo.rollback(batch["batch_id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "records_modified")
    assert refused.json()["modified_count"] == 1
    assert refused.json()["modified_record_ids"] == [str(edited[0][0])]
    assert refused.json()["requires_confirmation"] is True
    assert live(account)[0] == before[0] + count, "a refusal changes nothing"

    undone = demo.settled(demo.rollback(batch["batch_id"], force=True).json())
    assert (undone["status"], undone["deleted"], undone["restored"], undone["can_rollback"]) == ("rolled_back", count, 0, False)
    assert live(account) == before
    assert demo.rollback(batch["batch_id"]).json() == undone, "undoing again gives the same answer"


def test_what_an_import_overwrote_comes_back(demo: Person, live: Callable[[str], Any]) -> None:
    account = demo.me["account_id"]
    rows = sales(5)
    first = demo.committed(demo.upload("first.csv", as_csv(rows)))
    before = live(account)
    changed = [{**row, "Sold For": "999.00"} for row in rows[:3]] + sales(2)

    preview = demo.upload("second.csv", as_csv(changed))
    rejected = demo.commit(preview)
    assert (rejected.status_code, rejected.json()["code"]) == (409, "existing_records")
    assert live(account) == before
    batch = demo.committed(preview, on_existing="update")
    assert (batch["inserted"], batch["updated"]) == (2, 3)
    assert live(account)[0] == before[0] + 2

    undone = demo.rollback(batch["batch_id"]).json()
    assert (undone["status"], undone["deleted"], undone["restored"]) == ("rolled_back", 2, 3)
    assert live(account)[:2] == before[:2]
    assert demo.rollback(first["batch_id"]).json()["deleted"] == 5


def test_a_dry_run_counts_and_writes_nothing(demo: Person, live: Callable[[str], Any]) -> None:
    preview = demo.upload("dry.csv", as_csv(sales(7)))
    before = live(demo.me["account_id"])
    dry = demo.commit(preview, dry_run=True).json()

    assert (dry["inserted"], dry["dry_run"]) == (7, True)
    assert live(demo.me["account_id"]) == before
    assert demo.http.get(f"/import/batches/{preview['batch_id']}").status_code == 404


def test_an_undo_that_was_given_up_stays_given_up(demo: Person) -> None:
    batch = demo.committed(demo.upload("kept.csv", as_csv(sales(3))))

    assert demo.http.post(f"/import/batches/{batch['batch_id']}/disable-rollback").json()["can_rollback"] is False
    refused = demo.rollback(batch["batch_id"], force=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "rollback_disabled")


def test_the_history_is_newest_first_and_can_be_paged_through(demo: Person) -> None:
    mine = [demo.committed(demo.upload(f"page {number}.csv", as_csv(sales(1))))["batch_id"] for number in range(3)]
    found: list[str] = []
    cursor = None
    while len(found) < 3:
        page = demo.http.get("/import/batches", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        assert 0 < len(page["items"]) <= 2
        found += [item["batch_id"] for item in page["items"]]
        cursor = page["next_cursor"]

    assert found[:3] == mine[::-1]


def test_a_name_with_anything_in_it_is_only_a_name(demo: Person) -> None:
    name = "my sales + fees & more % é 表 .csv"

    assert demo.upload(name, as_csv(sales(2)))["file"]["filename"] == name


def test_what_an_upload_left_is_gone_when_it_is_discarded(demo: Person) -> None:
    preview = demo.upload("unwanted.csv", as_csv(sales(2)))

    assert demo.http.delete(f"/import/uploads/{preview['batch_id']}").status_code == 204
    assert demo.http.get(f"/import/uploads/{preview['batch_id']}/preview").status_code == 404
    assert demo.commit(preview).status_code == 404


def test_the_bad_rows_can_be_downloaded_and_left_out(demo: Person) -> None:
    rows = sales(10)
    rows[3]["Sale Date"] = "2026-02-30"
    rows[7]["Order Number"] = ""
    preview = demo.upload("two bad.csv", as_csv(rows))
    assert (preview["state"], preview["valid_rows"], preview["invalid_rows"]) == ("needs_attention", 8, 2)
    assert [(error["row"], error["field"]) for error in preview["errors"]] == [(5, "sale_date"), (9, "ebay_order_id")]

    there = demo.http.get(f"/import/uploads/{preview['batch_id']}/errors")
    assert there.status_code == 302
    written = demo.http.get(there.headers["location"], headers={"Authorization": ""}).content.decode("utf-8-sig")
    assert written.startswith("Order Number,Sale Date,Item Title,Sold For,")
    assert "2026-02-30" in written
    assert len(written.strip().splitlines()) == 3

    without = demo.read_again(preview["batch_id"], options={"exclude_rows": [5, 9]})
    assert (without["state"], without["total_rows"]) == ("ready", 8)
    assert demo.committed(without)["inserted"] == 8
