"""Every state of the page, in the order in which a person meets them: for pictures, and for checks that hold everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Page, Route, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, press, ready, reviewed, to_plan

CHAPTERS = ("doors", "uploads", "reviews", "plans", "results", "troubles")
_REPORT = [
    "Sales Record Number", "Order Number", "Buyer Name", "Buyer Note", "Ship To City", "Item Title", "Quantity", "Sold For",
    "Shipping And Handling", "eBay Collected Tax", "Total Price", "Payment Method", "Sale Date", "Paid On Date", "Shipping Service",
]  # fmt: skip
_STORE = "**/takeback-*"


@dataclass(frozen=True, slots=True)
class State:
    """A window that shows it. `full`: most of it is below what fits."""

    page: Page
    name: str
    full: bool = False


class Tour:
    """Leads windows from state to state, with files of so many rows. `enter(user)` opens a window, `leave(visit)` ends it."""

    def __init__(
        self, facts: dict[str, Any], folder: Path, enter: Callable[[str | None], Visit], leave: Callable[[Visit], Any], *, rows: int = 140
    ) -> None:
        self._facts, self._files, self._enter, self._leave, self._rows = facts, folder, enter, leave, rows

    def chapter(self, name: str) -> Iterator[State]:
        """The states of one of CHAPTERS."""
        return getattr(self, f"_{name}")()

    def _doors(self) -> Iterator[State]:
        with self._window(None) as seen:
            page = seen.open()
            expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
            yield State(page, "01 signed out")
        with self._window() as seen:
            page = seen.open()
            expect(page.get_by_role("heading", name="Imports")).to_be_visible()
            expect(page.get_by_text("Looking up your imports")).to_have_count(0)
            yield State(page, "02 start")

    def _uploads(self) -> Iterator[State]:
        file, _ = self._report("eBay-OrdersReport-Mar-2026.csv")
        with self._window() as seen:
            page = seen.open()
            page.route(_STORE, lambda _: None)
            choose(page, file)
            heading(page, "Uploading")
            yield State(page, "03 uploading")
            press(page, "Cancel")
            yield State(page, "04 cancelled")
        with self._window() as seen:
            page = seen.open()
            page.route(_STORE, lambda route: route.abort("connectionreset"))
            choose(page, file)
            heading(page, "The upload stopped")
            yield State(page, "05 upload lost")
            with self._window() as other:
                late = other.open(page.url.split("#")[1])
                heading(late, "Waiting for the file")
                yield State(late, "06 waiting for the file")
        with self._window() as seen:
            page = seen.open()
            page.route("**/preview*", _answer(202, {"state": "validating", "rows_seen": 48_000}))
            choose(page, file)
            heading(page, "Checking every row")
            yield State(page, "07 checking")

    def _reviews(self) -> Iterator[State]:
        with self._window() as seen:
            page = seen.open()
            choose(page, self._report("eBay-OrdersReport-Mar-2026.csv")[0])
            reviewed(page)
            yield State(page, "08 review")
            yield State(page, "09 review in full", full=True)
            press(page, "See what needs attention")
            yield State(page, "10 rows that need attention")
            press(page, re.compile("^Leave all"))
            ready(page)
            yield State(page, "11 ready")
        with self._window() as seen:
            page = seen.open()
            rows = [[row[0], "03/04/2024", row[2], row[3], row[4]] for row in sheets.orders(self._rows)]
            choose(page, sheets.write_csv(self._files / "my sales.csv", rows, ["Order", "Day", "What", *sheets.HEADERS[3:5]]))
            reviewed(page)
            page.get_by_role("button", name=re.compile("^(Answer|Name)")).click()
            yield State(page, "12 questions")
        with self._window() as seen:
            page = seen.open()
            (self._files / "holiday.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
            choose(page, self._files / "holiday.csv")
            heading(page, "holiday.csv")
            yield State(page, "13 unreadable")
        with self._window() as seen:
            page = seen.open()
            files = [self._report(f"shop {number}.csv", spoil=number == 2)[0] for number in (1, 2, 3)]
            choose(page, *files)
            expect(page.get_by_role("navigation").get_by_role("button", name="Ready to import")).to_have_count(2)
            expect(page.get_by_role("navigation").get_by_role("button", name="Needs attention")).to_have_count(1)
            yield State(page, "14 several files")

    def _plans(self) -> Iterator[State]:
        with self._window() as seen:
            page = seen.open()
            first, _ = self._report("February.csv", spoil=False)
            choose(page, first)
            import_all(page)
            press(page, "Import another file")
            choose(page, first)
            to_plan(page)
            expect(page.get_by_role("radio", name=re.compile("^Overwrite"))).to_be_visible()
            yield State(page, "15 existing rows", full=True)
        with self._window() as seen:
            page = seen.open()
            choose(page, self._report("March.csv", spoil=False)[0])
            to_plan(page)
            expect(page.get_by_role("button", name=f"Import {self._rows} rows")).to_be_enabled()
            yield State(page, "16 plan")
            page.route("**/import/records/commit", lambda _: None)
            press(page, f"Import {self._rows} rows")
            heading(page, re.compile("^Importing"))
            yield State(page, "17 importing")
        with self._window("viewer") as seen:
            page = seen.open()
            choose(page, self._report("March.csv", spoil=False)[0])
            ready(page)
            press(page, "Continue")
            expect(page.get_by_role("alert")).to_be_visible()
            yield State(page, "18 may only look")

    def _results(self) -> Iterator[State]:
        with self._window() as seen:
            page = seen.open()
            file, orders = self._report("eBay-OrdersReport-Apr-2026.csv", spoil=False)
            choose(page, file)
            import_all(page)
            self._age(seen, "5 hours 19 minutes")
            page.reload()
            heading(page, f"{self._rows} rows added")
            yield State(page, "19 result")
            press(page, "Undo this import")
            expect(page.get_by_text("so nothing is lost")).to_be_visible()
            yield State(page, "20 undo")
            press(page, "Keep the import")
            self._edit(orders)
            press(page, "Undo this import")
            page.get_by_role("radio", name=re.compile("^Keep")).check()
            yield State(page, "21 undo of edited rows", full=True)
            press(page, "Undo all but these rows")
            heading(page, re.compile("removed"))
            yield State(page, "22 taken back")
        with self._window() as seen:
            page = seen.open()
            choose(page, self._report("January.csv", spoil=False)[0])
            import_all(page)
            self._age(seen, "25 hours")
            page.reload()
            expect(page.get_by_text("The time to undo this import has passed.")).to_be_visible()
            yield State(page, "23 too late")
            press(page, "Import another file")
            expect(page.get_by_role("button", name="January.csv").first).to_be_visible()
            yield State(page, "24 history", full=True)

    def _troubles(self) -> Iterator[State]:
        file, _ = self._report("March.csv", spoil=False)
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            page.route("**/import/accounts", _answer(503, {"status": 503, "code": "unavailable", "detail": ""}))
            press(page, "Continue")
            expect(page.get_by_text("The service is waking up")).to_be_visible()
            yield State(page, "25 waking up")
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            seen.context.set_offline(True)
            press(page, "Continue")
            expect(page.get_by_text("No connection")).to_be_visible()
            yield State(page, "26 offline")
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            page.route("**/import/accounts", _answer(401, {"message": "Unauthorized"}))
            press(page, "Continue")
            expect(page.get_by_text("Your sign-in has expired")).to_be_visible()
            yield State(page, "27 signed out meanwhile")
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            page.route(
                "**/import/accounts",
                _answer(
                    500,
                    {
                        "status": 500,
                        "code": "internal_error",
                        "detail": "Something went wrong on our side. Try again; if it goes on, tell whoever runs this service.",
                    },
                ),
            )
            press(page, "Continue")
            expect(page.get_by_role("alert")).to_be_visible()
            yield State(page, "28 a fault of ours")
        with self._window() as seen:
            page = seen.open("batch=00000000-0000-4000-8000-000000000000")
            heading(page, "There is no such import")
            yield State(page, "29 nothing here")

    def _report(self, name: str, *, spoil: bool = True) -> tuple[Path, list[str]]:
        """A file like the order report of a marketplace: a blank line above, a count below. Also the order numbers."""
        made = sheets.orders(self._rows)
        head, middle, tail = ["Buyer One", "", "Springfield"], ["$5.99", "$1.20"], ["Ground"]
        lines = [
            [f"{1200 + index}", order, *head, item, quantity, price, *middle, price, "Card", day, day, *tail]
            for index, (order, day, item, quantity, price, *_) in enumerate(made)
        ]
        if spoil:
            first, second, third = (self._rows * part // 100 for part in (12, 32, 58))
            lines[first][7], lines[second][7], lines[second][12], lines[third][1] = "n. a.", "12,9O", "31 February", ""
        path = self._files / name
        text = "\n" + sheets.text(lines, _REPORT) + f"\n{self._rows} record(s) downloaded\nSeller ID : example_shop\n"
        path.write_text(text, "utf-8")
        return path, [row[0] for row in made]

    @contextmanager
    def _window(self, user: str | None = "demo") -> Iterator[Visit]:
        seen = self._enter(user)
        try:
            yield seen
        finally:
            for page in seen.context.pages:
                page.unroute_all(behavior="ignoreErrors")
            self._leave(seen)

    def _age(self, seen: Visit, interval: str) -> None:
        """Let an import be that old."""
        with psycopg.connect(self._facts["database_url"]) as connection:
            connection.execute(
                "update import_batches set committed_at = committed_at - %s::interval, rollback_until = rollback_until - %s::interval"
                " where batch_id = %s",
                [interval, interval, seen.place["batch"]],
            )

    def _edit(self, orders: list[str]) -> None:
        with psycopg.connect(self._facts["database_url"]) as connection:
            connection.execute("update bookkeeping_records set sale_price_cents = 4250 where ebay_order_id = %s", [orders[3]])
            connection.execute("update bookkeeping_records set order_remark = 'refund agreed' where ebay_order_id = %s", [orders[8]])


def _answer(status: int, body: dict[str, Any]) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, json=body)
