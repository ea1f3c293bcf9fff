"""What a person sees when the line, the store, the service or the file is not as it should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Route, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, press, ready, reviewed, to_plan

Open = Callable[..., Visit]
Place = Callable[..., str]

STORE = "**/takeback-*"


def _first(number: int, answer: Callable[[Route], None]) -> Callable[[Route], None]:
    """Spoil the first calls, then let them pass."""
    seen = count(1)
    return lambda route: answer(route) if next(seen) <= number else route.continue_()


def test_a_service_that_wakes_up_is_waited_for(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
    ready(page)
    problem = {"status": 503, "code": "unavailable", "detail": "Waking up."}
    page.route("**/import/accounts", _first(2, lambda route: route.fulfill(status=503, json=problem, headers={"Retry-After": "1"})))

    press(page, "Continue")
    expect(page.get_by_text("The service is waking up")).to_be_visible()
    expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
    expect(page.get_by_text("The service is waking up")).to_have_count(0)


def test_who_gives_up_waiting_is_not_told_any_more_that_the_service_wakes_up(person: Open, tmp_path: Path) -> None:
    page = person().open()
    problem = {"status": 503, "code": "unavailable", "detail": "Waking up."}
    page.route("**/import/uploads", lambda route: route.fulfill(status=503, json=problem, headers={"Retry-After": "20"}))
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    expect(page.get_by_text("The service is waking up")).to_be_visible()

    press(page, "Cancel")

    heading(page, "Upload cancelled")
    expect(page.get_by_text("The service is waking up")).to_have_count(0)


def test_a_line_that_drops_is_waited_for(person: Open, checked: Place, tmp_path: Path) -> None:
    visit = person()
    page = visit.open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
    ready(page)

    visit.context.set_offline(True)
    press(page, "Continue")
    expect(page.get_by_text("No connection")).to_be_visible()
    visit.context.set_offline(False)
    expect(page.get_by_role("button", name="Import 9 rows")).to_be_enabled()
    expect(page.get_by_text("No connection")).to_have_count(0)


def test_an_import_whose_answer_was_lost_is_asked_for_again_and_happens_once(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
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


def test_a_refusal_is_told_with_what_to_do_next(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
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


def test_who_may_only_look_is_told_so_before_anything_is_tried(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person("viewer").open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)), "viewer"))
    ready(page)

    press(page, "Continue")

    expect(page.get_by_text("You may look at these accounts, but not import into them")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Import"))).to_have_count(0)


def test_an_expired_token_asks_to_sign_in_again_and_goes_on_where_it_was(
    person: Open, stack: dict[str, Any], checked: Place, tmp_path: Path
) -> None:
    visit = person()
    page = visit.open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9))))
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


def test_an_answer_that_the_file_disproves_is_refused_and_the_last_preview_stays(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(30))))
    ready(page)

    page.get_by_text("Read the file another way").click()
    page.get_by_label("Dates").select_option("DMY")

    expect(page.get_by_role("alert")).to_be_visible()
    ready(page)
    expect(page.get_by_label("Dates")).to_have_value("")


def test_ten_thousand_errors_do_not_freeze_the_page(person: Open, checked: Place, tmp_path: Path) -> None:
    rows = sheets.orders(10_500)
    for row in rows[500:]:
        row[0] = ""
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", rows)))
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


def test_a_blank_sheet_that_cannot_be_had_is_told_and_asked_for_again(person: Open) -> None:
    page = person().open()
    problem = {"status": 500, "code": "internal_error", "detail": "Something went wrong on our side. Try again."}
    page.route("**/import/template.csv", _first(1, lambda route: route.fulfill(status=500, json=problem)))

    page.get_by_role("button", name="CSV", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side. Try again.")
    with page.expect_download() as waiting:
        press(page, "Try again")

    assert waiting.value.suggested_filename == "takeback-template.csv"
    expect(page.get_by_role("alert")).to_have_count(0)


def test_fields_that_cannot_be_described_are_asked_for_again(person: Open, checked: Place, tmp_path: Path) -> None:
    visit = person()
    problem = {"status": 500, "code": "internal_error", "detail": "Something went wrong on our side. Try again."}
    visit.page.route("**/import/record-types", _first(1, lambda route: route.fulfill(status=500, json=problem)))
    page = visit.open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))

    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side. Try again.")
    press(page, "Try again")
    ready(page)
    expect(page.get_by_label("What “Sold For” is")).to_have_value("sale_price_cents")


def test_a_result_whose_account_has_no_name_asks_for_it_once(person: Open, imported: Place, tmp_path: Path) -> None:
    visit = person()
    asked: list[str] = []

    def none(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json={"items": []})

    visit.page.route("**/import/accounts", none)
    page = visit.open(imported(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    heading(page, "5 rows added")
    page.get_by_text("The rows of this import").click()
    expect(page.get_by_role("region", name="The rows of this import").locator("tbody tr")).to_have_count(5)

    assert len(asked) == 1


def test_the_way_back_is_open_while_accounts_cannot_be_read(person: Open, checked: Place, tmp_path: Path) -> None:
    page = person().open(checked(sheets.write_csv(tmp_path / "orders.csv", sheets.orders(5))))
    ready(page)
    problem = {"status": 500, "code": "internal_error", "detail": "Something went wrong on our side."}
    page.route("**/import/accounts", lambda route: route.fulfill(status=500, json=problem))

    press(page, "Continue")
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong on our side.")
    press(page, "Back")
    ready(page)


def test_the_stack_serves_the_page_with_a_policy_that_allows_no_inline_code(stack: dict[str, Any]) -> None:
    policy = httpx.get(stack["api"]).headers["content-security-policy"]

    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
