"""A sign-in that runs out: renewed without anybody noticing, or else asked for where the person is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Request, Route, expect

from local.environment import CLIENT_ID
from local.tokens import DAY, Issuer, User
from tests.page import sheets
from tests.page.browsing import Visit, heading, press, ready

Open = Callable[..., Visit]
Place = Callable[..., str]

_AGAIN = "Sign in again and everything goes on where it was."
_CHANGE = """(change) => {
  const session = JSON.parse(sessionStorage.getItem("takeback-session"));
  sessionStorage.setItem("takeback-session", JSON.stringify({ ...session, ...change }));
}"""
_TOKEN = "() => JSON.parse(sessionStorage.getItem('takeback-session')).access_token"


class Issued:
    """What the issuer was asked for in this window."""

    def __init__(self, visit: Visit) -> None:
        self.grants: list[str] = []
        self.refusals = 0
        visit.context.on("request", self._asked)
        visit.context.on("response", lambda answer: self._count(answer.url, answer.status))

    def _asked(self, request: Request) -> None:
        if request.url.endswith("/local/oidc/token"):
            self.grants += parse_qs(request.post_data or "")["grant_type"]

    def _count(self, url: str, status: int) -> None:
        self.refusals += status == 401 and "/import/" in url


@pytest.fixture
def run_out(stack: dict[str, Any], data_dir: Path) -> str:
    """A token of the issuer's that was good yesterday."""
    issuer = Issuer(f"{stack['api']}/local/oidc", CLIENT_ID, data_dir / "keys")
    return issuer.access_token(User("demo", stack["users"]["demo"]["user_id"]), time.time() - 2 * DAY)


def _signed_in(visit: Visit, place: str = "") -> Page:
    page = visit.open(place)
    press(page, "Sign in")
    page.get_by_role("link", name="demo").click()
    expect(page.locator("#who")).to_have_text("demo")
    return page


def _refuse(visit: Visit, token: str) -> None:
    """From now on the service refuses this token, as if its time were over."""

    def judge(route: Route) -> None:
        if route.request.headers.get("authorization") == f"Bearer {token}":
            route.fulfill(status=401, json={"message": "Unauthorized"})
        else:
            route.continue_()

    visit.context.route("**/import/**", judge)


def test_a_page_that_is_opened_after_its_time_is_signed_in_all_the_same(person: Open, run_out: str) -> None:
    visit = person(None)
    page = _signed_in(visit)
    issued = Issued(visit)
    page.evaluate(_CHANGE, {"access_token": run_out, "expires_at": 0})

    page.reload()

    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()
    expect(page.locator("#who")).to_have_text("demo")
    assert (issued.grants, issued.refusals) == (["refresh_token"], 0)
    assert page.evaluate(_TOKEN) != run_out


def test_a_token_that_the_service_finds_too_old_is_renewed_once_for_all_who_ask(
    person: Open, checked: Place, imported: Place, run_out: str, tmp_path: Path
) -> None:
    """The window's clock is late: requests of one moment, and the history that is shown later, bring the same old token."""
    imported(sheets.write_csv(tmp_path / "before.csv", sheets.orders(3)))
    visit = person(None)
    page = _signed_in(visit, checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    ready(page)
    issued = Issued(visit)
    page.evaluate(_CHANGE, {"access_token": run_out})

    page.reload()
    ready(page)
    page.evaluate("document.querySelector('#imports').hidden = false")

    expect(page.get_by_role("button", name="Undo the import of before.csv")).to_be_visible()
    expect(page.locator("#who")).to_have_text("demo")
    expect(page.get_by_text(_AGAIN)).to_have_count(0)
    assert issued.grants == ["refresh_token"]
    assert issued.refusals > 1


def test_work_goes_on_over_the_end_of_a_token(person: Open, checked: Place, tmp_path: Path) -> None:
    visit = person(None)
    page = _signed_in(visit, checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
    ready(page)
    issued = Issued(visit)
    for _ in range(2):  # the second time with what the first refresh brought
        _refuse(visit, page.evaluate(_TOKEN))
        press(page, "Continue")
        heading(page, "Import 9 rows")
        expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
        page.go_back()
        ready(page)

    expect(page.get_by_text(_AGAIN)).to_have_count(0)
    assert issued.grants == ["refresh_token"] * 2
    assert len(visit.context.pages) == 1


def test_a_refresh_that_is_refused_asks_to_sign_in_and_keeps_what_was_there(person: Open, checked: Place, tmp_path: Path) -> None:
    visit = person(None)
    page = _signed_in(visit, checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
    ready(page)
    issued = Issued(visit)
    page.evaluate(_CHANGE, {"refresh_token": "withdrawn"})
    _refuse(visit, page.evaluate(_TOKEN))

    press(page, "Continue")

    expect(page.get_by_text(_AGAIN)).to_be_visible()
    heading(page, "Import 9 rows")
    expect(page.get_by_text("From orders.csv.")).to_be_visible()
    assert issued.grants == ["refresh_token"]
    with visit.context.expect_page() as opening:
        press(page, "Sign in again")
    with opening.value.expect_event("close"):
        opening.value.get_by_role("link", name="demo").click()
    expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
    expect(page.get_by_text(_AGAIN)).to_have_count(0)
    assert issued.grants == ["refresh_token", "authorization_code"]
