"""Files on their way: chosen or dropped, several at once, slow, cut off, cancelled, refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, press, ready

Open = Callable[..., Visit]

STORE = "**/takeback-*"


def _first(number: int, answer: Callable[[Route], None]) -> Callable[[Route], None]:
    """Spoil the first calls, then let them pass."""
    seen = count(1)
    return lambda route: answer(route) if next(seen) <= number else route.continue_()


def _held(calls: list[Route]) -> Callable[[Route], None]:
    """Keep calls unanswered."""

    def hold(route: Route) -> None:
        calls.append(route)

    return hold


def _drop(page: Page, target: str, *files: Path) -> None:
    """Let files fall on an element, as the system's file manager does."""
    given = [{"name": file.name, "text": file.read_text("utf-8")} for file in files]
    transfer = page.evaluate_handle(
        "(given) => given.reduce((held, { name, text }) => (held.items.add(new File([text], name)), held), new DataTransfer())",
        given,
    )
    for kind in ("dragenter", "dragover", "drop"):
        page.locator(target).dispatch_event(kind, {"dataTransfer": transfer})


@pytest.mark.parametrize("target", [".drop", "footer"], ids=["where it is offered", "beside it"])
def test_a_file_that_is_dropped_is_taken(person: Open, tmp_path: Path, target: str) -> None:
    page = person().open()
    expect(page.get_by_text("Drop your spreadsheets here")).to_be_visible()

    _drop(page, target, sheets.write_csv(tmp_path / "dropped.csv", sheets.orders(7)))

    heading(page, "dropped.csv")
    ready(page)
    expect(page.get_by_text("All 7 rows can be imported.").first).to_be_visible()


def test_several_files_queue_up_and_each_is_imported(person: Open, tmp_path: Path) -> None:
    files = [sheets.write_csv(tmp_path / f"shop {number}.csv", sheets.orders(10 + number)) for number in (1, 2, 3)]
    page = person().open()
    choose(page, *files)
    heading(page, "shop 1.csv")

    queue = page.get_by_role("navigation", name="Your files")
    expect(queue.get_by_role("button", name="Ready to import")).to_have_count(3)
    queue.get_by_role("button", name="shop 3.csv").click()
    heading(page, "shop 3.csv")
    import_all(page)
    heading(page, "13 rows added")
    queue.get_by_role("button", name="shop 2.csv").click()
    import_all(page)
    heading(page, "12 rows added")


def test_more_files_than_the_line_should_carry_wait_for_their_turn(person: Open, tmp_path: Path) -> None:
    page = person().open()
    page.route(STORE, lambda _: None)  # the store never answers
    choose(page, *(sheets.write_csv(tmp_path / f"shop {number}.csv", sheets.orders(3)) for number in (1, 2, 3)))

    queue = page.get_by_role("navigation", name="Your files")
    expect(queue.get_by_role("button", name="Uploading")).to_have_count(2)
    queue.get_by_role("button", name="shop 3.csv Waiting for its turn").click()
    heading(page, "Waiting for its turn")

    queue.get_by_role("button", name="shop 1.csv").click()
    press(page, "Cancel")
    expect(queue.get_by_role("button", name="shop 3.csv Uploading")).to_be_visible()


def test_an_upload_shows_how_far_it_is(person: Open, tmp_path: Path) -> None:
    visit = person()
    page = visit.open()
    session = visit.context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    session.send("Network.emulateNetworkConditions", line)
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(4_000)))

    bar = page.get_by_role("progressbar", name="Uploading")
    expect(bar).to_be_visible()
    sent = "(bar) => bar.value > 0 && bar.value < bar.max"
    page.wait_for_function(f"() => ({sent})(document.querySelector('#importer').shadowRoot.querySelector('progress'))")
    expect(page.get_by_text(re.compile(r"^[\d.]+ kB of [\d.]+ kB$"))).to_be_visible()

    session.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": -1})
    session.detach()
    ready(page)


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
        (400, "RequestTimeout", "Your socket connection to the server was not read from or written to", "The line was too slow"),
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


def test_an_upload_that_is_cancelled_at_once_is_not_sent_later(person: Open, tmp_path: Path) -> None:
    page = person().open()
    begun: list[Route] = []
    sent: list[str] = []
    page.route("**/import/uploads", _held(begun))
    page.on("request", lambda request: sent.append(request.url) if "takeback-" in request.url else None)
    with page.expect_request("**/import/uploads"):
        choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    heading(page, "Uploading")

    press(page, "Cancel")
    heading(page, "Upload cancelled")
    form = {"url": "http://127.0.0.1/takeback-store", "fields": {}}
    with suppress(Error):  # the page did not wait for it
        begun[0].fulfill(status=201, json={"batch_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "upload": form})
    page.wait_for_timeout(1000)

    heading(page, "Upload cancelled")
    assert sent == []


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


def test_the_store_itself_refuses_a_form_that_was_tampered_with(person: Open, tmp_path: Path) -> None:
    page = person().open()

    def tamper(route: Route) -> None:
        answer = route.fetch()
        begun = answer.json()
        begun["upload"]["fields"]["x-amz-signature"] = "0" * 64
        route.fulfill(response=answer, json=begun)

    page.route("**/import/uploads", _first(1, tamper))
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(9)))
    expect(page.get_by_role("alert")).to_contain_text("The store refused the file.")

    press(page, "Upload it again")
    ready(page)


def test_a_file_too_large_is_refused_before_it_is_sent(person: Open, tmp_path: Path) -> None:
    page = person().open()

    def enlarge(route: Route) -> None:
        asked: Any = route.request.post_data_json
        route.continue_(post_data={**asked, "size": 10**13})

    page.route("**/import/uploads", enlarge)
    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(3)))

    expect(page.get_by_role("alert")).to_contain_text("This file is too large")
    expect(page.get_by_role("button", name="Choose another file")).to_be_visible()
