"""Cells read by their distinct values: the scalar rules are asked about each of them once."""

from __future__ import annotations

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import Problem, parse_cell
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import copy_text, of_one_width
from takeback.tabular.parsed import WIDTHS, ParsedColumn, Part, Problems

_REMEMBERED = 50_000  # beyond that the values hardly repeat
_REMEMBERED_BYTES = 4_000_000
_FEW = 4_000  # more than the days of ten years


class ByValue:
    """Reads chunk after chunk of the cells of one column and kind."""

    def __init__(self, column: Column, reading: Reading, kind: str, problems: Problems, evidence: Evidence) -> None:
        self._column, self._reading, self._kind = column, reading, kind
        self._problems = problems
        self._evidence = evidence
        self._forget()

    def _forget(self) -> None:
        self._classes = {words: Classes(words) for words in WIDTHS}
        self._answers = {words: [0] for words in WIDTHS}  # of the classes, by their numbers
        self._long: dict[bytes, int] = {}
        self._bytes = 0
        # The answers, by number; 0 is none.
        self._problem, self._cents, self._filled, self._same = [0], [0], [False], [False]
        self._texts = [b""]
        self._firsts = [(0, "")]
        self._counts = np.zeros(1, np.int64)
        self._arrays()

    def _arrays(self) -> None:
        self._answer = {words: np.array(answers, np.int32) for words, answers in self._answers.items()}
        self._of_answer = (
            np.array(self._problem, np.int32),
            np.array(self._cents, np.int64),
            np.array(self._filled, bool),
            np.array(self._same, bool),
        )
        self._rendered = of_one_width(self._texts) if self._column.kind not in ("id", "text") else None
        self._counts = np.concatenate([self._counts, np.zeros(len(self._texts) - len(self._counts), np.int64)])

    @property
    def many(self) -> bool:
        """Whether there are more values than columns of dates, quantities or words have as a rule."""
        return len(self._texts) > _FEW

    def tell(self) -> None:
        """Tell the evidence what it has not been told yet."""
        for number in np.flatnonzero(self._counts).tolist():
            row, text = self._firsts[number]
            self._evidence.see(text, self._kind, row, int(self._counts[number]))
        self._counts[:] = 0

    def read(self, part: Part, out: ParsedColumn) -> None:
        """Read cells into their places of a column."""
        if len(self._texts) > _REMEMBERED or self._bytes > _REMEMBERED_BYTES:
            self.tell()
            self._forget()
        before = len(self._texts)
        found = [(words, some, self._numbers(words, some)) for words, some in part.by_width()]
        if len(self._texts) > before:
            self._arrays()
        for words, some, numbers in found:
            answers = self._answer[words].take(numbers) if words else numbers
            if self._evidence.listens:
                self._counts += np.bincount(answers, minlength=len(self._counts))
            self._write(some, answers, out)

    def _numbers(self, words: int, part: Part) -> np.ndarray:
        """The classes of cells of a width; of longer ones, which come one by one, the answers."""
        if not words:
            return np.array([self._of_long(part, at) for at in range(len(part))], np.int32)
        numbers, new = self._classes[words].number(part.cells.words(words))
        self._answers[words] += [self._ask(part, at) for at in new.tolist()]
        return numbers

    def _of_long(self, part: Part, at: int) -> int:
        key = part.cells.bytes_at(at)
        if key not in self._long:
            self._long[key] = self._ask(part, at)
        return self._long[key]

    def _ask(self, part: Part, at: int) -> int:
        """Ask the scalar rules about one cell; the number of the answer."""
        written = part.cells.bytes_at(at)
        text = written.decode()
        value = parse_cell(self._column, self._reading, text, self._kind)
        problem = value if isinstance(value, Problem) else None
        copied = b"" if isinstance(value, Problem) else copy_text(value)
        self._problem.append(self._problems.number(problem))
        self._cents.append(value if type(value) is int and self._column.kind == "money" else 0)
        self._filled.append(problem is None and value is not None)
        self._same.append(copied == written)
        self._texts.append(copied)
        self._bytes += len(written) + len(copied)
        if self._evidence.listens:
            self._firsts.append((part.row_number(at), text))
        return len(self._texts) - 1

    def _write(self, part: Part, answers: np.ndarray, out: ParsedColumn) -> None:
        problem, cents, filled, same = self._of_answer
        out.problem[part.rows] = problem.take(answers)
        if self._column.kind == "money":
            out.cents[part.rows] = cents.take(answers)
            out.filled[part.rows] = filled.take(answers)
        if out.kept is not None:
            changed = np.flatnonzero(~same.take(answers))
            distinct, which = np.unique(answers[changed], return_inverse=True)
            out.kept.put(part.places_of(changed), [self._texts[number] for number in distinct.tolist()], which)
        elif self._rendered is not None:
            texts = self._rendered.take(answers)
            out.render(part.rows, texts.view(np.uint64).reshape(len(texts), texts.dtype.itemsize // 8))
