"""Cells read by their distinct values: the scalar rules are asked about each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import Problem, parse_cell
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import copy_text, of_one_width
from takeback.tabular.parsed import TAB, WIDTHS, ParsedColumn, Part, Problems

_REMEMBERED = 20_000  # beyond that the values hardly repeat
_REMEMBERED_BYTES = 500_000  # each takes up several times as much
_FEWEST = 200  # cells of which most have to be new for the values to repeat too seldom
_FEW = 10_000  # more than the days of ten years in several spellings


@dataclass(slots=True)
class _Answers:
    """What the rules said of each distinct cell, by number; 0 is none."""

    problem: list[int] = field(default_factory=lambda: [0])
    cents: list[int] = field(default_factory=lambda: [0])
    filled: list[bool] = field(default_factory=lambda: [False])
    same: list[bool] = field(default_factory=lambda: [False])
    texts: list[bytes] = field(default_factory=lambda: [b""])
    firsts: list[tuple[int, str]] = field(default_factory=lambda: [(0, "")])


class ByValue:
    """Reads chunk after chunk of the cells of one column and kind."""

    def __init__(self, column: Column, reading: Reading, kind: str, problems: Problems, evidence: Evidence) -> None:
        self._column, self._reading, self._kind = column, reading, kind
        self._problems = problems
        self._evidence = evidence
        self._renders = column.kind not in ("id", "text")
        self.many = False  # whether there are more values than columns of dates, quantities or words have as a rule
        self._forget()

    def _forget(self) -> None:
        self._answers = _Answers()
        self._classes = {words: Classes(words) for words in WIDTHS}
        self._answer_of_class = {words: np.zeros(1, np.int32) for words in WIDTHS}
        self._long: dict[bytes, int] = {}
        self._bytes = 0
        self._problem, self._cents = np.zeros(1, np.int32), np.zeros(1, np.int64)
        self._filled, self._same = np.zeros(1, bool), np.zeros(1, bool)
        self._rendered, self._lengths = of_one_width([b""]), np.zeros(1, np.int64)
        self._counts = np.zeros(1, np.int64)

    def tell(self) -> None:
        """Tell the evidence what it has not been told yet."""
        for number in np.flatnonzero(self._counts).tolist():
            row, text = self._answers.firsts[number]
            self._evidence.see(text, self._kind, row, int(self._counts[number]))
        self._counts[:] = 0

    def read(self, part: Part, out: ParsedColumn) -> None:
        """Read cells into their places of a column."""
        known = len(self._counts)
        numbers = self._numbers(part)
        self._take_in()
        if self._evidence.listens:
            self._counts += np.bincount(numbers, minlength=len(self._counts))
        out.problem[part.rows] = self._problem.take(numbers)
        if self._column.kind == "money":
            out.cents[part.rows] = self._cents.take(numbers)
            out.filled[part.rows] = self._filled.take(numbers)
        if out.kept is not None:
            changed = np.flatnonzero(~self._same.take(numbers))
            if len(changed):
                which, different = pd.factorize(numbers[changed])
                texts = [self._answers.texts[number] for number in different.tolist()]
                out.kept = out.kept.put(part.places_of(changed), texts, which)
        else:
            texts = self._rendered.take(numbers)
            out.render(part.rows, texts.view(np.uint64).reshape(len(texts), texts.dtype.itemsize // 8), self._lengths.take(numbers))
        self.many |= len(self._counts) > _FEW
        is_strange = len(part) > _FEWEST and 2 * (len(self._counts) - known) > len(part)
        if is_strange or len(self._counts) > _REMEMBERED or self._bytes > _REMEMBERED_BYTES:
            self.tell()
            self._forget()

    def _numbers(self, part: Part) -> np.ndarray:
        """The numbers of the answers to some cells."""
        words = part.usual_words()
        if not words:
            return self._of_long(part)
        numbers, new = self._classes[words].number(part.cells.words(words))
        if len(new):
            asked = self._ask(part.cells.take(new).all_bytes(), [part.row_number(at) for at in new.tolist()])
            self._answer_of_class[words] = np.concatenate([self._answer_of_class[words], asked])
        found = self._answer_of_class[words].take(numbers)
        longer = part.longer(words)
        if len(longer):
            found[longer] = self._numbers(part.take(longer))
        return found

    def _of_long(self, part: Part) -> np.ndarray:
        """The same for cells that are too long to be looked at together."""
        written = part.cells.all_bytes()
        new = {cell: at for at, cell in reversed(list(enumerate(written))) if cell not in self._long}
        rows = [part.row_number(at) for at in new.values()]
        self._long.update(zip(new, self._ask([*new], rows).tolist(), strict=True))
        return np.array([self._long[cell] for cell in written], np.int32)

    def _ask(self, cells: Sequence[bytes], row_numbers: Sequence[int]) -> np.ndarray:
        """Ask the scalar rules about some cells, one by one; the numbers of the answers."""
        column, reading, kind, answers = self._column, self._reading, self._kind, self._answers
        first, is_money, listens = len(answers.texts), column.kind == "money", self._evidence.listens
        for written, row in zip(cells, row_numbers, strict=True):
            text = written.decode()
            value = parse_cell(column, reading, text, kind)
            is_bad = isinstance(value, Problem)
            copied = b"" if is_bad else copy_text(value)
            answers.problem.append(self._problems.number(value) if is_bad else 0)
            answers.cents.append(value if is_money and type(value) is int else 0)
            answers.filled.append(not is_bad and value is not None)
            answers.same.append(copied == written)
            answers.texts.append(copied)
            if listens:
                answers.firsts.append((row, text))
            self._bytes += len(written) + len(copied)
        return np.arange(first, len(answers.texts), dtype=np.int32)

    def _take_in(self) -> None:
        """New answers into the arrays."""
        known, answers = len(self._counts), self._answers
        if known == len(answers.texts):
            return
        self._problem = np.concatenate([self._problem, np.array(answers.problem[known:], np.int32)])
        self._cents = np.concatenate([self._cents, np.array(answers.cents[known:], np.int64)])
        self._filled = np.concatenate([self._filled, np.array(answers.filled[known:], bool)])
        self._same = np.concatenate([self._same, np.array(answers.same[known:], bool)])
        self._counts = np.concatenate([self._counts, np.zeros(len(answers.texts) - known, np.int64)])
        if self._renders:
            more = of_one_width([bytes([TAB]) + text for text in answers.texts[known:]])
            lengths = [len(text) + 1 for text in answers.texts[known:]]
            self._lengths = np.concatenate([self._lengths, np.array(lengths, np.int64)])
            width = f"S{max(more.dtype.itemsize, self._rendered.dtype.itemsize)}"
            parts = [some.view(f"S{some.dtype.itemsize}").astype(width) for some in (self._rendered, more)]
            self._rendered = np.concatenate(parts).view(width.replace("S", "V"))
