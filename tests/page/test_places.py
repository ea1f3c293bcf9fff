"""A reload, another window, the back button: every step is found again by its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, press, ready, reviewed, to_plan

Open = Callable[..., Visit]
Place = Callable[..., str]


def test_every_step_survives_a_reload(person: Open, tmp_path: Path) -> None:
    rows = sheets.orders(25)
    rows[4][4] = "n. a."
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    reviewed(page)

    page.reload()
    expect(page.get_by_text("24 of 25 rows can be imported").first).to_be_visible()
    press(page, "Leave it out")
    ready(page)
    page.reload()
    ready(page)
    expect(page.get_by_role("button", name="Put row 6 back")).to_be_visible()

    to_plan(page)
    page.reload()
    heading(page, "Import 24 rows")
    press(page, "Import 24 rows")
    heading(page, "24 rows added")
    page.reload()
    heading(page, "24 rows added")

    press(page, "Undo this import")
    heading(page, "Undo this import?")
    page.reload()
    heading(page, "Undo this import?")
    press(page, "Undo this import")
    heading(page, "24 rows removed")
    page.reload()
    heading(page, "24 rows removed")


def test_a_reload_while_the_file_is_checked_waits_for_the_result(person: Open, tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    page.route("**/preview*", lambda route: route.fulfill(status=202, json={"state": "validating", "rows_seen": 4000}))
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(8)))
    expect(page.get_by_text("4,000 rows read so far")).to_be_visible()

    page.reload()
    expect(page.get_by_text("4,000 rows read so far")).to_be_visible()
    page.unroute("**/preview*")
    ready(page)


def test_an_upload_that_was_left_behind_can_be_begun_again(person: Open, tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    page.route("**/takeback-*", lambda _: None)  # the store never answers
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(8)))
    page.wait_for_url("**batch=*")

    other = person().open(page.url.split("#")[1])
    heading(other, "Waiting for the file")
    press(other, "Choose the file again")
    choose(other, tmp_path / "orders.csv")
    ready(other)


def test_a_second_window_sees_the_same_review_and_then_the_import(person: Open, checked: Place, tmp_path: Path) -> None:
    first, second = person(), person()
    page = first.open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
    ready(page)

    other = second.open(page.url.split("#")[1])
    ready(other)
    import_all(page)
    import_all(other)  # committed already: the same answer
    heading(other, "9 rows added")


def test_a_preview_belongs_to_the_window_that_asked_for_it(person: Open, checked: Place, tmp_path: Path) -> None:
    first, second = person(), person()
    page = first.open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
    ready(page)
    other = second.open(page.url.split("#")[1])
    ready(other)

    press(other, "Leave row 4 out")
    expect(other.get_by_text("All 8 rows can be imported.").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("All 9 rows can be imported.").first).to_be_visible()


def test_the_back_button_goes_back_a_step(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    to_plan(page)

    page.go_back()
    ready(page)
    page.go_forward()
    heading(page, "Import 9 rows")
    page.go_back()
    page.go_back()
    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()


def test_files_that_are_not_imported_yet_are_listed_again_after_a_reload(person: Open, tmp_path: Path) -> None:
    page = person().open()
    files = [sheets.write_csv(tmp_path / f"shop {number}.csv", sheets.orders(4)) for number in (1, 2)]
    choose(page, *files)
    queue = page.get_by_role("navigation", name="Your files")
    expect(queue.get_by_role("button", name="Ready to import")).to_have_count(2)

    page.reload()
    ready(page)
    queue.get_by_role("button", name="shop 2.csv").click()
    heading(page, "shop 2.csv")
    ready(page)


def test_an_address_of_nothing_says_so(person: Open) -> None:
    page = person().open("batch=00000000-0000-4000-8000-000000000000")

    heading(page, "There is no such import")
    press(page, "Choose a file")
    expect(page.get_by_text(re.compile("Drop your spreadsheets here"))).to_be_visible()


def test_somebody_elses_import_is_nothing_to_others(person: Open, imported: Place, tmp_path: Path) -> None:
    owner, rival = person(), person("rival")
    page = owner.open(imported(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(4))))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()

    heading(rival.open(page.url.split("#")[1]), "There is no such import")
