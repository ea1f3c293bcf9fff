"""A column of a chunk after reading: its values, its problems, and what COPY takes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.records import Column
from takeback.rules.values import Problem
from takeback.tabular.byte_cells import ByteCells

WIDTHS = (2, 4, 8)  # words of 64 bits; what is longer is read by itself


class Problems(list[Problem | None]):
    """The different problems of a column by number; 0 is none."""

    def __init__(self) -> None:
        super().__init__([None])
        self._numbers: dict[Problem, int] = {}

    def number(self, problem: Problem | None) -> int:
        """The number of a problem, a new one if need be."""
        if problem is None:
            return 0
        found = self._numbers.get(problem)
        if found is None:
            found = self._numbers[problem] = len(self)
            self.append(problem)
        return found


class ParsedColumn:
    """Row i has the problem `problems[problem[i]]`. Money has its `cents`, 0 where there is none; `filled` says where there is one."""

    def __init__(self, column: Column, cells: ByteCells, problems: Problems) -> None:
        self.problem = np.zeros(len(cells), np.int32)
        self.problems = problems
        self.cents = np.zeros(len(cells) if column.kind == "money" else 0, np.int64)
        self.filled = np.zeros(len(self.cents), bool)
        # An id or a text is copied from where it stands unless it is changed; all else is rendered.
        self.kept = ByteCells(cells.buffer, cells.starts.copy(), cells.lengths.copy()) if column.kind in ("id", "text") else None
        self._rendered = np.zeros((len(cells), 1), np.uint64)

    @property
    def copy(self) -> np.ndarray | ByteCells:
        """The column as COPY takes it."""
        return self._rendered.view(f"V{8 * self._rendered.shape[1]}")[:, 0] if self.kept is None else self.kept

    @property
    def bad(self) -> np.ndarray:
        """Which rows have a problem here."""
        return self.problem != 0

    def render(self, rows: np.ndarray | slice, texts: np.ndarray) -> None:
        """Put texts, as rows of 64-bit words with zeros anywhere, into some rows."""
        if len(texts) == len(self._rendered):
            self._rendered = texts
            return
        if self._rendered.shape[1] < texts.shape[1]:
            wider = np.zeros((len(self._rendered), texts.shape[1]), np.uint64)
            wider[:, : self._rendered.shape[1]] = self._rendered
            self._rendered = wider
        self._rendered[rows, : texts.shape[1]] = texts


class Part:
    """Some cells of a column on their way: the cells and their places in the chunk, with the number of the chunk's rows."""

    __slots__ = ("cells", "places", "row_numbers")

    def __init__(self, cells: ByteCells, row_numbers: Sequence[int], places: np.ndarray | None = None) -> None:
        self.cells = cells
        self.row_numbers = row_numbers
        self.places = places

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def rows(self) -> np.ndarray | slice:
        """The places as an index into the chunk."""
        return slice(None) if self.places is None else self.places

    def places_of(self, positions: np.ndarray) -> np.ndarray:
        """The places of some of the cells in the chunk."""
        return positions if self.places is None else self.places[positions]

    def row_number(self, at: int) -> int:
        """The spreadsheet row of a cell."""
        return self.row_numbers[at if self.places is None else int(self.places[at])]

    def take(self, positions: np.ndarray) -> Part:
        """The part of a part."""
        if len(positions) == len(self.cells):
            return self
        return Part(self.cells.take(positions), self.row_numbers, self.places_of(positions))

    def by_width(self) -> Iterator[tuple[int, Part]]:
        """The cells by the 64-bit words that they need; 0 for those that are longer than all WIDTHS."""
        lengths = self.cells.lengths
        longest, above = int(lengths.max(initial=0)), -1
        for words in (*WIDTHS, 0):
            limit = 8 * words or longest
            if longest > above:
                yield words, self if above < 0 and longest <= limit else self.take(np.flatnonzero((lengths > above) & (lengths <= limit)))
            above = limit
