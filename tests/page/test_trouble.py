"""What a person sees when the line, the store, the service or the file is not as it should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, press, ready, reviewed, to_plan

Open = Callable[..., Visit]

STORE = "**/takeback-*"


def _first(number: int, answer: Callable[[Route], None]) -> Callable[[Route], None]:
    """Spoil the first calls, then let them pass."""
    seen = count(1)
    return lambda route: answer(route) if next(seen) <= number else route.continue_()


def test_a_connection_lost_in_mid_upload_can_be_tried_again(person: Open, tmp_path: Path) -> None:
    page = person().open()
    page.route(STORE, _first(1, lambda route: route.abort("connectionreset")))

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    heading(page, "The upload stopped")
    expect(page.get_by_text("The connection was lost before the whole file had arrived.")).to_be_visible()

    press(page, "Upload it again")
    ready(page)


@pytest.mark.parametrize(
    ("status", "code", "message", "told"),
    [
        (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", "This file is larger than the store accepts."),
        (403, "AccessDenied", "Invalid according to Policy: Policy expired.", "The permission to upload ran out"),
        (403, "SignatureDoesNotMatch", "The request signature we calculated does not match", "The store refused the file."),
        (503, "SlowDown", "Please reduce your request rate.", "The store is busy."),
    ],
)
def test_the_stores_refusal_is_told_in_words(person: Open, tmp_path: Path, status: int, code: str, message: str, told: str) -> None:
    page = person().open()
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    page.route(
        STORE,
        _first(
            1,
            lambda route: route.fulfill(
                status=status, body=body, content_type="application/xml", headers={"Access-Control-Allow-Origin": "*"}
            ),
        ),
    )

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    expect(page.get_by_role("alert")).to_contain_text(told)

    press(page, "Upload it again")
    ready(page)


def test_an_upload_can_be_cancelled_and_begun_again(person: Open, tmp_path: Path) -> None:
    page = person().open()
    page.route(STORE, lambda _: None)
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    heading(page, "Uploading")

    press(page, "Cancel")
    heading(page, "Upload cancelled")
    page.unroute(STORE)
    press(page, "Upload it again")
    ready(page)


def test_a_service_that_wakes_up_is_waited_for(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    ready(page)
    problem = {"status": 503, "code": "unavailable", "detail": "Waking up."}
    page.route("**/import/accounts", _first(2, lambda route: route.fulfill(status=503, json=problem, headers={"Retry-After": "1"})))

    press(page, "Continue")
    expect(page.get_by_text("The service is waking up")).to_be_visible()
    expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
    expect(page.get_by_text("The service is waking up")).to_have_count(0)


def test_a_line_that_drops_is_waited_for(person: Open, tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    ready(page)

    visit.context.set_offline(True)
    press(page, "Continue")
    expect(page.get_by_text("No connection")).to_be_visible()
    visit.context.set_offline(False)
    expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
    expect(page.get_by_text("No connection")).to_have_count(0)


def test_an_import_whose_answer_was_lost_is_asked_for_again_and_happens_once(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    to_plan(page)
    done = count(1)

    def cut(route: Route) -> None:
        if next(done) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/import/records/commit", cut)
    press(page, "Import 9 rows")
    heading(page, "9 rows added")


def test_a_refusal_is_told_with_what_to_do_next(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    to_plan(page)
    problem = {"status": 403, "code": "forbidden", "detail": "Ask an owner of the account for the role of a member."}
    page.route(
        "**/import/records/commit",
        lambda route: route.continue_() if (route.request.post_data_json or {}).get("dry_run") else route.fulfill(status=403, json=problem),
    )

    press(page, "Import 9 rows")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("You may look at this account, but not change it")
    expect(alert).to_contain_text("Ask an owner of the account for the role of a member.")


def test_who_may_only_look_is_told_so_before_anything_is_tried(person: Open, tmp_path: Path) -> None:
    page = person("viewer").open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    ready(page)

    press(page, "Continue")

    expect(page.get_by_text("You may look at these accounts, but not import into them")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Import"))).to_have_count(0)


def test_an_expired_token_asks_to_sign_in_again_and_goes_on_where_it_was(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    ready(page)
    good = stack["users"]["demo"]["token"]
    visit.context.route(
        "**/import/**",
        lambda route: (
            route.fulfill(status=401, json={"message": "Unauthorized"})
            if route.request.headers.get("authorization") == f"Bearer {good}"
            else route.continue_()
        ),
    )

    press(page, "Continue")
    expect(page.get_by_text("Your sign-in has expired")).to_be_visible()
    with visit.context.expect_page() as opening:
        press(page, "Sign in again")
    with opening.value.expect_event("close"):
        opening.value.get_by_role("link", name="demo").click()

    expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
    expect(page.get_by_text("Your sign-in has expired")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.csv", b""), ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8), ("headers only.csv", b"Order Number,Sale Date\n")],
)
def test_a_file_that_holds_no_table_says_what_to_do(person: Open, tmp_path: Path, name: str, content: bytes) -> None:
    page = person().open()
    (tmp_path / name).write_bytes(content)

    choose(page, tmp_path / name)

    heading(page, name)
    expect(page.get_by_text(re.compile("This file cannot be read|There are no rows in this file")).first).to_be_visible()
    expect(page.get_by_role("button", name="Continue", exact=True)).to_have_count(0)


def test_an_answer_that_the_file_disproves_is_refused_and_the_last_preview_stays(person: Open, tmp_path: Path) -> None:
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(30)))
    ready(page)

    page.get_by_text("Read the file another way").click()
    page.get_by_label("Dates").select_option("DMY")

    expect(page.get_by_role("alert")).to_be_visible()
    ready(page)
    expect(page.get_by_label("Dates")).to_have_value("")


def test_a_file_too_large_is_refused_before_it_is_sent(person: Open, tmp_path: Path) -> None:
    page = person().open()
    problem = {"status": 413, "code": "too_large", "detail": "The file is larger than this service takes. Split it into several files."}
    page.route("**/import/uploads", lambda route: route.fulfill(status=413, json=problem))

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(3)))

    expect(page.get_by_role("alert")).to_contain_text("This file is too large")
    expect(page.get_by_role("alert")).to_contain_text("Split it into several files.")


def test_ten_thousand_errors_do_not_freeze_the_page(person: Open, tmp_path: Path) -> None:
    rows = sheets.orders(10_500)
    for row in rows[500:]:
        row[0] = ""
    page = person().open()
    choose(page, sheets.write_csv(tmp_path / "orders.csv", rows))
    reviewed(page)
    page.evaluate(
        "new PerformanceObserver((list) => { window.longest = Math.max(window.longest ?? 0, ...list.getEntries().map((e) => e.duration)) })"
        ".observe({ type: 'longtask', buffered: true })"
    )

    page.get_by_role("button", name="Need attention 10,000").click()
    press(page, "Show 50 more")
    expect(page.locator("tr[data-row]")).to_have_count(100)
    expect(page.get_by_text("The first 1,000 of 10,000 rows with problems are listed")).to_be_visible()

    assert (page.evaluate("window.longest") or 0) < 3000


def test_the_page_loads_while_its_api_is_down(person: Open) -> None:
    visit = person()
    problem = {"status": 500, "code": "internal_error", "detail": "Something went wrong on our side."}
    visit.page.route("**/import/batches*", lambda route: route.fulfill(status=500, json=problem))
    page = visit.open()

    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side.")
    page.unroute("**/import/batches*")
    press(page, "Try again")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_stack_serves_the_page_with_a_policy_that_allows_no_inline_code(stack: dict[str, Any]) -> None:
    policy = httpx.get(stack["api"]).headers["content-security-policy"]

    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
