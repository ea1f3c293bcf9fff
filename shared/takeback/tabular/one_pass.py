"""One pass over a table: every row checked, the good ones written for commit, the bad ones for the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.issues import Issue
from takeback.tabular.distinct import ColumnParser, ParsedColumn, copy_text
from takeback.tabular.error_file import ErrorFile, Sink
from takeback.tabular.findings import Findings
from takeback.tabular.table import Chunk


class Pass:
    """Reads chunks under fixed readings. `evidence` afterwards speaks for the whole file, whatever the readings were."""

    def __init__(
        self,
        headers: Sequence[str],
        fields: Sequence[Column],
        mapped: Mapping[str, int],
        readings: Mapping[str, Reading],
        ids: Iterator[str],
    ) -> None:
        self.findings = Findings(headers)
        self._fields = fields
        self._ids = ids
        self._at = mapped  # field -> index of its column
        self._used = {headers[at] for at in mapped.values()}
        self._parsers = {
            field.name: ColumnParser(headers[mapped[field.name]], field, readings[field.name]) for field in fields if field.name in mapped
        }

    @property
    def evidence(self) -> list[Evidence]:
        """What the cells of each mapped column say about how to read it."""
        return [parser.evidence for parser in self._parsers.values()]

    def run(self, chunks: Iterable[Chunk], rows: Sink, errors: ErrorFile, progress: Callable[[int], None]) -> None:
        """Check every row of every chunk."""
        for chunk in chunks:
            if chunk.row_numbers:
                self._check(chunk, rows, errors)
                progress(self.findings.total)

    def _check(self, chunk: Chunk, rows: Sink, errors: ErrorFile) -> None:
        parsed = {
            name: parser.parse(chunk.columns[self._at[name]], chunk.kinds[self._at[name]], chunk.row_numbers)
            for name, parser in self._parsers.items()
        }
        size = len(chunk.row_numbers)
        bad = np.zeros(size, dtype=bool)
        position = {row: at for at, row in enumerate(chunk.row_numbers)} if chunk.issues else {}
        shape: dict[int, list[Issue]] = {}
        for issue in chunk.issues:
            if issue.row in position and (issue.header is None or issue.header in self._used):
                shape.setdefault(position[issue.row], []).append(issue)
        bad[list(shape)] = True
        for column in parsed.values():
            bad |= column.bad
        self._write_good(~bad, parsed, rows, size)
        self._tell_bad(chunk, bad, parsed, shape, errors)
        self._show(chunk, parsed, shape)
        self._sum(~bad, parsed)
        self.findings.total += size
        self.findings.invalid += int(bad.sum())

    def _write_good(self, good: np.ndarray, parsed: Mapping[str, ParsedColumn], rows: Sink, size: int) -> None:
        columns: list[Any] = []
        kept = int(good.sum())
        for field in self._fields:
            column = parsed.get(field.name)
            if column is None:
                columns.append([copy_text(field.default)] * kept)
            else:
                columns.append(column.rendered[column.codes if kept == size else column.codes[good]].tolist())
        lines = map("\t".join, zip(self._ids, *columns, strict=False))
        if kept:
            rows.write(("\n".join(lines) + "\n").encode())

    def _tell_bad(
        self, chunk: Chunk, bad: np.ndarray, parsed: Mapping[str, ParsedColumn], shape: Mapping[int, list[Issue]], errors: ErrorFile
    ) -> None:
        told = []
        for at in np.flatnonzero(bad).tolist():
            issues = self._issues(chunk, at, parsed, shape)
            row_number = chunk.row_numbers[at]
            if self.findings.wants_errors:
                self.findings.list_errors(issues)
            for issue in issues:
                self.findings.count(issue.field, issue.header, issue.code, issue.message, [row_number], 1)
            told.append(([cells[at] for cells in chunk.columns], row_number, [_reason(issue) for issue in issues]))
        errors.add(told)

    def _issues(self, chunk: Chunk, at: int, parsed: Mapping[str, ParsedColumn], shape: Mapping[int, list[Issue]]) -> list[Issue]:
        issues = list(shape.get(at, ()))
        for name, column in parsed.items():
            problem = column.problems[column.codes[at]]
            if problem is not None:
                header = self._parsers[name].evidence.header
                text = chunk.columns[self._at[name]][at]
                issues.append(Issue(problem.code, problem.message, chunk.row_numbers[at], name, header, text))
        return issues

    def _show(self, chunk: Chunk, parsed: Mapping[str, ParsedColumn], shape: Mapping[int, list[Issue]]) -> None:
        for at in range(len(chunk.row_numbers)):
            if not self.findings.wants_rows:
                return
            data = {
                field.name: parsed[field.name].values[parsed[field.name].codes[at]] if field.name in parsed else field.default
                for field in self._fields
            }
            cells = [column[at] for column in chunk.columns]
            self.findings.add_row(chunk.row_numbers[at], cells, data, self._issues(chunk, at, parsed, shape))

    def _sum(self, good: np.ndarray, parsed: Mapping[str, ParsedColumn]) -> None:
        for field in self._fields:
            if field.kind == "money" and field.name in parsed:
                column = parsed[field.name]
                counts = np.bincount(column.codes[good], minlength=len(column.values)).tolist()
                self.findings.totals[field.name] += sum(value * count for value, count in zip(column.values, counts, strict=True) if value)


def _reason(issue: Issue) -> str:
    return f"{issue.header}: {issue.message}" if issue.header else issue.message
