"""File names, headers and cells that would be code if the page ever took them for more than text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.page import sheets
from tests.page.browsing import Visit, cells, choose, heading, import_all, press, ready, reviewed

Open = Callable[..., Visit]

MARKUP = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
ODD = "\u202egnp.exe\u202c \u200b${document.title='taken'} {{7*7}} <!--?lit$1$--> \U0001f9fe 𝔘𝔫𝔦"


_PLANTED = """() => {
  const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
  return all(document).filter((e) => e.localName === "img" && e.getAttribute("src") === "x").length;
}"""


def _untouched(page: Page) -> None:
    assert page.title() == "Takeback"
    assert page.evaluate(_PLANTED) == 0


def test_markup_in_names_headers_and_cells_is_only_text(person: Open, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.csv"
    rows = sheets.orders(12)
    rows[2][2] = MARKUP
    rows[3][2] = ODD
    rows[4][4] = MARKUP
    page = person().open()

    choose(page, sheets.write_csv(tmp_path / name, rows, [*sheets.HEADERS[:6], MARKUP]))
    reviewed(page)
    heading(page, name)
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    assert any(MARKUP in cell for cell in cells(page, 4))
    _untouched(page)

    press(page, "Leave row 6 out")
    import_all(page)
    page.get_by_text("The rows of this import").click()
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    _untouched(page)

    page.goto(page.url.split("#")[0])
    expect(page.get_by_role("button", name=name, exact=True).first).to_be_visible()
    _untouched(page)


def test_a_cell_of_thousands_of_letters_does_not_break_the_layout(person: Open, tmp_path: Path) -> None:
    rows = sheets.orders(3)
    rows[1][2] = "W" * 5_000
    page = person(viewport={"width": 360, "height": 740}).open()

    choose(page, sheets.write_csv(tmp_path / ("long name " * 15 + ".csv"), rows))
    ready(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_redirect_of_another_site_is_never_taken_from_the_address(person: Open) -> None:
    page = person().open("batch=https://evil.example/&step=undo")

    heading(page, "There is no such import")
    _untouched(page)
