"""A sheet's own text, looked through before the native reader gets it: far cells, failed formulas, zeros that a format shows.

The reader would end the process over a cell far out, hands on failed and never calculated formulas as empty cells,
and knows no formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from takeback.errors import Refused
from takeback.tabular.limits import Limits
from takeback.tabular.zip_guard import DAMAGED, Archive, refuse_doctype

MOST_ROWS = 1_048_576
_FAR = re.compile(rb' r="(?![A-Z]?[0-9]{1,6}")')  # beyond column Z or row 999,999, or no reference at all: look at every cell
_PREFIXED = re.compile(rb"<\w+:(?:c|row)[\s>/]")
_BARE = re.compile(rb"<(?:c|row)[\t\r\n>/]")
_NO_REFERENCE = re.compile(rb' r="(?![A-Z]{1,3}[0-9]{1,7}"|[0-9]{1,7}")')
_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_FORMULA = rb"<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)"
_UNCALCULATED = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)>' + _FORMULA + rb"\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_FAILED = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*\st="e"[^>]*>(?:' + _FORMULA + rb")?\s*<v>([^<]*)</v>")
_STYLED = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)>(?:' + _FORMULA + rb")?\s*<v>(?=\d+</v>)")
_STYLE = re.compile(rb'\ss="(\d+)"')
_ANY_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


@dataclass(slots=True)
class SheetScan:
    """What was seen in one sheet. `plain` is False where its cells are not written as spreadsheets write them.

    `odd` has the cells whose formula failed, with the error, and those never calculated, with "": row, then column,
    both from 0. `zeros` has the cells whose format shows leading zeros, by column: first row, last row, format.
    """

    plain: bool = True
    odd: dict[int, dict[int, str]] = field(default_factory=dict)
    zeros: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)

    def note(self, row: int, column: int, error: str) -> None:
        """Keeps one odd cell; row and column count from 1."""
        self.odd.setdefault(row - 1, {})[column - 1] = error

    def note_zeros(self, row: int, column: int, code: str) -> None:
        """Keeps one cell's format; row and column count from 1, and the rows of a column come in order."""
        spans = self.zeros.setdefault(column - 1, [])
        if spans and spans[-1][1:] == (row - 2, code):
            spans[-1] = (spans[-1][0], row - 1, code)
        else:
            spans.append((row - 1, row - 1, code))


def scan_sheet(archive: Archive, name: str, formats: Mapping[str, str], limits: Limits) -> SheetScan:
    """Streams one sheet. `formats` are those that show leading zeros, by style number.

    Raises Refused where the sheet reaches further than memory does or holds a DTD.
    """
    scan = SheetScan()
    cells = references = rows = 0
    is_far = False
    marks = [f' s="{style}"'.encode() for style in formats]
    for text in archive.pieces(name, b"<c "):
        refuse_doctype(text)
        cells += text.count(b"<c ")
        rows += text.count(b"<row ")
        references += text.count(b' r="')
        scan.plain = scan.plain and not _has_unusual_tags(text)
        is_far = is_far or _FAR.search(text) is not None
        if b"<f" in text or b't="e"' in text:
            note_odd_cells(text, scan)
        if marks and any(mark in text for mark in marks):
            note_zeros(text, formats, scan)
    scan.plain = scan.plain and references == cells + rows
    if is_far:
        scan.plain = _has_near_cells(archive, name, limits) and scan.plain
    return scan if scan.plain else _scan_slowly(archive, name, formats, limits)


def _has_unusual_tags(text: bytes) -> bool:
    """Whether cells or rows stand there without attributes, with prefixed names or with other blanks than spaces.

    Only a sheet's first and last pieces hold other tags with these first letters, so mere counting does for the rest.
    """
    if b":c" in text or b":row" in text:
        return _PREFIXED.search(text) is not None
    others = (text.count(b"<c") != text.count(b"<c ")) or (text.count(b"<row") != text.count(b"<row "))
    return others and _BARE.search(text) is not None


