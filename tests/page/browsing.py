"""A real browser on the real page: how tests open it, and the few steps that many of them share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=LocalNetworkAccessChecks",  # a page that a test makes up has no address, and would not be let near 127.0.0.1
)
_WAIT_MS = 30_000
_SIZE = {"width": 1280, "height": 720}
_LOOK = {"color_scheme": "light", "reduced_motion": "reduce"}
_HARMLESS = re.compile(r"Failed to load resource|ERR_INTERNET_DISCONNECTED|net::ERR")

expect.set_options(timeout=_WAIT_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One person's window, and what the browser complained about meanwhile."""

    context: BrowserContext
    page: Page
    api: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def open(self, place: str = "") -> Page:
        """Go to the page, at a place such as `batch=…`; from scratch even when only the place differs."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.api}/{'#' + place if place else ''}")
        return self.page

    @property
    def place(self) -> dict[str, str]:
        """What the address says."""
        fragment = urlsplit(self.page.url).fragment
        return dict(part.split("=", 1) for part in fragment.split("&") if part)


def visit(browser: Browser, facts: dict[str, Any], user: str | None = "demo", **options: Any) -> Visit:
    """A new window, signed in as one of the stack's people (or as nobody)."""
    context = browser.new_context(**{"locale": "en-US", "timezone_id": "America/New_York", **_LOOK, **options})
    context.set_default_timeout(_WAIT_MS)
    if user:
        session = json.dumps({"access_token": facts["users"][user]["token"], "expires_at": 4_000_000_000_000})
        context.add_init_script(
            f"if (location.origin === {json.dumps(facts['api'])} && !sessionStorage.getItem('takeback-session'))"
            f" sessionStorage.setItem('takeback-session', {json.dumps(session)})"
        )
    seen = Visit(context, context.new_page(), facts["api"])
    known = {urlsplit(facts[part]).netloc for part in ("api", "s3")}

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc not in known:
            seen.strangers.append(request.url)

    def attend(page: Page) -> None:
        page.on("console", lambda message: _note(seen, message.type, message.text))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))

    context.on("request", asked)
    context.on("page", attend)
    attend(seen.page)
    return seen


class Windows:
    """Windows that are used again by later tests: opening one costs more than what most tests do in it."""

    def __init__(self, browser: Browser, facts: dict[str, Any]) -> None:
        self._browser, self._facts = browser, facts
        self._idle: dict[tuple[str | None, str], list[Visit]] = {}
        self._kinds: dict[int, tuple[str | None, str]] = {}

    def enter(self, user: str | None = "demo", *, locale: str = "en-US", viewport: dict[str, int] | None = None, **look: Any) -> Visit:
        """A window of that person. `viewport`, `color_scheme` and `reduced_motion` are as a new window would have them."""
        idle = self._idle.setdefault((user, locale), [])
        seen = idle.pop() if idle else visit(self._browser, self._facts, user, locale=locale)
        self._kinds[id(seen)] = (user, locale)
        seen.page.set_viewport_size(ViewportSize(**(viewport or _SIZE)))
        seen.page.emulate_media(**{**_LOOK, **look})
        return seen

    def leave(self, seen: Visit) -> tuple[list[str], list[str]]:
        """Clear away what was done in it. Answers what the browser complained about and who else was asked."""
        for other in seen.context.pages:
            if other is not seen.page:
                other.close()
        seen.context.set_offline(offline=False)
        seen.page.unroute_all(behavior="ignoreErrors")
        seen.context.unroute_all(behavior="ignoreErrors")
        seen.page.goto(f"{seen.api}/config.json")  # a place from which this origin's storage can be reached
        seen.page.evaluate("sessionStorage.clear(); localStorage.clear()")
        seen.context.clear_cookies()
        told = list(seen.complaints), list(seen.strangers)
        seen.complaints.clear()
        seen.strangers.clear()
        self._idle[self._kinds[id(seen)]].append(seen)
        return told


def _note(seen: Visit, kind: str, words: str) -> None:
    if kind in {"error", "warning"} and not _HARMLESS.search(words):
        seen.complaints.append(words)


def choose(page: Page, *files: Path) -> None:
    """Pick files in the dialogue of the start."""
    page.get_by_label("Choose files").set_input_files(list(files))


def heading(page: Page, words: str | re.Pattern[str]) -> None:
    """Wait for a heading."""
    expect(page.get_by_role("heading", name=words).first).to_be_visible()


def press(page: Page, words: str | re.Pattern[str]) -> None:
    """Press the button of this name."""
    page.get_by_role("button", name=words).click()


def reviewed(page: Page) -> None:
    """Wait until the file was checked, and is not being checked again."""
    heading(page, "Rows")
    expect(page.get_by_text(re.compile("Checking every row again|Checking again"))).to_have_count(0)


def ready(page: Page) -> None:
    """Wait until the file can be imported."""
    reviewed(page)
    expect(page.get_by_role("button", name="Continue", exact=True)).to_be_enabled()


def to_plan(page: Page) -> None:
    """From a file that is ready to the dry run's figures; the only account is chosen by itself."""
    ready(page)
    press(page, "Continue")
    heading(page, re.compile(r"^Import [\d,]+ rows?$"))


def import_all(page: Page) -> None:
    """From a file that is ready to its import."""
    to_plan(page)
    press(page, re.compile(r"^Import [\d,]+ rows?$"))
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()


def cells(page: Page, row: int) -> Sequence[str]:
    """What the table of rows says of one row, the text as written included."""
    line = page.locator(f'tr[data-row="{row}"]')
    return [" ".join(text.split()) for text in line.locator("td").all_inner_texts()]
