"""The page is light, whole, and its own."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.page.browsing import visit

WEB = Path(__file__).parents[2] / "web"
OF_THE_API_DOCUMENT = {"docs.html", "docs.js"}
PAGE = [path for path in [WEB / "index.html", *sorted((WEB / "assets").iterdir())] if path.name not in OF_THE_API_DOCUMENT]
SCRIPTS = [path for path in PAGE if path.suffix == ".js"]


def test_all_of_it_is_less_than_60_kb_compressed() -> None:
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in PAGE) < 60_000


def test_what_travels_is_less_than_60_kb_and_comes_from_one_place(browser: Browser, stack: dict[str, Any]) -> None:
    first = visit(browser, stack, None)  # a browser that was never here
    session = first.context.new_cdp_session(first.page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    page = first.open()
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    first.context.close()

    assert first.strangers == []
    assert len(sizes) > 15
    assert sum(sizes) < 60_000 + 600 * len(sizes)  # headers travel too


def test_every_module_is_fetched_at_once_and_not_one_after_the_other() -> None:
    announced = set(re.findall(r'modulepreload" href="/assets/([^"]+)"', (WEB / "index.html").read_text("utf-8")))
    imported = {
        name
        for path in SCRIPTS
        for name in re.findall(r'from "\./([^"]+)"|import "\./([^"]+)"', path.read_text("utf-8"))
        for name in name
        if name
    }

    assert announced == imported


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_parses(path: Path) -> None:
    checked = subprocess.run(["node", "--input-type=module", "--check"], input=path.read_bytes(), capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr.decode()


def test_nothing_writes_markup_from_data_or_evaluates_text() -> None:
    own = {path.name: path.read_text("utf-8") for path in SCRIPTS if not path.name.startswith("lit-html")}
    bad = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|unsafeHTML")

    assert [name for name, text in own.items() if bad.search(text)] == []


def test_the_library_is_the_published_file() -> None:
    rows = re.findall(r"`assets/(\S+)`.*`([0-9a-f]{64})`", (WEB / "VENDORED.md").read_text("utf-8"))

    assert rows
    for name, digest in rows:
        assert hashlib.sha256((WEB / "assets" / name).read_bytes()).hexdigest() == digest
