"""Cells cut out of a sheet's bytes are those that the native reader reads, to the last one; or the file is left to it."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.errors import Refused
from takeback.rules.options import Options
from takeback.tabular import guarded_sheet, sheets
from takeback.tabular.guarded_sheet import open_guarded_workbook
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection
from takeback.tabular.raw import SHEET_CHUNK_ROWS
from takeback.tabular.reader import open_table
from takeback.tabular.table import Table

CORPUS = Path(__file__).parents[4] / "shared/corpus"
FILES = sorted(CORPUS.rglob("*.xlsx"))
NO_OPTIONS = Options()
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEADER = ["Order Number", "Sale Date", "Item", "Qty", "Price"]


def read(opened: Callable[[io.BytesIO, Options, Limits], Table | None], data: bytes, options: Options) -> Any:
    """Everything that a reader says of a file."""
    try:
        table = opened(io.BytesIO(data), options, Limits())
        if table is None:
            return None
        chunks = [(list(c.row_numbers), [list(column) for column in c.columns], c.kinds, c.issues) for c in table.chunks]
    except Refused as refusal:
        return refusal.code, refusal.message
    return table.facts, table.headers, chunks, table.issues, table.notices


def compare(data: bytes, options: Options = NO_OPTIONS) -> bool:
    """Compares the readers; whether the one of bytes dared."""
    try:
        found = read(open_guarded_workbook, data, options)
    except Objection:
        return False
    if found is None:
        return False
    assert found == read(open_table, data, options)
    return True


def by_hand(rows: str, strings: Sequence[str] = (), *, more: dict[str, str] | None = None) -> bytes:
    """A workbook of one sheet; styles 1 and 2 are a date and an amount, 3 shows leading zeros."""
    styles = (
        f'<styleSheet {MAIN}><numFmts count="1"><numFmt numFmtId="170" formatCode="00000"/></numFmts><cellXfs count="4">'
        '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="4"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": styles,
        "xl/worksheets/sheet1.xml": f'<worksheet {MAIN}><cols><col min="1" max="2"/></cols><sheetData>{rows}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst {MAIN} count="{len(strings)}">{"".join(f"<si>{text}</si>" for text in strings)}</sst>',
        **(more or {}),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


SHARED = ["<t>Lamp</t>", "<t>Order</t>", "<t> blank </t>", '<t xml:space="preserve"> kept </t>', "<t>a &amp; b</t>", "<t/>", "<t></t>"]
SHARED += [
    "<r><t>rich</t></r><r><rPr><b/><color rgb='1'/></rPr><t> text</t></r>",
    "<t>_x0041_</t>",
    "<t>é\n2</t>",
    "<t>#N/A</t>",
    "<t>Sale</t>",
]
TEXTS = ["Lamp", "a b", " a", "a ", "&lt;b&gt;", "x_x000D_y", "a\r\nb", "é", "#REF!", "", " ", "a>b", "1-1", "Total", "\t", "a&#10;b", '"']
NUMBERS = ["1", "0", "-0", "12.5", "12.50", "1E3", "1.1000000000000001", "1234567890123456", "123456789012345", "-3", "0.00001", ".5", "5."]
NUMBERS += ["1e-7", "45000", "45000.75", "007", "-1.50", "", "0.1", "999999999999999.9", "1e400"]
INNER = [f' t="s"><v>{number}</v></c>' for number in range(len(SHARED))]
INNER += [f' s="2" t="s"><v>{number}</v></c>' for number in (0, 1, 11)]
INNER += [f' t="inlineStr"><is>{start}{text}</t></is></c>' for text in TEXTS for start in ("<t>", '<t xml:space="preserve">')]
INNER += [f"{attributes}><v>{text}</v></c>" for text in TEXTS for attributes in (' t="str"', ' t="str" s="2"')]
INNER += [
    f"{attributes}><v>{text}</v></c>" for text in NUMBERS for attributes in ("", ' t="n"', ' s="2"', ' s="1"', ' t="n" s="1"', ' s="99"')
]
INNER += ["/>", ' s="1"/>', ' s="2" />', "></c>", ' s="1"></c>', ' t="b"><v>1</v></c>', ' t="b"><v>0</v></c>', ' t="e"><v>#N/A</v></c>']
INNER += [
    "><f>1+1</f><v>2</v></c>",
    ' t="str"><f>""</f><v></v></c>',
    "><f>1+1</f></c>",
    ' t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    "><f/><v>7</v></c>",
]
INNER += [
    ' t="d"><v>2026-01-24</v></c>',
    ' t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>',
    ' cm="1"><f t="array" ref="A1">2</f><v>2</v></c>',
]
ROW = st.lists(st.none() | st.sampled_from(INNER), max_size=5)
ROWS = st.lists(st.none() | st.tuples(ROW, st.sampled_from(["", ' spans="1:5"', ' ht="15" customHeight="1"'])), max_size=12)
TITLES = '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>11</v></c><c r="C1" t="inlineStr"><is><t>Item</t></is></c></row>'
SPOILT = [
    b"<",
    b">",
    b'"',
    b"</c>",
    b"</row>",
    b"<v>",
    b"&",
    b" ",
    b"A",
    b"9",
    b"<!-- -->",
    b"<c/>",
    b"\n",
    b"\0",
    b"\xff",
    b"/",
    b"</si>",
    b"</is>",
    b"sheetData",
]


def as_rows(rows: Sequence[tuple[Sequence[str | None], str] | None], first: int) -> str:
    text = ""
    for number, row in enumerate(rows, first):
        if row:
            cells = "".join(f'<c r="{letter}{number}"{inner}' for letter, inner in zip("ABCDE", row[0], strict=False) if inner)
            text += f'<row r="{number}"{row[1]}>{cells}</row>' if cells else f'<row r="{number}"{row[1]}/>'
    return text


@settings(max_examples=300)
@given(ROWS, st.booleans(), st.sampled_from([4, SHEET_CHUNK_ROWS]))
def test_cells_of_all_spellings_are_those_of_the_native_reader(rows: list, titled: bool, batch: int) -> None:  # noqa: FBT001
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guarded_sheet, "SHEET_CHUNK_ROWS", batch)
        patch.setattr(sheets, "SHEET_CHUNK_ROWS", batch)
        compare(by_hand((TITLES if titled else "") + as_rows(rows, 2), SHARED))


SPOIL = st.tuples(st.booleans(), st.integers(0, 1 << 20), st.integers(0, 30), st.sampled_from([b"", *SPOILT]) | st.integers(0, 1 << 20))


@settings(max_examples=300)
@given(ROWS, st.lists(SPOIL, min_size=1, max_size=2))
def test_a_spoilt_sheet_is_read_alike_or_left_to_the_native_reader(rows: list, spoilt: list[tuple[bool, int, int, bytes | int]]) -> None:
    content = by_hand(TITLES + as_rows(rows, 2), SHARED)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    for is_strings, place, length, put in spoilt:
        part = parts["xl/sharedStrings.xml" if is_strings else "xl/worksheets/sheet1.xml"]
        at, size = place % len(part), length if length < 4 else 0
        part[at : at + size] = put if isinstance(put, bytes) else part[put % len(part) :][:length]  # the sheet's own text elsewhere
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, bytes(part))
    compare(buffer.getvalue())


@pytest.mark.parametrize("inner", INNER)
def test_each_spelling_of_a_cell_is_read_alike(inner: str) -> None:
    compare(by_hand(f'{TITLES}<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"{inner}<c r="C2"><v>1</v></c></row>', SHARED))


def typed(count: int) -> list[list[Any]]:
    moments = [date(2026, 1, 24), datetime.fromisoformat("2026-01-24 18:30:00"), time(9, 5)]
    return [[f"1-{at}", moments[at % 3], f"Lamp & {at}" if at % 7 else " x ", at % 3, at / 7 if at % 5 else None] for at in range(count)]


def by_openpyxl(rows: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def by_xlsxwriter(rows: Sequence[Sequence[Any]], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd hh:mm", **options}) as book:
        page = book.add_worksheet()
        for at, row in enumerate(rows):
            page.write_row(at, 0, row)
    return buffer.getvalue()


def by_xlsxwriter_with_inline_texts(rows: Sequence[Sequence[Any]]) -> bytes:
    return by_xlsxwriter(rows, constant_memory=True)


def by_xlsxwriter_since_1904(rows: Sequence[Sequence[Any]]) -> bytes:
    return by_xlsxwriter(rows, date_1904=True)


WRITERS = [by_openpyxl, by_xlsxwriter, by_xlsxwriter_with_inline_texts, by_xlsxwriter_since_1904]


@pytest.mark.parametrize("written", WRITERS)
def test_what_is_written_as_usual_is_read_as_bytes(written: Callable[[Sequence[Sequence[Any]]], bytes]) -> None:
    assert compare(written([["My sales"], [], HEADER, *typed(500), ["Total", None, None, 500, 9.5]]))


@pytest.mark.parametrize(
    "count",
    [SHEET_CHUNK_ROWS - 2, SHEET_CHUNK_ROWS - 1, SHEET_CHUNK_ROWS, SHEET_CHUNK_ROWS + 1, 2 * SHEET_CHUNK_ROWS - 1, 2 * SHEET_CHUNK_ROWS],
)
@pytest.mark.parametrize("end", [[], [["Total", None, None, 7, 9.5]], [[], ["Exported by Seller Hub"]]])
def test_what_stands_at_the_end_is_left_out_alike_wherever_the_batches_end(count: int, end: list) -> None:
    assert compare(by_xlsxwriter([HEADER, *[["1-1", "2026-01-24", "Lamp", 1, 2.5]] * count, *end]))


def test_cells_beyond_the_columns_of_the_first_rows_are_left_to_the_native_reader() -> None:
    rows = [["1-1", "2026-01-24", "Lamp", 1, 2.5]] * SHEET_CHUNK_ROWS

    assert not compare(by_xlsxwriter([HEADER, *rows, [*rows[0], "further right"]]))


def test_a_format_that_shows_leading_zeros_is_left_to_the_native_reader() -> None:
    assert not compare(by_hand(TITLES + '<row r="2"><c r="A2" s="3"><v>7</v></c></row>', SHARED))


def test_a_further_sheet_that_is_not_written_as_usual_is_left_to_the_native_reader() -> None:
    sheet = '<sheet name="Sales" sheetId="1" r:id="r1"/><sheet name="Far" sheetId="2" r:id="r2"/>'
    link = f'<Relationship Id="r%d" Type="{RELATIONS}/worksheet" Target="worksheets/sheet%d.xml"/>'
    more = {
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>{sheet}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{link % (1, 1)}{link % (2, 2)}</Relationships>',
        "xl/worksheets/sheet2.xml": f"<worksheet {MAIN}><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>",
    }

    assert not compare(by_hand(TITLES, SHARED, more=more))


@pytest.mark.parametrize("number", [0, 3, 12, 99])
def test_a_shared_text_that_is_not_there_is_never_another_one(number: int) -> None:
    assert compare(by_hand(f'{TITLES}<row r="2"><c r="A2" t="s"><v>{number}</v></c></row>', SHARED)) == (number < len(SHARED))


@pytest.mark.skipif(not FILES and "CI" not in os.environ, reason=f"NOT TESTED: other people's workbooks are not there ({CORPUS})")
def test_files_of_others_are_read_alike() -> None:
    dared = [compare(path.read_bytes()) for path in FILES]

    assert sum(dared) > len(dared) / 2
