"""For everyone: keyboard alone, screen readers, small and large windows, dark, without motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, ready, reviewed

Open = Callable[..., Visit]
Place = Callable[..., str]


# A control that is drawn by its label is ringed there.
_RINGED = """(e) => [e, e.closest(".button, .choice")].some((each) => {
  const { outlineStyle, outlineWidth } = each ? getComputedStyle(each) : { outlineStyle: "none" };
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && (each !== e || !e.matches(".hidden"));
})"""


def _tab_to(page: Page, goal: Locator) -> None:
    """Press Tab until the focus is there, as somebody without a mouse does."""
    expect(goal).to_be_attached()
    for _ in range(400):
        if goal.evaluate("(e) => e === e.getRootNode().activeElement"):
            assert goal.evaluate(_RINGED), f"nothing shows that the focus is on {goal}"
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {goal}")


def test_the_whole_way_goes_by_keyboard_alone(person: Open, tmp_path: Path) -> None:
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(8)]
    rows[5][4] = "n. a."
    page = person().open()
    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()
    with page.expect_file_chooser() as dialogue:  # before the way there: the browser is told of it while other things happen
        _tab_to(page, page.get_by_label("Choose files"))
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


def test_a_choice_keeps_the_focus_while_the_rows_are_checked_again(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    ready(page)

    quantity = page.get_by_label("What “Sold For” is")
    quantity.focus()
    quantity.select_option("amazon_price_cents")
    expect(page.get_by_role("button", name="Name the missing column")).to_be_visible()

    assert page.evaluate("document.querySelector('#importer').shadowRoot.activeElement?.localName") == "select"


def test_an_answer_that_ends_the_questions_hands_the_focus_to_what_comes_next(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = [[row[0], "03/04/2024", *row[2:]] for row in sheets.orders(8)]
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
    reviewed(page)

    page.get_by_role("radio", name="Day first").check()
    ready(page)

    expect(page.get_by_role("button", name="Continue", exact=True)).to_be_focused()


def test_numbers_and_dates_follow_the_readers_language(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(1_200)
    page = person(locale="de-DE").open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
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
