"""For everyone: keyboard alone, screen readers, small and large windows, dark, without motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, press, ready, reviewed, to_plan

Open = Callable[..., Visit]

axe = Axe()


def _clean(page: Page, where: str, scheme: str) -> None:
    """Axe finds nothing at all, not only nothing serious. In the dark only the colours are others."""
    found = axe.run(page, options={} if scheme == "light" else {"runOnly": ["color-contrast"]}).response["violations"]
    assert [(where, each["id"], [node["target"] for node in each["nodes"]][:5]) for each in found] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_step(person: Open, stack: dict[str, Any], tmp_path: Path, scheme: str) -> None:
    _clean(person(None, color_scheme=scheme).open(), "signed out", scheme)
    page = person(color_scheme=scheme).open()
    expect(page.get_by_role("heading", name="Imports")).to_be_visible()
    _clean(page, "start", scheme)
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(10)]
    rows[5][4] = "n. a."
    rows[7][1] = "31 February"
    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    reviewed(page)
    for summary in page.locator("summary").all():
        summary.click()
    _clean(page, "review with a question and errors", scheme)
    page.get_by_role("radio", name="Day first").check()
    expect(page.get_by_role("button", name="See what needs attention")).to_be_visible()
    press(page, "Leave all 2 out")
    to_plan(page)
    _clean(page, "plan", scheme)
    press(page, "Import 8 rows")
    heading(page, "8 rows added")
    page.get_by_text("The rows of this import").click()
    expect(page.get_by_role("region", name="The rows of this import")).to_be_visible()
    _clean(page, "result", scheme)
    with psycopg.connect(stack["database_url"]) as connection:
        connection.execute("update bookkeeping_records set order_remark = 'edited' where ebay_order_id = %s", [rows[0][0]])
    press(page, "Undo this import")
    expect(page.get_by_role("region", name="Edits since the import")).to_be_visible()
    _clean(page, "undo", scheme)
    page.get_by_role("radio", name="Undo it too").check()
    press(page, "Undo, and lose the edits")
    heading(page, "8 rows removed")
    _clean(page, "taken back", scheme)
    press(page, "Import another file")
    expect(page.get_by_role("button", name="orders.csv").first).to_be_visible()
    _clean(page, "history", scheme)


def _tab_to(page: Page, goal: Locator) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    expect(goal).to_be_attached()
    for _ in range(400):
        if goal.evaluate("(e) => e === e.getRootNode().activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {goal}")


def test_the_whole_way_goes_by_keyboard_alone(person: Open, tmp_path: Path) -> None:
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(8)]
    rows[5][4] = "n. a."
    page = person().open()
    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()
    _tab_to(page, page.get_by_label("Choose files"))
    with page.expect_file_chooser() as dialogue:
        page.keyboard.press("Enter")
    dialogue.value.set_files(sheets.write_csv(tmp_path / "orders.csv", rows))
    reviewed(page)

    _tab_to(page, page.get_by_role("radio", name="Month first"))
    page.keyboard.press("ArrowDown")
    expect(
        page.get_by_role("radio", name=re.compile("^Day first")).or_(page.get_by_role("button", name="See what needs attention")).first
    ).to_be_visible()
    expect(page.get_by_role("button", name="See what needs attention")).to_be_visible()
    _tab_to(page, page.get_by_role("button", name="Leave it out"))
    page.keyboard.press("Enter")
    ready(page)
    _tab_to(page, page.get_by_role("button", name="Continue", exact=True))
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("button", name="Import 7 rows"))
    page.keyboard.press("Enter")
    heading(page, "7 rows added")
    _tab_to(page, page.get_by_role("button", name="Undo this import"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()
    _tab_to(page, page.get_by_role("button", name="Undo this import"))
    page.keyboard.press("Enter")
    heading(page, "7 rows removed")


def test_each_step_moves_the_focus_to_its_heading_and_is_announced(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5)))
    ready(page)
    expect(page.get_by_role("heading", name="orders.csv")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="All 5 rows can be imported.")).to_have_count(1)

    import_all(page)
    expect(page.get_by_role("heading", name="5 rows added")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="The import is done")).to_have_count(1)


def test_a_choice_keeps_the_focus_while_the_rows_are_checked_again(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5)))
    ready(page)

    quantity = page.get_by_label("What “Sold For” is")
    quantity.focus()
    quantity.select_option("amazon_price_cents")
    expect(page.get_by_role("button", name="Name the missing column")).to_be_visible()

    assert page.evaluate("document.querySelector('#importer').shadowRoot.activeElement?.localName") == "select"


def test_an_answer_that_ends_the_questions_hands_the_focus_to_what_comes_next(person: Open, tmp_path: Path) -> None:
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(8)]
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    reviewed(page)

    page.get_by_role("radio", name="Day first").check()
    ready(page)

    expect(page.get_by_role("button", name="Continue", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", [360, 768, 1280, 2560, 3840])
def test_no_step_is_wider_than_its_window(person: Open, tmp_path: Path, width: int) -> None:
    rows = sheets.orders(40)
    rows[3][4] = "n. a."
    page = person(viewport={"width": width, "height": 800}).open()

    def fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    fits()
    choose(page, sheets.write_csv(tmp_path / "Orders-from-the-marketplace-2026-01-to-2026-03-final-final.csv", rows))
    reviewed(page)
    for summary in page.locator("summary").all():
        summary.click()
    fits()
    press(page, "Leave it out")
    to_plan(page)
    fits()
    press(page, "Import 39 rows")
    heading(page, "39 rows added")
    fits()
    press(page, "Undo this import")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()
    fits()


def test_numbers_and_dates_follow_the_readers_language(person: Open, tmp_path: Path) -> None:
    rows = sheets.orders(1_200)
    page = person(locale="de-DE").open()

    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    ready(page)

    expect(page.get_by_text("All 1.200 rows can be imported.").first).to_be_visible()
    expect(page.locator("tr[data-row='2']")).to_contain_text("14.01.2026")
    expect(page.locator("tr[data-row='2']")).to_contain_text("12,99")


def test_nothing_moves_for_those_who_asked_for_stillness(person: Open, tmp_path: Path) -> None:
    page = person(reduced_motion="reduce").open()
    page.route("**/preview*", lambda route: route.fulfill(status=202, json={"state": "validating", "rows_seen": 0}))

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(4)))
    heading(page, "Checking every row")

    endless = "(a) => a.playState === 'running' && a.effect.getTiming().iterations === Infinity"
    running = page.evaluate(f"document.querySelector('#importer').shadowRoot.getAnimations().filter({endless}).length")
    assert running == 0
