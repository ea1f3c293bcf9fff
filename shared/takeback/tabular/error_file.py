"""errors.csv: the bad rows as uploaded, with their row numbers and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from takeback.rules.formula import SPLITS, STARTS, is_formula, neutral
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.byte_classes import any_of, by_width, classified, marks, one_further, table, together
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import of_one_width
from takeback.tabular.text_rows import Padded, joined

_MANY = 500  # rows from which on it is quicker to look at whole columns
_MOST_SHAPES = 1_000
_FIRSTS = [ord(" "), *(start.encode()[0] for start in STARTS)]  # bytes that a cell may begin with to need a look
_FIRST = np.isin(np.arange(256), _FIRSTS)
_COMMA, _QUOTE, _LINE, _SPLIT, _MAY_BEGIN = range(5)
_CLASS_OF = table(b",", b'"', SPLITS.replace(";", "").encode(), b";", _FIRSTS)
_START = rf" *(?:{'|'.join(map(re.escape, STARTS))})"
_ODD = re.compile(rf'[",{SPLITS}]|^{_START}')  # what a cell holds that may not stand in the file as it is
_ODD_IN_LINE = re.compile(rf'[",{SPLITS}]|\0{_START}'.encode())  # the same of cells with a NUL before each


class Sink(Protocol):
    """Whatever takes bytes one after the other."""

    def write(self, data: bytes | memoryview, /) -> object:
        """Add bytes at the end."""
        ...


class ErrorFile:
    """UTF-8 with a byte order mark, so that Excel reads it as what it is; the file's own columns come first."""

    def __init__(self, sink: Sink, headers: Sequence[str]) -> None:
        self._sink = sink
        self._columns = [_Column() for _ in headers]
        self._sink.write(b"\xef\xbb\xbf" + b",".join(map(quoted, [*headers, "row_number", "reasons"])) + b"\r\n")

    def add(self, columns: Sequence[ByteCells], row_numbers: Sequence[int], reasons: Sequence[bytes], which: np.ndarray) -> None:
        """Add bad rows. `which` of the reasons a row has; they are ready to stand in the file."""
        if len(row_numbers) < _MANY:
            rows = zip(*(cells.all_bytes() for cells in columns), strict=True)
            lines = [
                b"%b,%d,%b\r\n" % (_line(cells), number, reasons[at])
                for cells, number, at in zip(rows, row_numbers, which.tolist(), strict=True)
            ]
            self._sink.write(b"".join(lines))
            return
        pieces: list[Padded] = []
        for column, cells in zip(self._columns, columns, strict=True):
            pieces += [*column.pieces(cells), b","]
        pieces += [of_one_width([b"%d" % number for number in row_numbers]), b",", ByteCells.of_bytes(reasons).take(which), b"\r\n"]
        for block in joined(pieces, len(row_numbers)):
            self._sink.write(block)


def _line(cells: Sequence[bytes]) -> bytes:
    """Some cells, most of which may stand in the file as they are, as a line of it."""
    if _ODD_IN_LINE.search(b"\0".join([b"", *cells])):
        return b",".join(quoted(cell.decode()) for cell in cells)
    return b",".join(cells)


def quoted(text: str) -> bytes:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    if not _ODD.search(text):
        return text.encode("utf-8", "replace")
    safe = neutral(text)
    if any(sign in safe for sign in ',"\r\n'):
        safe = '"' + safe.replace('"', '""') + '"'
    return safe.encode("utf-8", "replace")


class _Column:
    """A column on its way into the file. Cells that begin like a formula are judged by their shapes: digits make no difference."""

    def __init__(self) -> None:
        self._classes = Classes(_MOST_SHAPES, of_shapes=True)
        self._guarded = [False]

    def pieces(self, cells: ByteCells) -> list[Padded]:
        """What the rows hold of this column: quotation mark, apostrophe, cell, quotation mark; each where it is needed."""
        quote, guard = np.zeros(len(cells), np.uint8), np.zeros(len(cells), np.uint8)
        changed: dict[int, bytes] = {}
        for words, some in by_width(cells):
            part = cells.take(some)
            is_odd, quote[some], doubled = _looked_at(part, words) if words else (np.ones(len(some), bool), 0, some[:0])
            starts = np.flatnonzero(_FIRST.take(part.buffer.data.take(part.starts)) & ~is_odd & (part.lengths > 0))
            if len(starts):
                guard[some[starts]] = self._guards(part.take(starts))
            changed |= {at: cells.bytes_at(at).replace(b'"', b'""') for at in some[doubled].tolist()}
            changed |= {at: quoted(cells[at]) for at in some[is_odd].tolist()}
        if changed:
            cells = cells.with_bytes(changed)
        if not (quote.any() or guard.any()):
            return [cells]
        return [quote.view("V1"), guard.view("V1"), cells, quote.view("V1")]

    def _guards(self, cells: ByteCells) -> np.ndarray:
        """The apostrophe, where a cell needs it."""
        numbers, new = self._classes.number(cells)
        self._guarded += [is_formula(cells[at]) for at in new.tolist()]
        found = np.array(self._guarded, bool).take(numbers)
        for at in np.flatnonzero(numbers == 0).tolist():
            found[at] = is_formula(cells[at])
        return found * np.uint8(ord("'"))


def _looked_at(cells: ByteCells, words: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which cells need more than quotation marks around them and one for each in them; where these stand; which have some in them."""
    classes = classified(cells, words, _CLASS_OF)
    has_comma, has_quote, is_odd = (together(classes) & np.uint64(1 << bit) != 0 for bit in (_COMMA, _QUOTE, _LINE))
    is_odd |= any_of(one_further(marks(classes, _SPLIT)) & marks(classes, _MAY_BEGIN)) != 0
    quote = ((has_comma | has_quote) & ~is_odd) * np.uint8(ord('"'))
    return is_odd, quote, np.flatnonzero(has_quote & ~is_odd)
