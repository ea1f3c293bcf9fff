"""The bad rows of a chunk: counted by kind, listed as long as there is room, and written into the error file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from takeback.rules.issues import Issue
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import distinct
from takeback.tabular.error_file import ErrorFile, quoted
from takeback.tabular.findings import FIRST_ROWS, Findings
from takeback.tabular.parsed import ParsedColumn
from takeback.tabular.plan import Plan

_MIX = np.uint64(0x9E3779B97F4A7C15)


class BadRows:
    """What is wrong with the rows of a chunk. `told` has the issues of whole rows, by place."""

    def __init__(
        self,
        plan: Plan,
        cells: Sequence[ByteCells],
        row_numbers: Sequence[int],
        parsed: Mapping[str, ParsedColumn],
        told: Mapping[int, list[Issue]],
    ) -> None:
        self._plan = plan
        self._cells = cells
        self._row_numbers = row_numbers
        self._parsed = parsed
        self._told = told
        self._places = plan.places

    def mask(self) -> np.ndarray:
        """Which rows are bad."""
        found = np.zeros(len(self._row_numbers), bool)
        found[list(self._told)] = True
        for column in self._parsed.values():
            found |= column.bad
        return found

    def issues(self, at: int) -> list[Issue]:
        """Everything that is wrong with one row."""
        found = list(self._told.get(at, ()))
        for name, column in self._parsed.items():
            if column.problem[at]:
                found.append(self._issue(name, at))
        return found

    def tell(self, bad: np.ndarray, findings: Findings, errors: ErrorFile) -> None:
        """Count, list and write the bad rows."""
        for at, issues in sorted(self._told.items()):
            for place, issue in enumerate(issues):
                findings.count(issue, place, [self._row_numbers[at]])
        most_told = max(map(len, self._told.values()), default=0)
        for place, name in enumerate(self._parsed, start=most_told):
            self._count(name, place, bad, findings)
        for at in bad[: findings.errors_wanted].tolist():
            findings.list_errors(self.issues(at))
        reasons, which = self._reasons(bad)
        errors.add([cells.take(bad) for cells in self._cells], [self._row_numbers[at] for at in bad.tolist()], reasons, which)

    def _issue(self, name: str, at: int) -> Issue:
        column, place = self._parsed[name], self._places[name]
        problem = column.problems[int(column.problem[at])]
        assert problem is not None  # noqa: S101 - number 0 alone is none
        return Issue(problem.code, problem.message, self._row_numbers[at], name, self._plan.headers[place], self._cells[place][at])

    def _count(self, name: str, place: int, bad_rows: np.ndarray, findings: Findings) -> None:
        """Count the problems of one field by their codes."""
        column = self._parsed[name]
        numbers = column.problem[bad_rows]
        is_bad = numbers != 0
        if not is_bad.any():
            return
        bad, numbers = bad_rows[is_bad], numbers[is_bad]
        codes: dict[str, int] = {}
        code_of = np.zeros(int(numbers.max()) + 1, np.intp)
        for number in np.flatnonzero(np.bincount(numbers)).tolist():
            problem = column.problems[number]
            code_of[number] = codes.setdefault(problem.code if problem else "", len(codes))
        found = code_of.take(numbers)
        for code in codes.values():
            rows = bad[found == code]
            first_rows = [self._row_numbers[at] for at in rows[:FIRST_ROWS].tolist()]
            findings.count(self._issue(name, int(rows[0])), place, first_rows, len(rows))

    def _reasons(self, bad: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """The different reasons, and which of them each bad row has. Rows with the same problems have the same ones."""
        problems = (
            np.stack([column.problem[bad] for column in self._parsed.values()]) if self._parsed else np.zeros((1, len(bad)), np.int32)
        )
        mixed = np.zeros(len(bad), np.uint64)
        for numbers in problems:
            mixed = (mixed ^ numbers.astype(np.uint64)) * _MIX
            mixed ^= mixed >> np.uint64(29)
        which, firsts = distinct(mixed)
        texts = [self._reason(int(bad[first])) for first in firsts.tolist()]
        own = (problems != problems[:, firsts[which]]).any(axis=0)
        if self._told:
            own |= np.isin(bad, list(self._told)) | np.isin(bad[firsts[which]], list(self._told))
        for at in np.flatnonzero(own).tolist():
            which[at] = len(texts)
            texts.append(self._reason(int(bad[at])))
        return texts, which

    def _reason(self, at: int) -> bytes:
        return quoted(" ".join(f"{issue.header}: {issue.message}" if issue.header else issue.message for issue in self.issues(at)))
