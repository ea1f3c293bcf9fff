"""Cells read by their shapes, as far as these settle what is in them."""

from __future__ import annotations

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import copy_text
from takeback.tabular.parsed import WIDTHS, ParsedColumn, Part, Problems
from takeback.tabular.shapes import Verdict, split, verdict

_MOST_SHAPES = 1_000
_ENOUGH_CELLS = 8  # of one shape, before it is worth being asked about
_WORD = 8


class ByShape:
    """Reads chunk after chunk of the cells of one column and kind."""

    def __init__(self, column: Column, reading: Reading, kind: str, problems: Problems, evidence: Evidence) -> None:
        self._column, self._reading, self._kind = column, reading, kind
        self._problems = problems
        self._evidence = evidence
        self._widths = {words: _Shapes(words) for words in WIDTHS}

    def tell(self) -> None:
        """Tell the evidence what it has not been told yet."""
        for shapes in self._widths.values():
            for number in np.flatnonzero(shapes.seen).tolist():
                row, text = shapes.firsts[number]
                self._evidence.see(text, self._kind, row, int(shapes.seen[number]))
            shapes.seen[:] = 0

    def read(self, part: Part, out: ParsedColumn) -> list[Part]:
        """Read cells into their places of a column. Gives those that their shape does not settle."""
        left: list[Part] = []
        for words, some in part.by_width():
            undecided = self._read(self._widths[words], some, out) if words else some
            if len(undecided):
                left.append(undecided)
        return left

    def _read(self, shapes: _Shapes, part: Part, out: ParsedColumn) -> Part:
        words = part.cells.words(shapes.words)
        shape, values, digits = split(words)
        numbers = shapes.number(shape)
        for number in shapes.unasked():
            shapes.settle(number, self._ask(shapes.classes.key(number)), self._problems)
        settled = shapes.settled.take(numbers)
        undecided = np.flatnonzero(~settled)
        if self._evidence.listens:
            shapes.see(part, numbers)
        if len(undecided):
            chosen = np.flatnonzero(settled)
            some = part.take(chosen)
            numbers, words, values, digits = numbers[chosen], words[chosen], values[chosen], digits[chosen]
        else:
            some = part
        out.problem[some.rows] = shapes.problem.take(numbers)
        if out.kept is not None:
            shapes.place(some, numbers, out.kept)
        else:
            if self._column.kind == "money":
                out.cents[some.rows] = shapes.amounts(values, numbers)
                out.filled[some.rows] = shapes.filled.take(numbers)
            out.render(some.rows, shapes.texts(words, digits, numbers))
        return part.take(undecided)

    def _ask(self, shape: str) -> Verdict | None:
        found = verdict(self._column, self._reading, shape, self._kind)
        if found.kind == "same":
            return found if self._column.kind in ("id", "text") and copy_text(shape) == shape.encode() else None
        if found.kind == "times":
            return found if self._column.kind in ("money", "count") else None
        return None if found.kind == "each" or (found.kind == "constant" and len(copy_text(found.value)) > _WORD) else found


class _Shapes:
    """The shapes of one width, by number, with what is known of each. Number 0 stands for those that are not looked at."""

    def __init__(self, words: int) -> None:
        self.words = words
        self.classes = Classes(words, _MOST_SHAPES)
        self.firsts: dict[int, tuple[int, str]] = {}
        self.seen = np.zeros(0, np.int64)
        self._cells = np.zeros(0, np.int64)
        self._asked = np.zeros(0, bool)
        self.settled, self.filled, self._same = np.zeros(0, bool), np.zeros(0, bool), np.zeros(0, bool)
        self.problem = np.zeros(0, np.int32)
        self._head, self._keep, self._tail = np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.uint64)
        self._weights, self._constant = np.zeros((0, 8 * words)), np.zeros(0, np.int64)

    def number(self, shape: np.ndarray) -> np.ndarray:
        """The numbers of some shapes."""
        numbers, _ = self.classes.number(shape)
        known = len(self.classes) + 1
        if known > len(self._cells):
            for name, array in vars(self).items():
                if isinstance(array, np.ndarray):
                    grown = np.zeros((2 * known, *array.shape[1:]), array.dtype)
                    grown[: len(array)] = array
                    setattr(self, name, grown)
        self._cells += np.bincount(numbers, minlength=len(self._cells))
        return numbers

    def unasked(self) -> list[int]:
        """Shapes that occur often enough to be asked about and were not yet."""
        found = np.flatnonzero((self._cells >= _ENOUGH_CELLS) & ~self._asked)
        self._asked[found] = True
        return [number for number in found.tolist() if number]

    def settle(self, number: int, found: Verdict | None, problems: Problems) -> None:
        """Keep what the rules said of a shape."""
        if found is None:
            return
        self.settled[number] = True
        self.problem[number] = problems.number(found.problem)
        self.filled[number] = found.problem is None and found.value is not None
        self._same[number] = found.kind == "same"
        head, tail = b"", b""
        if found.kind == "constant":
            head = copy_text(found.value)
            self._constant[number] = found.value if type(found.value) is int else 0
        elif found.kind == "times":
            self.filled[number] = True
            self._keep[number] = np.uint64(0xFFFFFFFFFFFFFFFF)
            head, tail = b"-" * (found.factor < 0), b"0" * (len(str(abs(found.factor))) - 1)
            digits = [at for at, sign in enumerate(self.classes.key(number).encode()) if sign in b"01"]
            for rank, at in enumerate(reversed(digits)):
                self._weights[number, at] = found.factor * 10**rank
        self._head[number] = int.from_bytes(head, "little")
        self._tail[number] = int.from_bytes(tail, "little")

    def see(self, part: Part, numbers: np.ndarray) -> None:
        """Count the settled cells for the evidence, and keep the first of each shape."""
        counts = np.bincount(numbers, minlength=len(self.seen)) * self.settled
        self.seen += counts
        for number in np.flatnonzero(counts).tolist():
            if number not in self.firsts:
                at = int(np.argmax(numbers == number))
                self.firsts[number] = (part.row_number(at), part.cells[at])

    def amounts(self, values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """The digits of each cell as one number, times the factor of its shape; of some shapes always the same amount."""
        digits = values.view(np.uint8).reshape(len(values), 8 * self.words).astype(np.float64)
        return np.vecdot(digits, self._weights.take(numbers, axis=0)).astype(np.int64) + self._constant.take(numbers)

    def texts(self, words: np.ndarray, digits: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """What COPY takes: the sign, the digits where they stand, what follows them."""
        found = np.empty((len(words), self.words + 2), np.uint64)
        found[:, 0] = self._head.take(numbers)
        found[:, 1:-1] = words & (digits * np.uint64(255)) & self._keep.take(numbers)[:, None]
        found[:, -1] = self._tail.take(numbers)
        return found

    def place(self, part: Part, numbers: np.ndarray, kept: ByteCells) -> None:
        """Where the value is not what is written, it is put behind the other texts."""
        changed = np.flatnonzero(~self._same.take(numbers))
        distinct, which = np.unique(numbers[changed], return_inverse=True)
        texts = [int(head).to_bytes(_WORD, "little").rstrip(b"\0") for head in self._head[distinct]]
        kept.put(part.places_of(changed), texts, which)
