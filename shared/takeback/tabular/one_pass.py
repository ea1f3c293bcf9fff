"""One pass over a table: every row checked, the good ones written for commit, the bad ones for the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Reading
from takeback.rules.issues import Issue
from takeback.rules.lines import OrderLines
from takeback.rules.totals import NetCheck
from takeback.tabular.distinct import ColumnParser, ParsedColumn, copy_text, distinct_cells
from takeback.tabular.error_file import ErrorFile, Sink
from takeback.tabular.findings import Findings
from takeback.tabular.plan import Plan
from takeback.tabular.table import Chunk

_NET = Column(kind="money", label="Net", example="")
_GROSS, _FEES = "sale_price_cents", "ebay_fees_cents"


class Pass:
    """Reads chunks under fixed readings. `evidence` afterwards speaks for the whole file, whatever the readings were."""

    def __init__(self, plan: Plan, readings: Mapping[str, Reading], ids: Iterator[str]) -> None:
        self.findings = Findings(plan.headers)
        self.evidence = plan.evidence()
        self.lines = OrderLines(plan.lines, plan.headers) if plan.lines else None
        self.net = NetCheck()
        self._plan = plan
        self._ids = ids
        self._places = plan.places
        self._used = {header for header, field in plan.column_mapping.items() if field}
        self._parsers = {field.name: ColumnParser(field, readings[field.name]) for field in plan.fields if field.name in self._places}
        self._net_parser = ColumnParser(_NET, readings[_GROSS]) if plan.net else None

    def run(self, chunks: Iterable[Chunk], rows: Sink, errors: ErrorFile, progress: Callable[[int], None]) -> None:
        """Check every row of every chunk."""
        for chunk in chunks:
            if chunk.row_numbers:
                self._check(chunk, rows, errors)
                progress(self.findings.total)

    def _check(self, chunk: Chunk, rows: Sink, errors: ErrorFile) -> None:
        parsed = self._parse(chunk)
        told = self._told(chunk)
        bad = np.zeros(len(chunk.row_numbers), dtype=bool)
        bad[list(told)] = True
        for column in parsed.values():
            bad |= column.bad
        self._write_good(~bad, parsed, rows)
        self._tell_bad(chunk, bad, parsed, told, errors)
        self._show(chunk, parsed, told)
        self._sum(~bad, parsed)
        self.findings.total += len(bad)
        self.findings.invalid += int(bad.sum())

    def _parse(self, chunk: Chunk) -> dict[str, ParsedColumn]:
        columns = self.lines.apply(chunk.columns, chunk.row_numbers) if self.lines else chunk.columns
        parsed: dict[str, ParsedColumn] = {}
        fields = iter(self._parsers.items())
        for evidence in self.evidence:
            at = self._plan.headers.index(evidence.header)
            distinct = distinct_cells(columns[at], chunk.kinds[at], chunk.row_numbers)
            distinct.tell(evidence)
            if not evidence.witness:
                name, parser = next(fields)
                parsed[name] = parser.parse(distinct)
        if self._net_parser and self._plan.net:
            at = self._plan.headers.index(self._plan.net)
            self._compare(parsed, self._net_parser.parse(distinct_cells(columns[at], chunk.kinds[at], chunk.row_numbers)), chunk)
        return parsed

    def _told(self, chunk: Chunk) -> dict[int, list[Issue]]:
        """The issues of whole rows by place in the chunk. The reader's about a cell count only where its column is used."""
        place_of = {row: at for at, row in enumerate(chunk.row_numbers)} if chunk.issues else {}
        told: dict[int, list[Issue]] = {}
        for issue in chunk.issues:
            if issue.row in place_of and (issue.header is None or issue.header in self._used):
                told.setdefault(place_of[issue.row], []).append(issue)
        if self._plan.currency:
            cells = chunk.columns[self._plan.headers.index(self._plan.currency.header)]
            for at, issue in self._plan.currency.issues(cells, chunk.row_numbers):
                told.setdefault(at, []).append(issue)
        return told

    def _write_good(self, good: np.ndarray, parsed: Mapping[str, ParsedColumn], rows: Sink) -> None:
        kept = int(good.sum())
        if not kept:
            return
        columns: list[Any] = []
        for field in self._plan.fields:
            column = parsed.get(field.name)
            if column is None:
                columns.append([copy_text(field.default)] * kept)
            else:
                columns.append(column.rendered[column.codes if kept == len(good) else column.codes[good]].tolist())
        lines = map("\t".join, zip(self._ids, *columns, strict=False))
        rows.write(("\n".join(lines) + "\n").encode())

    def _tell_bad(
        self,
        chunk: Chunk,
        bad: np.ndarray,
        parsed: Mapping[str, ParsedColumn],
        told: Mapping[int, list[Issue]],
        errors: ErrorFile,
    ) -> None:
        lines = []
        for at in np.flatnonzero(bad).tolist():
            issues = self._issues(chunk, at, parsed, told)
            self.findings.add_errors(issues)
            lines.append(([cells[at] for cells in chunk.columns], chunk.row_numbers[at], [_reason(issue) for issue in issues]))
        errors.add(lines)

    def _issues(self, chunk: Chunk, at: int, parsed: Mapping[str, ParsedColumn], told: Mapping[int, list[Issue]]) -> list[Issue]:
        issues = list(told.get(at, ()))
        for name, column in parsed.items():
            problem = column.problems[column.codes[at]]
            if problem is not None:
                place = self._places[name]
                header, text = self._plan.headers[place], chunk.columns[place][at]
                issues.append(Issue(problem.code, problem.message, chunk.row_numbers[at], name, header, text))
        return issues

    def _show(self, chunk: Chunk, parsed: Mapping[str, ParsedColumn], told: Mapping[int, list[Issue]]) -> None:
        for at in range(min(len(chunk.row_numbers), self.findings.rows_wanted)):
            data = {
                field.name: parsed[field.name].values[parsed[field.name].codes[at]] if field.name in parsed else field.default
                for field in self._plan.fields
            }
            cells = [column[at] for column in chunk.columns]
            self.findings.add_row(chunk.row_numbers[at], cells, data, self._issues(chunk, at, parsed, told))

    def _sum(self, good: np.ndarray, parsed: Mapping[str, ParsedColumn]) -> None:
        for field in self._plan.fields:
            if field.kind == "money" and field.name in parsed:
                column = parsed[field.name]
                counts = np.bincount(column.codes[good], minlength=len(column.values)).tolist()
                self.findings.totals[field.name] += sum(value * count for value, count in zip(column.values, counts, strict=True) if value)

    def _compare(self, parsed: Mapping[str, ParsedColumn], net: ParsedColumn, chunk: Chunk) -> None:
        """Count the rows whose price less fees is the file's own net amount."""
        gross, fees = parsed[_GROSS], parsed[_FEES]
        known = ~(gross.bad | fees.bad | net.bad)
        amounts = [_amounts(column)[column.codes] for column in (gross, fees, net)]
        known &= amounts[2] != _NO_AMOUNT
        right = known & (amounts[0] - np.where(amounts[1] == _NO_AMOUNT, 0, amounts[1]) == amounts[2])
        wrong = known & ~right
        self.net.right += int(right.sum())
        at = int(np.argmax(wrong))
        if wrong[at]:
            self.net.add([(chunk.row_numbers[at], int(amounts[0][at]), int(amounts[1][at]), int(amounts[2][at]))])
            self.net.wrong += int(wrong.sum()) - 1


_NO_AMOUNT = np.iinfo(np.int64).min


def _amounts(column: ParsedColumn) -> np.ndarray:
    return np.array([_NO_AMOUNT if value is None else value for value in column.values], dtype=np.int64)


def _reason(issue: Issue) -> str:
    return f"{issue.header}: {issue.message}" if issue.header else issue.message
