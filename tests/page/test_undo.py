"""The undo, when somebody edited the rows behind the page's back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, press, to_plan

Open = Callable[..., Visit]
Place = Callable[..., str]


@pytest.fixture
def edited(person: Open, imported: Place, stack: dict[str, Any], tmp_path: Path) -> tuple[Page, list[sheets.Row]]:
    """An import of 15 rows, one of which was edited since."""
    rows = sheets.orders(15)
    page = person().open(imported(sheets.write_csv(tmp_path / "orders.csv", rows)))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    _edit(stack, rows[3][0], 1)
    return page, rows


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


def test_what_would_be_lost_is_shown_and_nothing_is_undone_without_a_choice(
    edited: tuple[Page, list[sheets.Row]], stack: dict[str, Any]
) -> None:
    page, rows = edited

    press(page, "Undo this import")
    lost = page.get_by_role("region", name="Edits since the import")
    expect(lost.get_by_role("row", name=rows[3][0])).to_contain_text("34.92")
    expect(lost.get_by_role("row", name=rows[3][0])).to_contain_text("0.01")
    expect(page.get_by_role("button", name="Undo this import")).to_be_disabled()

    assert len(_live(stack, rows)) == 15


def test_a_forced_undo_takes_the_edited_row_too(edited: tuple[Page, list[sheets.Row]], stack: dict[str, Any]) -> None:
    page, rows = edited

    press(page, "Undo this import")
    page.get_by_role("radio", name="Undo it too").check()
    press(page, "Undo, and lose the edits")
    heading(page, "15 rows removed")

    assert _live(stack, rows) == []


def test_an_undo_can_leave_the_edited_row_alone(edited: tuple[Page, list[sheets.Row]], stack: dict[str, Any]) -> None:
    page, rows = edited

    press(page, "Undo this import")
    expect(page.get_by_role("definition").first).to_have_text("15")
    page.get_by_role("radio", name="Keep it as it is now").check()
    expect(page.get_by_role("definition").first).to_have_text("14")  # the figures follow the choice
    press(page, "Undo all but these rows")
    heading(page, "14 rows removed, 1 kept as edited")

    assert _live(stack, rows) == [rows[3][0]]


def test_an_edit_after_the_preview_of_the_undo_is_refused_and_shown(
    person: Open, stack: dict[str, Any], imported: Place, tmp_path: Path
) -> None:
    rows = sheets.orders(15)
    page = person().open(imported(sheets.write_csv(tmp_path / "orders.csv", rows)))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    press(page, "Undo this import")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()

    _edit(stack, rows[5][0], 77)
    press(page, "Undo this import")

    expect(page.get_by_text("Some rows were edited after the import")).to_be_visible()
    expect(page.get_by_role("region", name="Edits since the import")).to_contain_text(rows[5][0])
    assert len(_live(stack, rows)) == 15


def test_an_import_that_was_undone_in_another_window_says_so(person: Open, imported: Place, tmp_path: Path) -> None:
    first, second = person(), person()
    page = first.open(imported(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6))))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    other = second.open(page.url.split("#")[1])
    press(other, "Undo this import")
    press(other, "Undo this import")
    heading(other, "6 rows removed")

    press(page, "Undo this import")
    heading(page, "6 rows removed")


def test_an_undo_whose_time_has_passed_is_not_offered(person: Open, stack: dict[str, Any], imported: Place, tmp_path: Path) -> None:
    visit = person()
    page = visit.open(imported(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6))))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    place = page.url.split("#")[1]
    with psycopg.connect(stack["database_url"]) as connection:
        connection.execute(
            "update import_batches set committed_at = committed_at - interval '25 hours',"
            " rollback_until = rollback_until - interval '25 hours' where batch_id = %s",
            [visit.place["batch"]],
        )

    visit.open(place)
    expect(page.get_by_text("The time to undo this import has passed.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo this import")).to_have_count(0)


def test_a_later_import_that_stands_on_this_one_is_named_and_can_be_opened(person: Open, imported: Place, tmp_path: Path) -> None:
    rows = sheets.orders(5)
    page = person().open(imported(sheets.write_csv(tmp_path / "first.csv", rows)))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    first = page.url.split("#")[1]
    for row in rows[:2]:
        row[4] = "$1.00"
    press(page, "Import another file")
    choose(page, sheets.write_csv(tmp_path / "second.csv", rows))
    to_plan(page)
    page.get_by_role("radio", name="Overwrite them with this file").check()
    press(page, "Import 5 rows")
    heading(page, "5 overwritten")

    visit = person()
    page = visit.open(f"{first}&step=undo")
    expect(page.get_by_text("“second.csv” changed")).to_be_visible()
    press(page, "Open “second.csv”")
    heading(page, "5 overwritten")
    press(page, "Undo this import")
    press(page, "Undo this import")
    heading(page, "0 rows removed, 5 put back as before")


def test_what_happened_is_listed_and_can_be_filed_away(person: Open, imported: Place, tmp_path: Path) -> None:
    page = person().open(imported(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    page.get_by_text("What happened to it").click()
    expect(page.get_by_role("listitem").filter(has_text=re.compile(r"2\d{3}.* Imported$"))).to_be_visible()
    with page.expect_download() as waiting:
        press(page, "Download the record of this import")
    record = json.loads(waiting.value.path().read_text("utf-8"))
    assert record["batch"]["inserted"] == 5
    assert waiting.value.suggested_filename == "import orders.csv.json"


def test_a_long_import_and_a_long_undo_show_how_far_they_are_even_after_a_reload(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    to_plan(page)
    works: list[str] = []

    def slowly(route: Route) -> None:
        """As the API answers about a batch of 200,000 rows while it works; else how it really stands."""
        answer = route.fetch()
        batch = answer.json()
        if "status" not in batch or batch.get("dry_run") or not works:
            route.fulfill(response=answer)
            return
        progress = {"phase": "loading", "rows": 120_000}
        route.fulfill(status=202, json={**batch, "status": works[0], "row_count": 200_000, "progress": progress})

    page.route(re.compile(r"/import/(records/commit|batches/[^/?]+(/rollback)?)$"), slowly)
    works.append("committing")
    press(page, "Import 5 rows")
    expect(page.get_by_text("120,000 of 200,000 rows").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("120,000 of 200,000 rows").first).to_be_visible()
    works.clear()
    heading(page, "5 rows added")

    press(page, "Undo this import")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()
    works.append("rolling_back")
    press(page, "Undo this import")
    heading(page, "Taking it back")
    page.reload()
    heading(page, "Taking it back")
    expect(page.get_by_text("120,000 of 200,000 rows").first).to_be_visible()
    works.clear()
    heading(page, "5 rows removed")


def test_an_undo_that_fails_says_that_nothing_changed(person: Open, imported: Place, tmp_path: Path) -> None:
    page = person().open(imported(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    press(page, "Undo this import")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()
    detail = "This was started and never finished. Nothing was changed; try again."

    def lost(route: Route) -> None:
        batch = page.request.get(route.request.url.removesuffix("/rollback"), headers=route.request.headers).json()
        route.fulfill(status=202, json={**batch, "status": "rolling_back"})

    page.route("**/rollback", lost)
    page.route(
        re.compile(r"/import/batches/[^/?]+$"),
        lambda route: route.fulfill(json={**route.fetch().json(), "problem": {"code": "job_lost", "detail": detail}}),
    )
    press(page, "Undo this import")

    expect(page.get_by_text(detail)).to_be_visible()
    heading(page, "5 rows added")
    expect(page.get_by_role("button", name="Undo this import")).to_be_enabled()


def test_who_leaves_the_undo_before_it_is_known_what_it_would_do_is_not_led_back(
    edited: tuple[Page, list[sheets.Row]], stack: dict[str, Any]
) -> None:
    page, rows = edited
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/rollback", hold)
    with page.expect_request("**/rollback"):
        press(page, "Undo this import")
    heading(page, "Undo this import?")
    press(page, "Keep the import")
    heading(page, "15 rows added")

    with page.expect_response("**/rollback"):
        held[0].continue_()
    page.wait_for_timeout(300)

    heading(page, "15 rows added")
    assert len(_live(stack, rows)) == 15
