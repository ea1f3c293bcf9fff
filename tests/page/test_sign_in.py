"""Signing in and out at a real OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.page import sheets
from tests.page.browsing import Visit, heading, press, ready

Open = Callable[..., Visit]
Place = Callable[..., str]


def test_a_stranger_sees_what_this_is_and_signs_in(person: Open) -> None:
    page = person(None).open()

    heading(page, "Spreadsheet imports you can take back.")
    press(page, "Sign in")
    page.get_by_role("link", name="demo").click()

    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()
    expect(page.locator("#who")).to_have_text("demo")
    assert "code=" not in page.url


def test_signing_in_comes_back_to_the_place_that_was_asked_for(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(4))))
    ready(page)

    stranger = person(None).open(page.url.split("#")[1])
    expect(stranger.get_by_text("Sign in to open this import.")).to_be_visible()
    press(stranger, "Sign in")
    stranger.get_by_role("link", name="demo").click()

    ready(stranger)
    expect(stranger.get_by_text("All 4 rows can be imported.").first).to_be_visible()


def test_signing_out_forgets_everything_in_this_window(person: Open) -> None:
    page = person(None).open()
    press(page, "Sign in")
    page.get_by_role("link", name="demo").click()
    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()

    press(page, "Sign out")
    heading(page, "Spreadsheet imports you can take back.")
    assert page.evaluate("sessionStorage.length") == 0


def test_an_answer_that_was_not_asked_for_signs_nobody_in(person: Open) -> None:
    visit = person(None)
    visit.page.goto(f"{visit.api}/?code=stolen&state=forged")

    expect(visit.page.get_by_text("This sign-in was not begun here. Try again.")).to_be_visible()
    heading(visit.page, "Spreadsheet imports you can take back.")
    assert visit.page.evaluate("sessionStorage.getItem('takeback-session')") is None


def test_a_provider_that_is_down_is_told(person: Open) -> None:
    visit = person(None)
    visit.page.route("**/.well-known/openid-configuration", lambda route: route.abort())
    page = visit.open()

    press(page, "Sign in")

    expect(page.get_by_text("The sign-in service does not answer.")).to_be_visible()
