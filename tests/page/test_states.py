"""What holds in every state that a person can see: axe finds nothing, light and dark, and nothing is wider than its window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.browsing import Visit
from tests.page.states import CHAPTERS, Tour

Open = Callable[..., Visit]

WIDTHS = (360, 768, 1280, 2560, 3840)
_AXE = Axe().axe_script


def _violations(page: Page, options: dict[str, Any]) -> list[Any]:
    """All that axe finds, not only what is serious."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    found = page.evaluate("(options) => axe.run({ resultTypes: ['violations'], ...options })", options)["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]][:5]) for each in found]


def _unfold(page: Page) -> None:
    page.locator("details").evaluate_all("(all) => all.forEach((each) => { each.open = true })")
    expect(page.locator("details .busy")).to_have_count(0)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_state_is_open_to_everyone_and_fits_its_window(person: Open, stack: dict[str, Any], tmp_path: Path, chapter: str) -> None:
    seen: list[str] = []
    shown = ""
    for state in Tour(stack, tmp_path, person, lambda _: None, rows=10).chapter(chapter):
        page, where = state.page, state.name
        _unfold(page)
        before, shown = shown, page.evaluate("document.querySelector('#importer').shadowRoot.innerHTML")
        if before != shown or not shown:  # the same page, scrolled, has been asked about
            assert (where, _violations(page, {})) == (where, [])
            page.emulate_media(color_scheme="dark")
            assert (where, "dark", _violations(page, {"runOnly": ["color-contrast"]})) == (where, "dark", [])
            page.emulate_media(color_scheme="light")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (where, width)
        page.set_viewport_size({"width": 1280, "height": 800})
        seen.append(where)

    assert seen
