"""Rows of text put together from columns, for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from takeback.tabular import loops
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.copy_text import Ids

_TAB, _LF, _CR, _COMMA = b"\t\n\r,"
_BLOCK_BYTES = 1 << 20


def side_by_side(ids: Ids, columns: Sequence[ByteCells | bytes], good: np.ndarray) -> np.ndarray:
    """The good rows: an id with a line end before it, and behind it the cells, or the same bytes in all rows, with a tab before each.

    Behind the last one there is one more line end. Whole words are copied, so that what stands behind a cell is overwritten by the
    next column, and behind the last one by the id of the next row, for these are written last.
    """
    cells = [_repeated(column, len(good)) if isinstance(column, bytes) else column for column in columns]
    lengths = sum((column.lengths for column in cells), np.full(len(good), ids.bytes + len(cells)))
    ends = np.cumsum(lengths * good)
    starts = np.where(good, ends - lengths, -1)
    end = int(ends[-1])
    text = np.empty(end + SLACK, np.uint8)
    places = np.where(good, starts + ids.bytes, -1)
    for column in cells:
        loops.lay(text, places, _TAB, *column.arrays())
    ids.lay(text, starts)
    text[end] = _LF
    return text[: end + 1]


def _repeated(text: bytes, count: int) -> ByteCells:
    return ByteCells(Buffer.of(text), np.ones(count, np.int64), np.full(count, len(text)))


@dataclass(frozen=True, slots=True)
class Quoted:
    """Cells of which some stand in quotation marks (bit 0 of their `marks`), and some with an apostrophe before them (bit 1)."""

    cells: ByteCells
    marks: np.ndarray

    @classmethod
    def bare(cls, cells: ByteCells) -> Quoted:
        """Cells as they are."""
        return cls(cells, np.zeros(len(cells), np.uint8))

    @property
    def lengths(self) -> np.ndarray:
        """The bytes of each, with what stands around it."""
        return self.cells.lengths + 2 * (self.marks & 1) + (self.marks >> 1)


def in_lines(columns: Sequence[Quoted]) -> Iterator[memoryview]:
    """The rows of a CSV file, each with its line end, in blocks that need a bounded amount of memory."""
    lengths = [column.lengths for column in columns]
    ends = np.cumsum(sum(lengths, np.full(len(lengths[0]), len(columns) + 1)))
    start, before = 0, 0
    while start < len(ends):
        stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK_BYTES)))
        some = slice(start, stop)
        text = np.empty(int(ends[stop - 1]) - before + SLACK, np.uint8)
        places = np.concatenate([[before], ends[start : stop - 1]]) - before
        lead = _LF  # of the row before
        for column in columns:
            loops.lay_quoted(text, places, lead, *column.cells.take(some).arrays(), column.marks[some])
            lead = _COMMA
        text[places] = _CR
        text[places[-1] + 1] = _LF
        yield text[1 : places[-1] + 2].data
        start, before = stop, int(ends[stop - 1])
