"""The undo, when somebody edited the rows behind the page's back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, press

Open = Callable[..., Visit]


def _import_and_edit(page: Page, stack: dict[str, Any], tmp_path: Path) -> list[sheets.Row]:
    rows = sheets.orders(15)
    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    import_all(page)
    _edit(stack, rows[3][0], 1)
    return rows


def _edit(stack: dict[str, Any], order: str, cents: int) -> None:
    with psycopg.connect(stack["database_url"]) as connection:
        changed = connection.execute("update bookkeeping_records set sale_price_cents = %s where ebay_order_id = %s", [cents, order])
        assert changed.rowcount == 1


def _live(stack: dict[str, Any], rows: list[sheets.Row]) -> list[str]:
    with psycopg.connect(stack["database_url"]) as connection:
        found = connection.execute(
            "select ebay_order_id from bookkeeping_records where ebay_order_id = any(%s) and deleted_at is null", [[row[0] for row in rows]]
        )
        return [order for (order,) in found]


def test_what_would_be_lost_is_shown_and_nothing_is_undone_without_a_choice(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    page = person().open()
    rows = _import_and_edit(page, stack, tmp_path)

    press(page, "Undo this import")
    lost = page.get_by_role("region", name="Edits since the import")
    expect(lost.get_by_role("row", name=rows[3][0])).to_contain_text("34.92")
    expect(lost.get_by_role("row", name=rows[3][0])).to_contain_text("0.01")
    expect(page.get_by_role("button", name="Undo this import")).to_be_disabled()

    assert len(_live(stack, rows)) == 15


def test_a_forced_undo_takes_the_edited_row_too(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    page = person().open()
    rows = _import_and_edit(page, stack, tmp_path)

    press(page, "Undo this import")
    page.get_by_role("radio", name="Undo it too").check()
    press(page, "Undo, and lose the edits")
    heading(page, "15 rows removed")

    assert _live(stack, rows) == []


def test_an_undo_can_leave_the_edited_row_alone(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    page = person().open()
    rows = _import_and_edit(page, stack, tmp_path)

    press(page, "Undo this import")
    page.get_by_role("radio", name="Keep it as it is now").check()
    press(page, "Undo all but the edited rows")
    heading(page, "14 rows removed, 1 kept as edited")

    assert _live(stack, rows) == [rows[3][0]]


def test_an_edit_after_the_preview_of_the_undo_is_refused_and_shown(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    rows = sheets.orders(15)
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    import_all(page)
    press(page, "Undo this import")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()

    _edit(stack, rows[5][0], 77)
    press(page, "Undo this import")

    expect(page.get_by_text("Some rows were edited after the import")).to_be_visible()
    expect(page.get_by_role("region", name="Edits since the import")).to_contain_text(rows[5][0])
    assert len(_live(stack, rows)) == 15


def test_an_import_that_was_undone_in_another_window_says_so(person: Open, tmp_path: Path) -> None:
    first, second = person(), person()
    page = first.open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6)))
    import_all(page)

    other = second.open(page.url.split("#")[1])
    press(other, "Undo this import")
    press(other, "Undo this import")
    heading(other, "6 rows removed")

    press(page, "Undo this import")
    heading(page, "6 rows removed")


def test_an_undo_whose_time_has_passed_is_not_offered(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6)))
    import_all(page)
    place = page.url.split("#")[1]
    with psycopg.connect(stack["database_url"]) as connection:
        connection.execute(
            "update import_batches set committed_at = committed_at - interval '25 hours', rollback_until = rollback_until - interval '25 hours'"
            " where batch_id = %s",
            [visit.place["batch"]],
        )

    visit.open(place)
    expect(page.get_by_text("The time to undo this import has passed.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo this import")).to_have_count(0)
