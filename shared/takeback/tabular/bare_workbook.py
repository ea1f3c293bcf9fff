"""A workbook without its rows, in which the native reader reads cells that only it can: dates, formulas, formatted text.

Each different cell is read once, whatever its place in the sheet is: its value depends on nothing but its own text, the
workbook's formats and its epoch.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import python_calamine as calamine

from takeback.errors import Refused
from takeback.tabular.objections import Objection
from takeback.tabular.sheet_scan import SheetScan, note_odd_cells, note_zeros
from takeback.tabular.sheets import reading
from takeback.tabular.table import ERROR, NUMBER, TEXT
from takeback.tabular.workbook_cells import column_of
from takeback.tabular.xml_text import check_well_formed
from takeback.tabular.zip_guard import Archive

_PARTS = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")
_HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_TAIL = b"</sheetData></worksheet>"
_MOST_CELLS = 50_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a cell is: its text in UTF-8 and its kind. `is_sure` is False where it may as well be empty; then the text is ""."""

    text: bytes
    kind: str
    is_sure: bool
    is_uncalculated: bool = False


class BareWorkbook:
    """Raises Objection where the native reader takes offence, and where a number's format shows leading zeros."""

    def __init__(self, archive: Archive, parts: Mapping[str, str], formats: Mapping[str, str]) -> None:
        self._content = {name: content for name in _PARTS if (content := archive.content(name)) is not None}
        self._name, self._part = next(iter(parts.items()))
        self._formats = formats
        self._answers: dict[bytes, Answer] = {}
        self.book = self._opened(b"")

    def is_number(self, style: str) -> bool:
        """Whether a number of this style (` s="…"`) is handed on as a number; it may be a date."""
        return self.answers([f"{style}><v>1</v></c>".encode()])[0].kind == NUMBER

    def answers(self, cells: Sequence[bytes]) -> list[Answer]:
        """What some cells are; of each what stands behind its reference."""
        if len(self._answers) > _MOST_CELLS:
            self._answers.clear()
        new = [cell for cell in dict.fromkeys(cells) if cell not in self._answers]
        if new:
            self._answers.update(zip(new, self._read(new), strict=True))
        return [self._answers[cell] for cell in cells]

    def _read(self, cells: Sequence[bytes]) -> Iterator[Answer]:
        rows = b"".join(b'<row r="%d"><c r="A%d"%b</row>' % (at, at, cell) for at, cell in enumerate(cells, 1))
        scan = SheetScan()
        note_odd_cells(rows, scan)
        note_zeros(rows, self._formats, scan)
        if scan.zeros:
            raise Objection
        values = [row[0] for row in self._rows(rows)]
        if len(values) > len(cells):
            raise Objection
        texts, kinds = column_of([*values, *[""] * (len(cells) - len(values))])
        for at, (text, kind) in enumerate(zip(texts, kinds or TEXT * len(texts), strict=True)):
            error = scan.odd.get(at, {}).get(0)
            if error:
                yield Answer(error.encode(), ERROR, is_sure=True)
            else:
                yield Answer(_utf8(text), kind, is_sure=text != "", is_uncalculated=error is not None)

    def _rows(self, rows: bytes) -> list[list[Any]]:
        check_well_formed(_HEAD + rows + _TAIL)

        def read() -> list[list[Any]]:
            return list(self._opened(rows).get_sheet_by_name(self._name).iter_rows())

        try:
            return reading(read)
        except Refused:
            raise Objection from None

    def _opened(self, rows: bytes) -> calamine.CalamineWorkbook:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in self._content.items():
                archive.writestr(name, content)
            archive.writestr(self._part, _HEAD + rows + _TAIL)
        file.seek(0)
        return calamine.CalamineWorkbook.from_filelike(file)


def _utf8(text: str) -> bytes:
    if "\0" in text:
        raise Objection
    return text.encode()
