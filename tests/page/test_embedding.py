"""The element in somebody else's page, as docs/embedding.md tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.page import sheets
from tests.page.browsing import Visit, choose, heading, import_all, press, ready

Open = Callable[..., Visit]

GUIDE = Path(__file__).parents[2] / "docs" / "embedding.md"


def _host(visit: Visit, body: str) -> Page:
    """A page of another application, on an origin that the stack allows: its own."""
    visit.page.route(
        "**/host.html*", lambda route: route.fulfill(content_type="text/html", body=f"<!doctype html><title>Host</title>{body}")
    )
    visit.page.goto(f"{visit.api}/host.html")
    return visit.page


def test_the_example_of_the_guide_works_as_it_stands(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    example = re.findall(r"```html\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    body = "".join(example).replace("https://takeback.example", stack["api"])
    token = stack["users"]["demo"]["token"]
    # Both snippets share one page, as they would in a real one; `const importer` is visible to the second as an element id.
    body = body.replace("const importer", "window.importer")
    page = _host(person(), f"<script>const myAuth = {{ accessToken: async () => '{token}' }}</script>{body}")

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6)))
    import_all(page)
    heading(page, "6 rows added")
    expect(page.get_by_role("button", name="Undo the import of orders.csv").first).to_be_visible()
    assert "batch=" in page.url


def test_a_host_is_told_of_every_turn(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    page = _host(
        person(),
        f"""<script type="module" src="/assets/takeback-importer.js"></script>
        <takeback-importer token="{stack["users"]["demo"]["token"]}"></takeback-importer>
        <script>window.seen = []; for (const name of ["ready", "committed", "rolledback", "error"])
          document.addEventListener("takeback:" + name, ({{ detail }}) => seen.push([name, detail]))</script>""",
    )

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6)))
    import_all(page)
    press(page, "Undo this import")
    expect(page.get_by_text("so nothing is lost")).to_be_visible()
    press(page, "Undo this import")
    heading(page, "6 rows removed")

    seen = page.evaluate("seen")
    assert [name for name, _ in seen] == ["ready", "committed", "rolledback"]
    assert seen[0][1]["valid_rows"] == 6
    assert seen[1][1]["batch"]["inserted"] == 6
    assert seen[2][1]["batch"]["deleted"] == 6


def test_a_host_is_told_of_refusals(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    page = _host(
        person(),
        f"""<script type="module" src="/assets/takeback-importer.js"></script>
        <takeback-importer token="{stack["users"]["demo"]["token"]}"></takeback-importer>
        <script>window.seen = []; document.addEventListener("takeback:error", ({{ detail }}) => seen.push(detail.code))</script>""",
    )
    page.route(re.compile(r"/takeback-local$"), lambda route: route.abort())

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6)))
    heading(page, "The upload stopped")

    assert page.evaluate("seen") == ["upload_lost"]


def test_a_token_that_is_set_later_lets_everything_go_on(person: Open, stack: dict[str, Any], tmp_path: Path) -> None:
    page = _host(person(), """<script type="module" src="/assets/takeback-importer.js"></script><takeback-importer></takeback-importer>""")

    choose(page, sheets.write_csv(tmp_path / "orders.csv", sheets.orders(6)))
    expect(page.get_by_text("Sign in again and everything goes on where it was.")).to_be_visible()
    page.evaluate("(token) => { document.querySelector('takeback-importer').token = token }", stack["users"]["demo"]["token"])

    ready(page)
    assert stack["users"]["demo"]["token"] not in page.content()


def test_a_host_themes_it_with_variables_and_its_styles_do_not_leak_in(person: Open, stack: dict[str, Any]) -> None:
    page = _host(
        person(),
        f"""<style>takeback-importer {{ --takeback-accent: rgb(1, 2, 3); }} button, p {{ color: rgb(255, 0, 0) !important; }}</style>
        <script type="module" src="/assets/takeback-importer.js"></script>
        <takeback-importer theme="light" token="{stack["users"]["demo"]["token"]}"></takeback-importer>""",
    )
    link = page.get_by_role("button", name="Excel")

    assert link.evaluate("(e) => getComputedStyle(e).color") == "rgb(1, 2, 3)"
    assert page.get_by_text("Drop your spreadsheets here").evaluate("(e) => getComputedStyle(e).color") == "rgb(29, 28, 26)"
