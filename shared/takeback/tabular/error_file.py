"""errors.csv: the bad rows as uploaded, with their row numbers and what to do about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from takeback.rules.formula import SPLITS, STARTS, is_formula, neutral
from takeback.tabular import loops
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.byte_classes import table
from takeback.tabular.classes import Classes
from takeback.tabular.text_rows import Quoted, in_lines

_MANY = 500  # rows from which on it is quicker to look at whole columns
_MOST_SHAPES = 1_000
_FIRSTS = [ord(" "), *(start.encode()[0] for start in STARTS)]  # bytes that a cell may begin with to need a look
_CLASS_OF = np.frombuffer(table(b",", b'"', SPLITS.replace(";", "").encode(), b";", _FIRSTS), np.uint8)
_NEEDS_QUOTES, _QUOTE, _MAY_BEGIN, _IS_ODD = 0b00011, 0b00010, 0b10000, 0b100100  # bits that `loops.look` finds of them
_GUARD = np.uint8(0b10)
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
        found = [column.quoted(cells) for column, cells in zip(self._columns, columns, strict=True)]
        numbers = ByteCells.of_bytes([b"%d" % number for number in row_numbers])
        for lines in in_lines([*found, Quoted.bare(numbers), Quoted.bare(ByteCells.of_bytes(reasons).take(which))]):
            self._sink.write(lines)


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

    def quoted(self, cells: ByteCells) -> Quoted:
        """What the rows hold of this column."""
        bits = np.empty(len(cells), np.uint8)
        loops.look(*cells.arrays(), _CLASS_OF, bits)
        is_odd = bits & _IS_ODD != 0
        marks = (bits & _NEEDS_QUOTES != 0).astype(np.uint8)
        starts = np.flatnonzero((bits & _MAY_BEGIN != 0) & ~is_odd)
        if len(starts):
            marks[starts] |= self._guards(cells.take(starts))
        marks[is_odd] = 0
        changed = {at: quoted(cells[at]) for at in np.flatnonzero(is_odd).tolist()}
        doubled = np.flatnonzero((bits & _QUOTE != 0) & ~is_odd)
        changed |= {at: cells.bytes_at(at).replace(b'"', b'""') for at in doubled.tolist()}
        return Quoted(cells.with_bytes(changed) if changed else cells, marks)

    def _guards(self, cells: ByteCells) -> np.ndarray:
        """The mark of an apostrophe, where a cell needs it."""
        numbers, new = self._classes.number(cells)
        self._guarded += [is_formula(cells[at]) for at in new.tolist()]
        found = np.array(self._guarded, bool).take(numbers)
        for at in np.flatnonzero(numbers == 0).tolist():
            found[at] = is_formula(cells[at])
        return found * _GUARD
