"""Files that mean harm, made here: each ends in a refusal or an honest reading, within bounded time and memory."""

from __future__ import annotations

import gzip
import io
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from takeback.errors import Refused
from takeback.tabular.limits import Limits

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
)
ROOT = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
BOOK = f'<workbook {NAMESPACE} xmlns:r="{RELATIONS}"><sheets><sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>'
LINKS = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
TWO_ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Order</t></is></c><c r="B1" t="inlineStr"><is><t>Price</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c><c r="B2"><v>2.5</v></c></row>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def xlsx(cells: str = TWO_ROWS, *, head: str = "", before: str = "", strings: str = "", **parts: str) -> bytes:
    """A workbook of one sheet, written by hand so that anything can be wrong with it."""
    content = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": LINKS,
        "xl/worksheets/sheet1.xml": f"{before}<worksheet {NAMESPACE}>{head}<sheetData>{cells}</sheetData></worksheet>",
        **({"xl/sharedStrings.xml": strings} if strings else {}),
        **parts,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def test_the_workbook_written_by_hand_is_sound(seen: Callable) -> None:
    assert seen(xlsx()).rows == [("x", "2.5")]


def test_a_formula_whose_text_is_empty_has_been_calculated(seen: Callable) -> None:
    got = seen(xlsx(TWO_ROWS + '<row r="3"><c r="A3" t="inlineStr"><is><t>y</t></is></c><c r="B3" t="str"><f>""</f><v></v></c></row>'))

    assert got.issues == []


PREFIXED = (
    '<x:row r="1"><x:c r="A1" t="str"><x:v>Order</x:v></x:c><x:c r="B1" t="str"><x:v>Price</x:v></x:c></x:row>'
    '<x:row r="2"><x:c r="A2"><x:v>1</x:v></x:c><x:c r="B2" t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c></x:row>'
    '<x:row r="3"><x:c r="A3"><x:v>2</x:v></x:c><x:c r="B3"><x:f>B2+1</x:f></x:c></x:row>'
)


def test_odd_cells_are_found_in_an_unusual_spelling_too(seen: Callable) -> None:
    sheet = f"<x:worksheet {NAMESPACE.replace('xmlns', 'xmlns:x')}><x:sheetData>{PREFIXED}</x:sheetData></x:worksheet>"

    got = seen(xlsx(**{"xl/worksheets/sheet1.xml": sheet}))

    assert [(issue.code, issue.row, issue.header) for issue in got.issues] == [
        ("formula_without_value", 3, "Price"),
        ("error_value", 2, "Price"),
    ]
    assert got.rows == [("1", "#DIV/0!"), ("2", "")]


def test_a_far_cell_in_an_unusual_spelling_is_refused(refusal: Callable) -> None:
    far = PREFIXED + '<x:row r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>'
    sheet = f"<x:worksheet {NAMESPACE.replace('xmlns', 'xmlns:x')}><x:sheetData>{far}</x:sheetData></x:worksheet>"

    assert refusal(xlsx(**{"xl/worksheets/sheet1.xml": sheet})) == "sheet_too_large"


