"""`python -m tests.page.shots [FOLDER]` (make shots): a picture of every state of the page, light, dark and narrow.

For a person to look at. They land in .cache/shots; the three that the README shows are written to docs/images.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, Page, Route, expect

from local.stack import stack
from tests.page import sheets
from tests.page.browsing import Visit, choose, chromium, heading, import_all, press, ready, reviewed, to_plan, visit

ROOT = Path(__file__).parents[2]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light", "device_scale_factor": 2},
}
README = {"viewport": {"width": 1100, "height": 900}, "color_scheme": "light", "device_scale_factor": 2}
_REPORT = [
    "Sales Record Number", "Order Number", "Buyer Name", "Buyer Note", "Ship To City", "Item Title", "Quantity", "Sold For",
    "Shipping And Handling", "eBay Collected Tax", "Total Price", "Payment Method", "Sale Date", "Paid On Date", "Shipping Service",
]  # fmt: skip
_STORE = "**/takeback-*"


def _report(folder: Path, name: str, *, rows: int = 140, spoil: bool = True, style: str = "%m/%d/%Y") -> tuple[Path, list[str]]:
    """A file like the order report of a marketplace: a blank line above, a count below. Also the order numbers."""
    made = sheets.orders(rows, style=style)
    lines = [
        [
            f"{1200 + index}",
            row[0],
            "Buyer One",
            "",
            "Springfield",
            row[2],
            row[3],
            row[4],
            "$5.99",
            "$1.20",
            row[4],
            "Card",
            row[1],
            row[1],
            "Ground",
        ]
        for index, row in enumerate(made)
    ]
    if spoil:
        lines[17][7], lines[44][7], lines[44][12], lines[81][1] = "n. a.", "12,9O", "31 February", ""
    path = folder / name
    text = "\n" + sheets.text(lines, _REPORT) + f"\n{rows} record(s) downloaded\nSeller ID : example_shop\n"
    path.write_text(text, "utf-8")
    return path, [row[0] for row in made]


class Album:
    """Takes the pictures of one look."""

    def __init__(self, browser: Browser, facts: dict[str, Any], folder: Path, look: dict[str, Any]) -> None:
        self._browser, self._facts, self._folder, self._look = browser, facts, folder, look
        self._files = Path(tempfile.mkdtemp(prefix="takeback-shots-"))
        folder.mkdir(parents=True, exist_ok=True)

    def all(self) -> list[Path]:
        """Every state, in the order in which a person meets them."""
        for state in (self.doors, self.uploads, self.reviews, self.plans, self.results, self.troubles):
            state()
        return sorted(self._folder.glob("*.png"))

    def doors(self) -> None:
        with self._window(None) as seen:
            self._take(seen.open(), "01 signed out")
        with self._window() as seen:
            page = seen.open()
            expect(page.get_by_role("heading", name="Imports")).to_be_visible()
            self._take(page, "02 start")

    def uploads(self) -> None:
        file, _ = _report(self._files, "eBay-OrdersReport-Mar-2026.csv")
        with self._window() as seen:
            page = seen.open()
            page.route(_STORE, lambda _: None)
            choose(page, file)
            heading(page, "Uploading")
            self._take(page, "03 uploading")
            press(page, "Cancel")
            self._take(page, "04 cancelled")
        with self._window() as seen:
            page = seen.open()
            page.route(_STORE, lambda route: route.abort("connectionreset"))
            choose(page, file)
            heading(page, "The upload stopped")
            self._take(page, "05 upload lost")
            with self._window() as other:
                self._waits(other.open(page.url.split("#")[1]))
        with self._window() as seen:
            page = seen.open()
            page.route("**/preview*", _answer(202, {"state": "validating", "rows_seen": 48_000}))
            choose(page, file)
            heading(page, "Checking every row")
            self._take(page, "07 checking")

    def reviews(self) -> None:
        with self._window() as seen:
            page = seen.open()
            choose(page, _report(self._files, "eBay-OrdersReport-Mar-2026.csv")[0])
            reviewed(page)
            self._take(page, "08 review")
            self._take(page, "09 review in full", full=True)
            press(page, "See what needs attention")
            self._take(page, "10 rows that need attention")
            press(page, re.compile("^Leave all"))
            ready(page)
            self._take(page, "11 ready")
        with self._window() as seen:
            page = seen.open()
            rows = [[row[0], "03/04/2024", row[2], row[3], row[4]] for row in sheets.orders(60)]
            choose(page, sheets.write_csv(self._files / "my sales.csv", rows, ["Order", "Day", "What", *sheets.HEADERS[3:5]]))
            reviewed(page)
            page.get_by_role("button", name=re.compile("^(Answer|Name)")).click()
            self._take(page, "12 questions")
        with self._window() as seen:
            page = seen.open()
            (self._files / "holiday.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
            choose(page, self._files / "holiday.csv")
            heading(page, "holiday.csv")
            self._take(page, "13 unreadable")
        with self._window() as seen:
            page = seen.open()
            files = [_report(self._files, f"shop {number}.csv", spoil=number == 2)[0] for number in (1, 2, 3)]
            choose(page, *files)
            expect(page.get_by_role("navigation").get_by_role("button", name="Ready to import")).to_have_count(2)
            self._take(page, "14 several files")

    def plans(self) -> None:
        with self._window() as seen:
            page = seen.open()
            first, _ = _report(self._files, "February.csv", spoil=False)
            choose(page, first)
            import_all(page)
            press(page, "Import another file")
            choose(page, first)
            to_plan(page)
            expect(page.get_by_role("radio", name=re.compile("^Overwrite"))).to_be_visible()
            self._take(page, "15 existing rows", full=True)
        with self._window() as seen:
            page = seen.open()
            choose(page, _report(self._files, "March.csv", spoil=False)[0])
            to_plan(page)
            expect(page.get_by_role("button", name="Import 140 rows")).to_be_enabled()
            self._take(page, "16 plan")
            page.route("**/import/records/commit", lambda _: None)
            press(page, "Import 140 rows")
            heading(page, re.compile("^Importing"))
            self._take(page, "17 importing")
        with self._window("viewer") as seen:
            page = seen.open()
            choose(page, _report(self._files, "March.csv", spoil=False)[0])
            ready(page)
            press(page, "Continue")
            expect(page.get_by_role("alert")).to_be_visible()
            self._take(page, "18 may only look")

    def results(self) -> None:
        with self._window() as seen:
            page = seen.open()
            file, orders = _report(self._files, "eBay-OrdersReport-Apr-2026.csv", spoil=False)
            choose(page, file)
            import_all(page)
            self._age(seen, "5 hours 19 minutes")
            page.reload()
            heading(page, "140 rows added")
            self._take(page, "19 result")
            press(page, "Undo this import")
            expect(page.get_by_text("so nothing is lost")).to_be_visible()
            self._take(page, "20 undo")
            press(page, "Keep the import")
            self._edit(orders)
            press(page, "Undo this import")
            page.get_by_role("radio", name=re.compile("^Keep")).check()
            self._take(page, "21 undo of edited rows", full=True)
            press(page, "Undo all but these rows")
            heading(page, re.compile("removed"))
            self._take(page, "22 taken back")
        with self._window() as seen:
            page = seen.open()
            choose(page, _report(self._files, "January.csv", spoil=False)[0])
            import_all(page)
            self._age(seen, "25 hours")
            page.reload()
            expect(page.get_by_text("The time to undo this import has passed.")).to_be_visible()
            self._take(page, "23 too late")
            press(page, "Import another file")
            expect(page.get_by_role("button", name="January.csv").first).to_be_visible()
            self._take(page, "24 history", full=True)

    def troubles(self) -> None:
        file, _ = _report(self._files, "March.csv", spoil=False)
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            page.route("**/import/accounts", _answer(503, {"status": 503, "code": "unavailable", "detail": ""}))
            press(page, "Continue")
            expect(page.get_by_text("The service is waking up")).to_be_visible()
            self._take(page, "25 waking up")
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            seen.context.set_offline(True)
            press(page, "Continue")
            expect(page.get_by_text("No connection")).to_be_visible()
            self._take(page, "26 offline")
        with self._window() as seen:
            page = seen.open()
            choose(page, file)
            ready(page)
            page.route("**/import/accounts", _answer(401, {"message": "Unauthorized"}))
            press(page, "Continue")
            expect(page.get_by_text("Your sign-in has expired")).to_be_visible()
            self._take(page, "27 signed out meanwhile")
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
            self._take(page, "28 a fault of ours")
        with self._window() as seen:
            page = seen.open("batch=00000000-0000-4000-8000-000000000000")
            heading(page, "There is no such import")
            self._take(page, "29 nothing here")

    @contextmanager
    def _window(self, user: str | None = "demo") -> Iterator[Visit]:
        seen = visit(self._browser, self._facts, user, **self._look)
        try:
            yield seen
        finally:
            for page in seen.context.pages:
                page.unroute_all(behavior="ignoreErrors")
            seen.context.close()

    def _waits(self, page: Page) -> None:
        heading(page, "Waiting for the file")
        self._take(page, "06 waiting for the file")

    def _take(self, page: Page, name: str, *, full: bool = False) -> None:
        page.wait_for_timeout(120)
        page.screenshot(path=self._folder / f"{name.replace(' ', '-')}.png", full_page=full)

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


def _for_the_readme(album: Path) -> dict[str, Path]:
    images = ROOT / "docs" / "images"
    names = {"review": "08-review", "result": "19-result", "undo": "21-undo-of-edited-rows"}
    images.mkdir(exist_ok=True)
    return {shot: (album / f"{shot}.png").rename(images / f"{name}.png") for name, shot in names.items()}


@contextmanager
def _letters() -> Iterator[None]:
    """Linux has no face of its own for `system-ui`; where Inter is installed the pictures show about what a Mac shows."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as chosen:
        chosen.write(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include>/etc/fonts/fonts.conf</include>'
            '<match target="pattern"><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match></fontconfig>'
        )
        chosen.flush()
        os.environ["FONTCONFIG_FILE"] = chosen.name
        try:
            yield
        finally:
            del os.environ["FONTCONFIG_FILE"]


def main(arguments: list[str]) -> int:
    """Take them all, on a stack of its own."""
    folder = Path(arguments[0]) if arguments else ROOT / ".cache" / "shots"
    with (
        tempfile.TemporaryDirectory(prefix="takeback-shots-") as data,
        stack(Path(data), 0, lambda _: None, lambda _: None) as running,
        _letters(),
        chromium() as browser,
    ):
        for name, look in LOOKS.items():
            pictures = Album(browser, running.facts, folder / name, look).all()
            sys.stdout.write(f"{len(pictures)} pictures in {folder / name}\n")
        Album(browser, running.facts, folder / "readme", README).all()
        for image in _for_the_readme(folder / "readme").values():
            sys.stdout.write(f"{image}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
