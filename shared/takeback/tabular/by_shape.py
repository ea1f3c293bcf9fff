"""Cells read by their shapes, as far as these settle what is in them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.tabular import loops
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import copy_text
from takeback.tabular.parsed import ParsedColumn, Part, Problems
from takeback.tabular.shapes import Verdict, verdict

_MOST_SHAPES = 2_000
_ENOUGH_CELLS = 8  # of one shape, before it is worth being asked about


class ByShape:
    """Reads chunk after chunk of the cells of one column and kind."""

    def __init__(self, column: Column, reading: Reading, kind: str, problems: Problems, evidence: Evidence) -> None:
        self._column, self._reading, self._kind = column, reading, kind
        self._evidence = evidence
        self._shapes = _Shapes(problems)

    def tell(self) -> None:
        """Tell the evidence what it has not been told yet."""
        shapes = self._shapes
        for number in np.flatnonzero(shapes.seen).tolist():
            row, text = shapes.firsts[number]
            self._evidence.see(text, self._kind, row, int(shapes.seen[number]))
        shapes.seen[:] = 0

    def read(self, part: Part, out: ParsedColumn) -> Part:
        """Read cells into their places of a column. Gives those that their shape does not settle."""
        shapes = self._shapes
        numbers, counts = shapes.number(part.cells)
        for number in shapes.unasked():
            shapes.settle(number, self._ask(shapes.classes.key(number)))
        if self._evidence.listens:
            shapes.see(part, numbers, counts)
        out.problem[part.rows] = shapes.problem.take(numbers)
        if out.is_kept:
            out.copied = shapes.place(part, numbers, counts, out.copied)
        else:
            texts, amounts = shapes.values(part.cells, numbers)
            if self._column.kind == "money":
                out.cents[part.rows] = amounts
                out.filled[part.rows] = shapes.filled.take(numbers)
            out.render(part.rows, texts)
        if not counts[~shapes.settled].any():
            return part.take(numbers[:0])
        return part.take(np.flatnonzero(~shapes.settled.take(numbers)))

    def _ask(self, shape: str) -> Verdict | None:
        found = verdict(self._column, self._reading, shape, self._kind)
        if self._column.kind == "date":  # whether there is such a day depends on the digits, whether a cell is a date at all does not
            return found if found.problem is not None and found.problem.code == "not_a_date" else None
        if found.kind == "same":
            return found if self._column.kind in ("id", "text") and copy_text(shape) == shape.encode() else None
        if found.kind == "times":
            return found if self._column.kind in ("money", "count") else None
        return None if found.kind == "each" else found


class _Shapes:
    """The shapes of a column by number, with what is known of each. Number 0 stands for those that are not looked at."""

    def __init__(self, problems: Problems) -> None:
        self.classes = Classes(_MOST_SHAPES, of_shapes=True)
        self.firsts: dict[int, tuple[int, str]] = {}
        self._problems = problems
        count = _MOST_SHAPES + 1
        self.seen, self._cells = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.settled, self.filled, self._asked, self._changed = (np.zeros(count, bool) for _ in range(4))
        self.problem = np.zeros(count, np.int32)
        self._factor = np.zeros(count, np.int64)  # an amount is the digits times this, or where there is none
        self._constant = np.zeros((3, count), np.int64)  # a constant, of which COPY takes so many bytes from a place on of
        self._constants = b""

    def number(self, cells: ByteCells) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of some shapes, and how many there are of each."""
        numbers = self.classes.number(cells)[0]
        counts = np.bincount(numbers, minlength=len(self._cells))
        self._cells += counts
        return numbers, counts

    def unasked(self) -> list[int]:
        """Shapes that occur often enough to be asked about and were not yet."""
        found = np.flatnonzero((self._cells >= _ENOUGH_CELLS) & ~self._asked)
        self._asked[found] = True
        return [number for number in found.tolist() if number]

    def settle(self, number: int, found: Verdict | None) -> None:
        """Keep what the rules said of a shape."""
        if found is None:
            return
        self.settled[number] = True
        self.problem[number] = self._problems.number(found.problem)
        self.filled[number] = found.kind == "times" or found.value is not None
        self._changed[number] = found.kind != "same"
        if found.kind == "times":
            self._factor[number] = found.factor
        elif found.kind == "constant":
            text = copy_text(found.value)
            self._constant[:, number] = found.value if type(found.value) is int else 0, len(self._constants), len(text)
            self._constants += text

    def see(self, part: Part, numbers: np.ndarray, counts: np.ndarray) -> None:
        """Count the settled cells for the evidence, and keep the first of each shape."""
        settled = counts * self.settled
        self.seen += settled
        for number in np.flatnonzero(settled).tolist():
            if number not in self.firsts:
                at = int(np.argmax(numbers == number))
                self.firsts[number] = (part.row_number(at), part.cells[at])

    def values(self, cells: ByteCells, numbers: np.ndarray) -> tuple[ByteCells, np.ndarray]:
        """What COPY takes of each cell, and the amounts."""
        begin, count = len(self._constants), len(cells)
        text = np.empty(begin + int(cells.lengths.sum()) + 4 * count + 2 * SLACK, np.uint8)
        text[:begin] = np.frombuffer(self._constants, np.uint8)
        amounts, starts, lengths = (np.empty(count, np.int64) for _ in range(3))
        end = loops.take_amounts(*cells.arrays(), numbers, self._factor, self._constant, amounts, text, begin, starts, lengths)
        return ByteCells(Buffer(text, end), starts, lengths), amounts

    def place(self, part: Part, numbers: np.ndarray, counts: np.ndarray, kept: ByteCells) -> ByteCells:
        """Where the value is not what is written, it is put behind the other texts."""
        if not counts[self._changed].any():
            return kept
        changed = np.flatnonzero(self._changed.take(numbers))
        which, different = pd.factorize(numbers[changed])
        texts = [self._constants[at : at + length] for _, at, length in self._constant[:, different].T.tolist()]
        return kept.put(part.places_of(changed), texts, which)