def _has_near_cells(archive: Archive, name: str, limits: Limits) -> bool:
    """Whether all cells say where they are; Refused where one is too far away."""
    last_row = last_column = 0
    for text in archive.pieces(name, b"<c "):
        if _NO_REFERENCE.search(text):
            return False
        if found := _REFERENCE.findall(text):
            letters = max({letters for letters, _ in found}, key=lambda letters: (len(letters), letters))
            last_column = max(last_column, _column_number(letters.decode()))
            last_row = max(last_row, *map(int, {row for _, row in found}))
    check_extent(last_row, last_column, limits)
    return True


def note_odd_cells(text: bytes, scan: SheetScan) -> None:
    """Keeps the cells of some text whose formula failed or was never calculated."""
    for letters, row, attributes in _UNCALCULATED.findall(text):
        if b't="str"' not in attributes:  # a formula whose text is empty
            scan.note(int(row), _column_number(letters.decode()), "")
    for letters, row, error in _FAILED.findall(text):
        scan.note(int(row), _column_number(letters.decode()), error.decode("utf-8", "replace"))


def note_zeros(text: bytes, formats: Mapping[str, str], scan: SheetScan) -> None:
    """Keeps the cells of some text whose format shows leading zeros."""
    for letters, row, attributes in _STYLED.findall(text):
        style = _STYLE.search(attributes)
        if style and (code := formats.get(style[1].decode())) and (b" t=" not in attributes or b' t="n"' in attributes):
            scan.note_zeros(int(row), _column_number(letters.decode()), code)


def _scan_slowly(archive: Archive, name: str, formats: Mapping[str, str], limits: Limits) -> SheetScan:
    """The same for a sheet in an unusual spelling (prefixed names, no references), by a parser and so ten times as slow."""
    scan = SheetScan(plain=False)
    last_row = last_column = 0
    try:
        for row, column, cell in _cells(archive, name):
            kind, formula, value = cell.get("t"), _child(cell, "f"), _child(cell, "v")
            if len(cell):
                last_row, last_column = max(last_row, row), max(last_column, column)
            if kind == "e":
                scan.note(row, column, (value.text if value is not None else None) or "#ERROR")
            elif formula is not None and kind != "str" and (value is None or not value.text):
                scan.note(row, column, "")
            elif (code := formats.get(cell.get("s", ""))) and kind in (None, "n"):
                scan.note_zeros(row, column, code)
    except (ET.ParseError, LookupError, ValueError):  # an encoding that does not exist is no ParseError
        raise Refused("not_a_workbook", DAMAGED) from None
    check_extent(last_row, last_column, limits)
    return scan


def _cells(archive: Archive, name: str) -> Iterator[tuple[int, int, ET.Element]]:
    """Each cell with its row and column from 1; a cell without a reference stands beside the one before."""
    parser = ET.XMLPullParser(("start", "end"))
    row = column = 0
    held: Any = None
    for text in archive.pieces(name, b"<"):
        refuse_doctype(text)
        parser.feed(text)
        events: Any = parser.read_events()
        for event, element in events:
            tag = element.tag.rpartition("}")[2]
            if event == "start" and tag == "sheetData":
                held = element
            elif event == "start" and tag == "row":
                number = element.get("r", "")
                row, column = (int(number) if number.isdecimal() and len(number) < 9 else row + 1), 0
            elif event == "end" and tag == "c":
                match = _ANY_REFERENCE.fullmatch(element.get("r", ""))
                column = _column_number(match[1].upper()) if match else column + 1
                yield (int(match[2]) if match else row), column, element
            elif event == "end" and tag == "row" and held is not None:
                held.clear()


def _child(cell: ET.Element, wanted: str) -> ET.Element | None:
    return next((child for child in cell if child.tag.rpartition("}")[2] == wanted), None)


def check_extent(rows: int, columns: int, limits: Limits) -> None:
    """Refuses a sheet whose used rectangle is larger than a reader can hold."""
    if rows > MOST_ROWS or rows * columns > limits.sheet_cells:
        raise Refused(
            "sheet_too_large",
            f"The sheet reaches to row {rows:,} and column {columns:,}. Copy the table alone into a new sheet and try again.",
        )


def _column_number(letters: str) -> int:
    """The number of a column, A = 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
