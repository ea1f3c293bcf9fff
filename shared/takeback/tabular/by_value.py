"""Cells read by their distinct values: the scalar rules are asked about each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import Problem, parse_cell
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import copy_text
from takeback.tabular.parsed import ParsedColumn, Part, Problems

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
        self.share_of_new = 1.0  # of the cells that were read last
        self.many = False  # whether there are more values than columns of dates, quantities or words have as a rule
        self._forget()

    def _forget(self) -> None:
        self._answers = _Answers()
        self._classes = Classes()
        self._bytes = 0
        self._problem, self._cents = np.zeros(1, np.int32), np.zeros(1, np.int64)
        self._filled, self._same = np.zeros(1, bool), np.zeros(1, bool)
        self._rendered = ByteCells.of_bytes([b""])
        self._counts = np.zeros(1, np.int64)

    def tell(self) -> None:
        """Tell the evidence what it has not been told yet."""
        for number in np.flatnonzero(self._counts).tolist():
            row, text = self._answers.firsts[number]
            self._evidence.see(text, self._kind, row, int(self._counts[number]))
        self._counts[:] = 0

    def read(self, part: Part, out: ParsedColumn) -> None:
        """Read cells into their places of a column."""
        numbers, new = self._classes.number(part.cells)
        self._ask(part.cells.take(new).all_bytes(), [part.row_number(at) for at in new.tolist()])
        self._take_in()
        if self._evidence.listens:
            self._counts += np.bincount(numbers, minlength=len(self._counts))
        out.problem[part.rows] = self._problem.take(numbers)
        if self._column.kind == "money":
            out.cents[part.rows] = self._cents.take(numbers)
            out.filled[part.rows] = self._filled.take(numbers)
        if out.is_kept:
            changed = np.flatnonzero(~self._same.take(numbers))
            if len(changed):
                which, different = pd.factorize(numbers[changed])
                texts = [self._answers.texts[number] for number in different.tolist()]
                out.copied = out.copied.put(part.places_of(changed), texts, which)
        else:
            out.render(part.rows, self._rendered.take(numbers))
        self.many |= len(self._counts) > _FEW
        self.share_of_new = len(new) / len(part)
        is_strange = len(part) > _FEWEST and 2 * len(new) > len(part)
        if is_strange or len(self._counts) > _REMEMBERED or self._bytes > _REMEMBERED_BYTES:
            self.tell()
            self._forget()

    def _ask(self, cells: Sequence[bytes], row_numbers: Sequence[int]) -> None:
        """Ask the scalar rules about some cells, one by one."""
        column, reading, kind, answers = self._column, self._reading, self._kind, self._answers
        is_money, listens = column.kind == "money", self._evidence.listens
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
            self._rendered = self._rendered.and_bytes(answers.texts[known:])
