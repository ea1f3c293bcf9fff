"""A column of a chunk after reading: its values, its problems, and what COPY takes of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from takeback.records import Column
from takeback.rules.values import Problem
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.text_rows import Items, Led

WIDTHS = (1, 2, 3, 4, 8)  # 64-bit words of cells that are looked at together; what is longer is read by itself
TAB = 9
_MOST = 0.9


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
        self.kept = cells if column.kind in ("id", "text") else None
        rendered = len(cells) if self.kept is None else 0
        self._texts, self._lengths = np.zeros((rendered, 1), np.uint64), np.zeros(rendered, np.int64)

    @property
    def bad(self) -> np.ndarray:
        """Which rows have a problem here."""
        return self.problem != 0

    def copied(self, rows: np.ndarray | slice) -> Items | Led:
        """What COPY takes of some rows, with a tab before it."""
        if self.kept is not None:
            return Led(TAB, self.kept.take(rows))
        if self._texts.shape[1] <= 4:
            return Items(self._texts.view(f"V{8 * self._texts.shape[1]}")[:, 0][rows], self._lengths[rows])
        cells = ByteCells.of_bytes([bytes(text)[1:length] for text, length in zip(self._texts[rows], self._lengths[rows], strict=True)])
        return Led(TAB, cells)

    def render(self, rows: np.ndarray | slice, texts: np.ndarray, lengths: np.ndarray) -> None:
        """Put texts, as rows of 64-bit words, into some rows; each begins with a tab."""
        if len(texts) == len(self._texts):
            self._texts, self._lengths = texts, lengths
            return
        if self._texts.shape[1] < texts.shape[1]:
            wider = np.zeros((len(self._texts), texts.shape[1]), np.uint64)
            wider[:, : self._texts.shape[1]] = self._texts
            self._texts = wider
        self._texts[rows, : texts.shape[1]] = texts
        self._lengths[rows] = lengths


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

    def usual_words(self) -> int:
        """How many 64-bit words nearly all of the cells need; 0 when that are too many."""
        lengths = self.cells.lengths
        enough = _MOST * len(lengths)
        return next((words for words in WIDTHS if np.count_nonzero(lengths <= 8 * words) >= enough), 0)

    def longer(self, words: int) -> np.ndarray:
        """The positions of the cells that need more."""
        return np.flatnonzero(self.cells.lengths > 8 * words)
