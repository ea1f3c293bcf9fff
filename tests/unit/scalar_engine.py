"""The engine as the rules say it, row by row and cell by cell: what the fast one is held against."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from takeback.records import Column
from takeback.rules.decisions import Reading
from takeback.rules.formula import neutral
from takeback.rules.issues import Issue
from takeback.rules.lines import OrderLines
from takeback.rules.preview import LISTED_ERRORS
from takeback.rules.totals import NetCheck
from takeback.rules.values import Problem, parse_cell
from takeback.tabular.findings import view_of
from takeback.tabular.plan import Plan
from takeback.tabular.table import Chunk

_NET = Column(kind="money", label="Net", example="")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class ScalarEngine:
    """One pass over chunks, under readings that are known."""

    def __init__(self, plan: Plan, readings: Mapping[str, Reading], ids: Iterator[str]) -> None:
        self.plan, self.readings, self.ids = plan, readings, ids
        self.evidence = plan.evidence()
        self.lines = OrderLines(plan.lines, plan.headers) if plan.lines else None
        self.net = NetCheck()
        self.rows: list[str] = []
        self.error_rows: list[list[str]] = []
        self.issues: list[Issue] = []
        self.shown: list[tuple[int, dict[str, Any], list[Issue]]] = []
        self.totals: Counter[str] = Counter()
        self.total = self.invalid = 0

    def run(self, chunks: Iterable[Chunk]) -> ScalarEngine:
        for chunk in chunks:
            columns = [list(column) for column in chunk.columns]
            changes = self.lines.changes(chunk.columns, chunk.row_numbers) if self.lines else {}
            for place, texts in changes.items():
                for at, text in texts.items():
                    columns[place][at] = text
            for at, row in enumerate(chunk.row_numbers):
                kinds = [kinds[at] if kinds else "t" for kinds in chunk.kinds]
                self._row(row, [c[at] for c in chunk.columns], [c[at] for c in columns], kinds, self._told(chunk, at, row))
        return self

    def _told(self, chunk: Chunk, at: int, row: int) -> list[Issue]:
        used = {header for header, field in self.plan.column_mapping.items() if field}
        found = [issue for issue in chunk.issues if issue.row == row and (issue.header is None or issue.header in used)]
        if self.plan.currency:
            cell = chunk.columns[self.plan.headers.index(self.plan.currency.header)][at]
            found += [issue for _, issue in self.plan.currency.issues([cell], [row])]
        return found

    def _row(self, row: int, written: list[str], cells: list[str], kinds: list[str], issues: list[Issue]) -> None:
        for evidence in self.evidence:
            at = self.plan.headers.index(evidence.header)
            evidence.see(cells[at], kinds[at], row)
        data: dict[str, Any] = {}
        for field in self.plan.fields:
            place = self.plan.places.get(field.name)
            if place is None:
                data[field.name] = field.default
                continue
            value = parse_cell(field, self.readings[field.name], cells[place], kinds[place])
            if isinstance(value, Problem):
                issues.append(Issue(value.code, value.message, row, field.name, self.plan.headers[place], written[place]))
            data[field.name] = None if isinstance(value, Problem) else value
        self._check_net(row, cells, kinds, data)
        self.total += 1
        self.shown.append((row, data, issues))
        if issues:
            self.invalid += 1
            self.issues += issues
            reasons = " ".join(f"{issue.header}: {issue.message}" if issue.header else issue.message for issue in issues)
            self.error_rows.append([neutral(cell) for cell in (*written, str(row), reasons)])
            return
        self.rows.append("\t".join([next(self.ids), *(_copied(value) for value in data.values())]))
        for field in self.plan.fields:
            if field.kind == "money" and field.name in self.plan.places:
                self.totals[field.name] += data[field.name] or 0

    def _check_net(self, row: int, cells: list[str], kinds: list[str], data: dict[str, Any]) -> None:
        if self.plan.net is None:
            return
        at = self.plan.headers.index(self.plan.net)
        fields = {field.name: field for field in self.plan.fields}
        amounts = [
            parse_cell(fields[name], self.readings[name], cells[self.plan.places[name]], kinds[self.plan.places[name]])
            for name in ("sale_price_cents", "ebay_fees_cents")
        ]
        net = parse_cell(_NET, self.readings["sale_price_cents"], cells[at], kinds[at])
        if isinstance(net, int) and not any(isinstance(amount, Problem) for amount in amounts):
            self.net.add([(row, data["sale_price_cents"], data["ebay_fees_cents"] or 0, net)])

    def error_file(self) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerows([[neutral(cell) for cell in (*self.plan.headers, "row_number", "reasons")], *self.error_rows])
        return b"\xef\xbb\xbf" + text.getvalue().encode()

    def listed(self) -> list[Any]:
        return [view_of(issue) for issue in self.issues[:LISTED_ERRORS]]

    def summary(self) -> list[tuple[str | None, str, int, list[int]]]:
        kinds: dict[tuple[str | None, str | None, str], list[int]] = {}
        for issue in self.issues:
            kinds.setdefault((issue.field, issue.header, issue.code), []).append(issue.row or 0)
        ordered = sorted(kinds.items(), key=lambda item: -len(item[1]))
        return [(field, code, len(rows), rows[:5]) for (field, _, code), rows in ordered]


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return value.isoformat() if isinstance(value, date) else str(value)
