"""Cells read by their shapes, as far as these settle what is in them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.tabular.byte_cells import Buffer, ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import copy_text
from takeback.tabular.parsed import TAB, ParsedColumn, Part, Problems
from takeback.tabular.shapes import Verdict, split, verdict

_MOST_SHAPES = 1_000
_ENOUGH_CELLS = 8  # of one shape, before it is worth being asked about
_WORD = 8
_RUNS = 3  # of digits, that are moved together in a cell of one word


class ByShape:
    """Reads chunk after chunk of the cells of one column and kind."""

    def __init__(self, column: Column, reading: Reading, kind: str, problems: Problems, evidence: Evidence) -> None:
        self._column, self._reading, self._kind = column, reading, kind
        self._problems = problems
        self._evidence = evidence
        self._widths: dict[int, _Shapes] = {}

    def tell(self) -> None:
        """Tell the evidence what it has not been told yet."""
        for shapes in self._widths.values():
            for number in np.flatnonzero(shapes.seen).tolist():
                row, text = shapes.firsts[number]
                self._evidence.see(text, self._kind, row, int(shapes.seen[number]))
            shapes.seen[:] = 0

    def read(self, part: Part, out: ParsedColumn) -> Iterator[Part]:
        """Read cells into their places of a column. Gives those that their shape does not settle."""
        words = part.usual_words()
        if not words:
            yield part
            return
        left = self._read(words, part, out)
        if not len(left):
            return
        is_longer = part.cells.lengths[left] > 8 * words
        for some, is_same_width in ((left[~is_longer], True), (left[is_longer], False)):
            if len(some):
                rest = part.take(some)
                yield from [rest] if is_same_width else self.read(rest, out)

    def _read(self, words: int, part: Part, out: ParsedColumn) -> np.ndarray:
        """Read the cells of a width; the positions of those that are not settled."""
        if words not in self._widths:
            self._widths[words] = (_ShortShapes if words == 1 else _Shapes)(words)
        shapes = self._widths[words]
        written = part.cells.words(words)
        shape, values, digits = split(written)
        numbers, counts = shapes.number(shape)
        for number in shapes.unasked():
            shapes.settle(number, self._ask(shapes.classes.key(number)), self._problems)
        if self._evidence.listens:
            shapes.see(part, numbers, counts)
        out.problem[part.rows] = shapes.problem.take(numbers)
        left = np.flatnonzero(~shapes.settled.take(numbers)) if counts[~shapes.settled].any() else numbers[:0]
        if out.kept is not None:
            out.kept = shapes.place(part, numbers, counts, out.kept)
            return left
        texts, lengths, amounts = shapes.values(written, values, digits, numbers)
        if self._column.kind == "money":
            out.cents[part.rows] = amounts
            out.filled[part.rows] = shapes.filled.take(numbers)
        out.render(part.rows, texts, lengths)
        return left

    def _ask(self, shape: str) -> Verdict | None:
        found = verdict(self._column, self._reading, shape, self._kind)
        if self._column.kind == "date":  # whether there is such a day depends on the digits, whether a cell is a date at all does not
            return found if found.problem is not None and found.problem.code == "not_a_date" else None
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
        count = _MOST_SHAPES + 1
        self.seen, self._cells = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.settled, self.filled, self._asked, self._changed = (np.zeros(count, bool) for _ in range(4))
        self.problem = np.zeros(count, np.int32)
        self._before, self._after = np.zeros(count, np.uint64), np.zeros(count, np.uint64)  # what the digits stand between
        self._length, self._factor, self._constant = (np.zeros(count, np.int64) for _ in range(3))
        self._weights = np.zeros((count, 8 * words))

    def number(self, shape: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of some shapes, and how many there are of each."""
        numbers = self.classes.number(shape)[0]
        counts = np.bincount(numbers, minlength=len(self._cells))
        self._cells += counts
        return numbers, counts

    def unasked(self) -> list[int]:
        """Shapes that occur often enough to be asked about and were not yet."""
        found = np.flatnonzero((self._cells >= _ENOUGH_CELLS) & ~self._asked)
        self._asked[found] = True
        return [number for number in found.tolist() if number]

    def settle(self, number: int, found: Verdict | None, problems: Problems) -> None:
        """Keep what the rules said of a shape."""
        if found is None or (found.kind == "times" and not self._keep_digits(number, found.factor)):
            return
        self.settled[number] = True
        self.problem[number] = problems.number(found.problem)
        self.filled[number] = found.kind == "times" or found.value is not None
        self._changed[number] = found.kind != "same"
        if found.kind == "constant":
            text = bytes([TAB]) + copy_text(found.value)
            self._before[number], self._length[number] = int.from_bytes(text, "little"), len(text)
            self._constant[number] = found.value if type(found.value) is int else 0

    def _keep_digits(self, number: int, factor: int) -> bool:
        """Note which digits make the value; False where that is too much for the cells of this width."""
        before, after = bytes([TAB]) + b"-" * (factor < 0), b"0" * (len(str(abs(factor))) - 1)
        digits = self._digits(number)
        for rank, at in enumerate(reversed(digits)):
            self._weights[number, at] = factor * 10**rank
        self._before[number], self._after[number] = int.from_bytes(before, "little"), int.from_bytes(after, "little")
        self._length[number], self._factor[number] = len(before) + len(digits) + len(after), factor
        return True

    def _digits(self, number: int) -> list[int]:
        """The places of the digits of a shape's cells, without leading zeros."""
        text = self.classes.key(number).encode()
        return [at for at, sign in enumerate(text) if sign in b"01" and at >= text.index(b"1")]

    def see(self, part: Part, numbers: np.ndarray, counts: np.ndarray) -> None:
        """Count the settled cells for the evidence, and keep the first of each shape."""
        settled = counts * self.settled
        self.seen += settled
        for number in np.flatnonzero(settled).tolist():
            if number not in self.firsts:
                at = int(np.argmax(numbers == number))
                self.firsts[number] = (part.row_number(at), part.cells[at])

    def values(
        self, words: np.ndarray, values: np.ndarray, digits: np.ndarray, numbers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What COPY takes of each cell, the lengths of that, and the amounts."""
        floats = values.view(np.uint8).reshape(len(values), 8 * self.words).astype(np.float64)
        amounts = np.vecdot(floats, self._weights.take(numbers, axis=0)).astype(np.int64) + self._constant.take(numbers)
        spread = np.empty((len(words), self.words + 2), np.uint64)
        spread[:, 0], spread[:, -1] = self._before.take(numbers), self._after.take(numbers)
        spread[:, 1:-1] = words & (digits * np.uint64(255))
        spread[self._factor.take(numbers) == 0, 1:-1] = 0
        lengths = self._length.take(numbers)
        cells = ByteCells(Buffer.of(spread.tobytes().translate(None, b"\0")), np.cumsum(lengths) - lengths + 1, lengths)
        return cells.words(-(-int(lengths.max()) // 8)), lengths, amounts

    def place(self, part: Part, numbers: np.ndarray, counts: np.ndarray, kept: ByteCells) -> ByteCells:
        """Where the value is not what is written, it is put behind the other texts."""
        if not counts[self._changed].any():
            return kept
        changed = np.flatnonzero(self._changed.take(numbers))
        which, different = pd.factorize(numbers[changed])
        texts = [int(text).to_bytes(_WORD, "little").rstrip(b"\0")[1:] for text in self._before[different]]
        return kept.put(part.places_of(changed), texts, which)


class _ShortShapes(_Shapes):
    """Cells of one word: their digits are moved together, and added up eight at a time."""

    def __init__(self, words: int) -> None:
        super().__init__(words)
        count = _MOST_SHAPES + 1
        self._shifts, self._masks = np.zeros((_RUNS, count), np.uint64), np.zeros((_RUNS, count), np.uint64)  # of each run of digits
        self._align, self._indent = np.zeros(count, np.uint64), np.zeros(count, np.uint64)

    def _keep_digits(self, number: int, factor: int) -> bool:
        super()._keep_digits(number, factor)
        digits = self._digits(number)
        masks: dict[int, int] = {}  # by the bytes that the digits have to move
        for to, at in enumerate(digits):
            masks[at - to] = masks.get(at - to, 0) | 255 << 8 * to
        if len(masks) > _RUNS or self._length[number] > _WORD:
            self._before[number] = self._after[number] = self._factor[number] = self._length[number] = 0
            return False
        for run, (distance, mask) in enumerate(masks.items()):
            self._shifts[run, number], self._masks[run, number] = 8 * distance, mask
        self._align[number], self._indent[number] = 8 * (_WORD - len(digits)), 8 * (1 + (factor < 0))
        self._after[number] <<= self._indent[number] + np.uint64(8 * len(digits))
        self._before[number] |= self._after[number]
        return True

    def values(
        self, words: np.ndarray, values: np.ndarray, digits: np.ndarray, numbers: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        del values, digits  # the shape says where they are
        cells = words[:, 0]
        texts = np.zeros_like(cells)
        for shift, mask in zip(self._shifts, self._masks, strict=True):
            if mask.any():
                texts |= (cells >> shift.take(numbers)) & mask.take(numbers)
        amounts = _number_of_eight_digits(texts << self._align.take(numbers)).astype(np.int64)
        amounts *= self._factor.take(numbers)
        amounts += self._constant.take(numbers)
        texts <<= self._indent.take(numbers)
        texts |= self._before.take(numbers)
        return texts[:, None], self._length.take(numbers), amounts


def _number_of_eight_digits(text: np.ndarray) -> np.ndarray:
    """Eight digits in a word, the first one lowest, as a number: two, four and eight at a time."""
    found = text & np.uint64(0x0F0F0F0F0F0F0F0F)
    for factor, bits, mask in ((2561, 8, 0x00FF00FF00FF00FF), (6553601, 16, 0x0000FFFF0000FFFF), (42949672960001, 32, 0xFFFFFFFF)):
        found *= np.uint64(factor)
        found >>= np.uint64(bits)
        found &= np.uint64(mask)
    return found