def test_a_cell_in_the_last_corner_of_the_sheet_is_refused(refusal: Callable) -> None:
    assert refusal(xlsx(TWO_ROWS + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')) == "sheet_too_large"


@pytest.mark.parametrize("reference", ["A99999999999", "A99999999", "ZZZZZZZZ9", "A0", "-5", "", "xfd1048576", "A 1", "1", "A1:XFD1048576"])
def test_a_cell_outside_any_sheet_ends_in_a_refusal_or_a_reading(seen: Callable, reference: str) -> None:
    code = None
    try:
        seen(xlsx(TWO_ROWS + f'<row r="9"><c r="{reference}"><v>1</v></c></row>'))
    except Refused as refused:
        code = refused.code

    assert code in {None, "sheet_too_large", "not_a_workbook", "too_many_columns"}


def test_far_cells_that_hide_in_another_spelling_are_refused(refusal: Callable) -> None:
    far = "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"

    assert refusal(xlsx(TWO_ROWS + far)) in {"sheet_too_large", "not_a_workbook", "too_many_columns"}


def test_cells_without_references_that_span_a_huge_rectangle_are_refused(refusal: Callable) -> None:
    cells = "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>" + "<row><c><v>1</v></c></row>" * 100_000

    assert refusal(xlsx(cells)) in {"sheet_too_large", "not_a_workbook", "too_many_columns"}


def test_cells_without_references_are_read(seen: Callable) -> None:
    words = ['<c t="inlineStr"><is><t>Order</t></is></c>', '<c t="inlineStr"><is><t>Price</t></is></c>']

    got = seen(xlsx(f"<row>{''.join(words)}</row><row><c><v>1</v></c><c><v>2.5</v></c></row>"))

    assert got.rows == [("1", "2.5")]


def test_a_formatted_but_empty_far_cell_is_no_reason_to_refuse(seen: Callable) -> None:
    assert seen(xlsx(TWO_ROWS + '<row r="1048576"><c r="XFD1048576" s="0"/></row>')).rows == [("x", "2.5")]


def test_a_false_dimension_is_not_believed(seen: Callable) -> None:
    assert seen(xlsx(head='<dimension ref="A1:XFD1048576"/>')).rows == [("x", "2.5")]


def test_a_false_count_of_strings_is_refused(refusal: Callable) -> None:
    strings = f'<sst {NAMESPACE} count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>'

    assert refusal(xlsx('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=strings)) == "not_a_workbook"


@pytest.mark.parametrize(
    "definition",
    [
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/evil.dtd">',
    ],
)
def test_definitions_in_a_workbook_are_refused_unread(refusal: Callable, definition: str) -> None:
    assert refusal(xlsx(before=definition)) == "unsafe_xml"
    assert refusal(xlsx(**{"xl/styles.xml": definition + "<styleSheet/>"})) == "unsafe_xml"


def test_a_part_that_unpacks_to_far_more_than_it_takes_is_refused_in_little_memory(refusal: Callable) -> None:
    bomb = xlsx(" " * 60_000_000)
    assert len(bomb) < 100_000

    tracemalloc.start()
    code = refusal(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert code == "too_large_unpacked"
    assert peak < 10_000_000


def test_a_part_that_lies_about_its_size_is_refused(refusal: Callable) -> None:
    honest = xlsx("<!-- " + "x" * 3_000_000 + " -->" + TWO_ROWS)
    at = honest.rindex(b"PK\x01\x02", 0, honest.rindex(b"xl/worksheets/sheet1.xml"))
    lying = honest[: at + 24] + struct.pack("<I", 1000) + honest[at + 28 :]

    assert refusal(lying) in {"too_large_unpacked", "not_a_workbook"}


def test_a_giant_string_is_refused(refusal: Callable) -> None:
    text = "".join(random.Random(1).choices("abcdefghij", k=4_000_000))  # noqa: S311 - any text will do

    assert refusal(xlsx(strings=f"<sst {NAMESPACE}><si><t>{text}</t></si></sst>")) == "cell_too_long"


def test_a_part_in_an_encoding_that_does_not_exist_is_read_with_a_notice_or_refused(seen: Callable, refusal: Callable) -> None:
    declared = '<?xml version="1.0" encoding="UTX-8"?>'

    assert "old_format" in seen(xlsx(**{"xl/workbook.xml": declared + BOOK})).noticed
    assert refusal(xlsx("<row><c><v>1</v></c></row>", before=declared)) == "not_a_workbook"


FAR_CELLS = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'
FAR = f"<worksheet {NAMESPACE}><sheetData>{FAR_CELLS}</sheetData></worksheet>"
DECOY = {
    "a/workbook.xml": BOOK,
    "a/_rels/workbook.xml.rels": LINKS,
    "a/worksheets/sheet1.xml": f"<worksheet {NAMESPACE}/>",
    "xl/worksheets/sheet1.xml": FAR,
}
TWICE = LINKS.replace("</Relationships>", f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="other.xml"/></Relationships>')
OTHER_CASE = LINKS.replace("worksheets/sheet1.xml", "worksheets/Sheet1.XML")


@pytest.mark.parametrize(
    "parts",
    [
        DECOY,
        {"xl/_rels/workbook.xml.rels": TWICE, "xl/other.xml": FAR},
        {"xl/_rels/workbook.xml.rels": TWICE, "xl/other.xml": f"<worksheet {NAMESPACE}/>", "xl/worksheets/sheet1.xml": FAR},
        {"xl/_rels/workbook.xml.rels": OTHER_CASE, "xl/worksheets/sheet1.xml": FAR},
    ],
)
def test_a_sheet_behind_a_decoy_does_not_end_the_process(seen: Callable, parts: dict[str, str]) -> None:
    code = None
    try:
        seen(xlsx(**parts))
    except Refused as refused:
        code = refused.code

    assert code in {None, "empty_sheet", "not_a_workbook", "sheet_too_large"}


def test_an_archive_of_countless_parts_is_refused(refusal: Callable) -> None:
    assert refusal(xlsx(**{f"xl/x{number}.xml": "<x/>" for number in range(50)}), Limits(zip_entries=40)) == "not_a_workbook"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_workbook_cut_short_is_refused(refusal: Callable, share: float) -> None:
    whole = xlsx()

    assert refusal(whole[: int(len(whole) * share)]) == "not_a_workbook"


def test_a_workbook_with_flipped_bytes_never_ends_the_process(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for number in range(20):
        book.worksheets[0].append([f"order {number}", number, "=A1"])
    buffer = io.BytesIO()
    book.save(buffer)
    draw = random.Random(7)  # noqa: S311 - a seeded draw
    names = []
    for number in range(60):
        damaged = bytearray(buffer.getvalue())
        for _ in range(draw.randint(1, 12)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        names.append(tmp_path / f"{number}.xlsx")
        names[-1].write_bytes(damaged)

    done = subprocess.run([sys.executable, "-m", "local", "read", *names], capture_output=True, timeout=300, check=False)

    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.count(b"\n") == 60
    assert b"internal_error" not in done.stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b"\n\r\n \n", "empty_file"),
        (b"\0\0\0\0", "empty_file"),
        (b",,\n,,\n", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "wrong_type"),
        (b"%PDF-1.7\n", "wrong_type"),
        (gzip.compress(b"order,item\n1,Lamp\n", mtime=0), "wrong_type"),
        (b"<!DOCTYPE html><html><table><tr><td>1</td></tr></table></html>", "wrong_type"),
        (b"  <table><tr><td>Order</td></tr></table>", "wrong_type"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "wrong_type"),
        (b'<?xml version="1.0"?><orders/>', "wrong_type"),
        (b"{\\rtf1 hello}", "wrong_type"),
        (OLE, "unsupported_type"),
        (OLE + "EncryptedPackage".encode("utf-16-le") + b"\0\0", "password_protected"),
        (b"just one value", "not_a_table"),
    ],
)
def test_what_is_no_table_is_refused_by_its_content(refusal: Callable, content: bytes, code: str) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize("part", ["word/document.xml", "Index/Document.iwa", "orders.csv"])
def test_other_archives_are_refused(refusal: Callable, part: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(part, "x")

    assert refusal(buffer.getvalue()) == "wrong_type"


def test_a_file_beyond_the_limit_is_refused_by_its_size_alone(refusal: Callable) -> None:
    assert refusal(b"order,item\n1,Lamp\n", Limits(bytes=10)) == "too_large"


@pytest.mark.parametrize("seed", range(40))
def test_random_bytes_are_read_or_refused(seen: Callable, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - a seeded draw
    pieces = [
        b",",
        b";",
        b"\t",
        b'"',
        b"\n",
        b"\r\n",
        b"\\",
        b"'",
        b"\0",
        b"\xff",
        b"{",
        b"[",
        b":",
        b"a",
        b"12",
        b"\xc3\xa9",
        b"\xef\xbb\xbf",
        b" ",
    ]
    content = b"".join(draw.choices(pieces, k=draw.randint(1, 400)))

    numbers: list[int] = []
    with suppress(Refused):
        numbers = seen(content).numbers

    assert len(numbers) == len(set(numbers))
