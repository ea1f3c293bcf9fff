"""errors.csv: the bad rows as uploaded, with their row numbers and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from takeback.rules.formula import STARTS, neutral
from takeback.tabular.byte_cells import Buffer, ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import of_one_width
from takeback.tabular.parsed import WIDTHS, Part
from takeback.tabular.shapes import split
from takeback.tabular.text_rows import Piece, joined

_MOST_SHAPES = 1_000
_ONES, _HIGH = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_FIRST = np.isin(np.arange(256), [ord(" "), *(start.encode()[0] for start in STARTS)])  # bytes that a cell may begin with to need a look


class Sink(Protocol):
    """Whatever takes bytes one after the other."""

    def write(self, data: bytes, /) -> object:
        """Add bytes at the end."""
        ...


class ErrorFile:
    """UTF-8 with a byte order mark, so that Excel reads it as what it is; the file's own columns come first."""

    def __init__(self, sink: Sink, headers: Sequence[str]) -> None:
        self._sink = sink
        self._columns = [_Column() for _ in headers]
        self._sink.write(b"\xef\xbb\xbf" + b",".join(map(quoted, [*headers, "row_number", "reasons"])) + b"\r\n")

    def add(self, columns: Sequence[ByteCells], row_numbers: Sequence[int], reasons: ByteCells) -> None:
        """Add bad rows. `reasons` are ready to stand in the file."""
        pieces: list[Piece] = []
        for column, cells in zip(self._columns, columns, strict=True):
            pieces += [*column.pieces(cells), b","]
        pieces += [of_one_width([b"%d" % number for number in row_numbers]), b",", reasons, b"\r\n"]
        for block in joined(pieces, len(row_numbers)):
            self._sink.write(block)


def quoted(text: str) -> bytes:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    safe = neutral(text)
    if any(sign in safe for sign in ',"\r\n'):
        safe = '"' + safe.replace('"', '""') + '"'
    return safe.encode("utf-8", "replace")


class _Column:
    """A column on its way into the file. Cells that begin like a formula are judged by their shapes: digits make no difference."""

    def __init__(self) -> None:
        self._classes = {words: Classes(words, _MOST_SHAPES) for words in WIDTHS}
        self._guarded = {words: [False] for words in WIDTHS}

    def pieces(self, cells: ByteCells) -> list[Piece]:
        """What the rows hold of this column: quotation mark, apostrophe, cell, quotation mark; each where it is needed."""
        quote, guard = np.zeros(len(cells), np.uint8), np.zeros(len(cells), np.uint8)
        odd: list[int] = []
        for words, part in Part(cells, range(len(cells))).by_width():
            if words:
                looked = part.cells.words(words)
                places = np.arange(len(cells))[part.rows]
                quote[places] = _holds(looked, b",\r\n") * np.uint8(ord('"'))
                doubled = _holds(looked, b'"')
                starts = np.flatnonzero(_FIRST.take(looked[:, 0].astype(np.uint8)) & ~doubled)
                if len(starts):
                    guard[places[starts]] = self._guards(words, part.cells.take(starts), looked[starts])
                odd += places[doubled].tolist()
            else:
                odd += np.arange(len(cells))[part.rows].tolist()
        if odd:
            cells = cells.with_bytes({at: quoted(cells[at]) for at in odd})
            quote[odd] = 0
        if not (quote.any() or guard.any()):
            return [cells]
        return [quote.view("V1"), guard.view("V1"), cells, quote.view("V1")]

    def _guards(self, words: int, cells: ByteCells, looked: np.ndarray) -> np.ndarray:
        """The apostrophe, where a cell needs it."""
        numbers, new = self._classes[words].number(split(looked)[0])
        self._guarded[words] += [_needs_guard(cells[at]) for at in new.tolist()]
        found = np.array(self._guarded[words], bool).take(numbers)
        for at in np.flatnonzero(numbers == 0).tolist():
            found[at] = _needs_guard(cells[at])
        return found * np.uint8(ord("'"))


def _needs_guard(text: str) -> bool:
    return neutral(text) != text


def _holds(words: np.ndarray, signs: bytes) -> np.ndarray:
    """Which rows hold one of some ASCII signs."""
    found = np.zeros(words.shape, np.uint64)
    for sign in signs:
        other = words ^ (_ONES * np.uint64(sign))  # that byte is zero now
        found |= (other - _ONES) & ~other
    return np.any(found & _HIGH, axis=1)


def in_buffer(texts: Sequence[bytes]) -> ByteCells:
    """Texts of any length as cells."""
    lengths = np.array([len(text) for text in texts], np.int64)
    return ByteCells(Buffer(b"".join(texts)), np.cumsum(lengths) - lengths, lengths)
