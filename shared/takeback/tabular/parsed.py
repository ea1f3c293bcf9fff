"""A column of a chunk after reading: its values, its problems, and what COPY takes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from takeback.records import Column
from takeback.rules.values import Problem
from takeback.tabular.byte_cells import Buffer, ByteCells


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
    """Row i has the problem `problems[problem[i]]`, and COPY takes `copied[i]` of it.

    Money has its `cents`, 0 where there is none; `filled` says where there is one.
    """

    def __init__(self, column: Column, cells: ByteCells, problems: Problems) -> None:
        self.problem = np.zeros(len(cells), np.int32)
        self.problems = problems
        self.cents = np.zeros(len(cells) if column.kind == "money" else 0, np.int64)
        self.filled = np.zeros(len(self.cents), bool)
        self.is_kept = column.kind in ("id", "text")  # these are copied from where they stand unless they are changed; all else is rendered
        self.copied = cells if self.is_kept else ByteCells(Buffer.of(b""), np.zeros(len(cells), np.int64), np.zeros(len(cells), np.int64))

    @property
    def bad(self) -> np.ndarray:
        """Which rows have a problem here."""
        return self.problem != 0

    def render(self, rows: np.ndarray | slice, cells: ByteCells) -> None:
        """Let COPY take other cells of some rows."""
        if len(cells) == len(self.copied):
            self.copied = cells
            return
        buffer = cells.buffer
        self.copied.starts[rows] = cells.starts + self.copied.buffer.add(buffer.data[: buffer.end])
        self.copied.lengths[rows] = cells.lengths


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
