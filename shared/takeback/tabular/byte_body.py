"""The rows below the header of a file whose cells stand in bytes: the same lines are left out, found without looking at each cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.tabular.body import Body
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.byte_records import ByteRecords
from takeback.tabular.classes import Classes
from takeback.tabular.layout import Layout
from takeback.tabular.looks import LABELS_BEGIN
from takeback.tabular.table import Table

_MOST_SHAPES = 2_000
_IS_VISIBLE = np.isin(np.arange(256), range(0x21, 0x7F))
_MAY_BE_SPACE = np.isin(np.arange(256), [*range(0x09, 0x0E), *range(0x1C, 0x21), *range(0x80, 0x100)])


class ByteBody(Body):
    """Asks the rules of `Body` about the few records that may be no data."""

    def __init__(self, table: Table, layout: Layout, sample: Sequence[Sequence[str]]) -> None:
        super().__init__(table, layout, sample)
        self._classes = Classes(_MOST_SHAPES, of_shapes=True)
        self._has_word = [True]
        labels = {*LABELS_BEGIN, self._first_name[:1]}
        self._begins_data = _IS_VISIBLE & np.array([chr(byte).lower() not in labels for byte in range(256)])

    def _columns(self, rows: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], Sequence[int]]:
        if not isinstance(rows, ByteRecords) or rows.width != self.width:
            return super()._columns([list(row) for row in rows])
        return [*rows.columns()], sorted(rows.uneven)

    def _kept(self, column: Sequence[str], keep: Sequence[bool]) -> Sequence[str]:
        return column.take(np.array(keep)) if isinstance(column, ByteCells) else super()._kept(column, keep)

    def _with_gaps(self, columns: Sequence[Sequence[str]]) -> Iterator[int]:
        blank = columns[self.always[0]]
        if not isinstance(blank, ByteCells):
            yield from super()._with_gaps(columns)
            return
        gap = np.zeros(len(blank), bool)
        for column in self.always:
            gap |= ByteCells.of(columns[column]).lengths == 0
        gaps = np.flatnonzero(gap)
        yield from gaps[~self._are_data([ByteCells.of(column).take(gaps) for column in columns])].tolist()
        starts_blank = _MAY_BE_SPACE.take(blank.buffer.data.take(blank.starts)) & (blank.lengths > 0)
        yield from (at for at in np.flatnonzero(starts_blank).tolist() if blank[at].isspace())

    def _are_data(self, columns: Sequence[ByteCells]) -> np.ndarray:
        """Which records are surely data: more than half full, with a first cell that begins like no label and not like the header."""
        begins = [np.where(column.lengths > 0, column.buffer.data.take(column.starts), 0) for column in columns]
        shown = sum((_IS_VISIBLE.take(first).astype(np.int64) for first in begins), np.zeros(len(columns[0]), np.int64))
        return self._begins_data.take(begins[0]) & (shown > 0.5 * self.usual)

    def _with_words(self, column: Sequence[str]) -> Iterator[int]:
        """By the shapes of the cells: digits make no difference, save where the header has some."""
        if not isinstance(column, ByteCells) or any(map(str.isdigit, self._first_name)):
            yield from super()._with_words(column)
            return
        numbers, new = self._classes.number(column)
        self._has_word += [any(True for _ in super(ByteBody, self)._with_words([column[at]])) for at in new.tolist()]
        suspects = np.flatnonzero(np.array(self._has_word, bool).take(numbers))
        if len(suspects):
            yield from suspects[list(super()._with_words(list(column.take(suspects))))].tolist()
