"""`python -m tests.page.shots [FOLDER]` (make shots): a picture of every state of the page, light, dark and narrow.

For a person to look at. They land in .cache/shots; the three that the README shows are written to docs/images.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ViewportSize

from local.stack import stack
from tests.page.browsing import chromium, visit
from tests.page.states import CHAPTERS, State, Tour

ROOT = Path(__file__).parents[2]
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light", "device_scale_factor": 2},
}
README = {"viewport": {"width": 1100, "height": 900}, "color_scheme": "light", "device_scale_factor": 2}


def album(browser: Browser, facts: dict[str, Any], folder: Path, look: dict[str, Any], chapters: tuple[str, ...] = CHAPTERS) -> list[Path]:
    """Take the pictures of one look."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="takeback-shots-") as files:
        tour = Tour(facts, Path(files), lambda user: visit(browser, facts, user, **look), lambda seen: seen.context.close())
        return [_take(state, folder, look["viewport"]) for chapter in chapters for state in tour.chapter(chapter)]


def _take(state: State, folder: Path, size: ViewportSize) -> Path:
    """A state that is taller than its window is taken in a window of its height: what sticks to an edge stays there."""
    page = state.page
    if state.full:
        page.evaluate("scrollTo(0, 0)")
        for _ in range(2):  # a higher window lets the table of rows grow
            page.set_viewport_size({**size, "height": page.evaluate("document.documentElement.scrollHeight")})
    page.wait_for_timeout(120)
    path = folder / f"{state.name.replace(' ', '-')}.png"
    page.screenshot(path=path)
    page.set_viewport_size(size)
    return path


def _for_the_readme(taken: Path) -> dict[str, Path]:
    images = ROOT / "docs" / "images"
    names = {"review": "08-review", "result": "19-result", "undo": "21-undo-of-edited-rows"}
    images.mkdir(exist_ok=True)
    return {shot: (taken / f"{shot}.png").rename(images / f"{name}.png") for name, shot in names.items()}


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
            pictures = album(browser, running.facts, folder / name, look)
            sys.stdout.write(f"{len(pictures)} pictures in {folder / name}\n")
        album(browser, running.facts, folder / "readme", README, ("reviews", "results"))
        for image in _for_the_readme(folder / "readme").values():
            sys.stdout.write(f"{image}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
