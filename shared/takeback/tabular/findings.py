"""What a pass over a file found, kept small whatever the file's size: first rows, counts, sums, the first errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from takeback.rules.issues import Issue
from takeback.rules.preview import LISTED_ERRORS, PREVIEW_ROWS, ErrorCount, ErrorView, RowView

FIRST_ROWS = 5
_LONGEST_VALUE = 200
_RAW_CHARS = 2_000_000  # of all preview rows together, so that the answer stays below Lambda's 6 MB
_LONGEST_CELL = 2_000

Kind = tuple[str | None, str | None, str]  # field, header, code


@dataclass(slots=True)
class _Count:
    """How often a kind of error occurs. `since` tells which kind came first: row, then place among the row's errors."""

    message: str
    since: tuple[int, int]
    count: int = 0
    first_rows: list[int] = field(default_factory=list)


class Findings:
    """Collects over chunks; `rows`, `errors`, `summary()` and `totals` go into the preview."""

    def __init__(self, headers: Sequence[str]) -> None:
        self.total = 0
        self.invalid = 0
        self.rows: list[RowView] = []
        self.errors: list[ErrorView] = []
        self.totals: Counter[str] = Counter()
        self._headers = headers
        self._cell_chars = max(20, min(_LONGEST_CELL, _RAW_CHARS // (PREVIEW_ROWS * max(1, len(headers)))))
        self._counts: dict[Kind, _Count] = {}

    @property
    def rows_wanted(self) -> int:
        """How many more rows the preview has room for."""
        return PREVIEW_ROWS - len(self.rows)

    @property
    def errors_wanted(self) -> int:
        """How many more errors the list has room for."""
        return LISTED_ERRORS - len(self.errors)

    def list_errors(self, issues: Sequence[Issue]) -> None:
        """List the issues of one row, as long as there is room."""
        self.errors.extend(view_of(issue) for issue in issues[: self.errors_wanted])

    def count(self, issue: Issue, place: int, first_rows: Sequence[int], count: int = 1) -> None:
        """Count errors of one kind. `issue` is the first of them, at a place among its row's errors; rows are in ascending order."""
        kind = (issue.field, issue.header, issue.code)
        found = self._counts.get(kind)
        if found is None:
            found = self._counts[kind] = _Count(issue.message, (first_rows[0], place))
        found.count += count
        found.first_rows += first_rows[: FIRST_ROWS - len(found.first_rows)]

    def add_row(self, row_number: int, cells: Sequence[str], data: dict[str, Any], issues: Sequence[Issue]) -> None:
        """Show a row in the preview."""
        raw = {header: _shown(cell, self._cell_chars) for header, cell in zip(self._headers, cells, strict=True)}
        plain = {field: value.isoformat() if isinstance(value, date) else value for field, value in data.items()}
        shown = {field: _shown(value, _LONGEST_CELL) if isinstance(value, str) else value for field, value in plain.items()}
        views = [view_of(issue) for issue in issues]
        self.rows.append(RowView(row_number=row_number, data=shown, raw=raw, is_valid=not views, errors=views))

    def summary(self) -> list[ErrorCount]:
        """How often each kind of error occurs, most frequent first."""
        kinds = sorted(self._counts.items(), key=lambda item: (-item[1].count, item[1].since))
        return [
            ErrorCount(field=kind[0], code=kind[2], message=found.message, count=found.count, first_rows=found.first_rows)
            for kind, found in kinds
        ]


def view_of(issue: Issue) -> ErrorView:
    """An issue as the preview lists it."""
    value = None if issue.value is None else _shown(issue.value, _LONGEST_VALUE)
    return ErrorView(row=issue.row, field=issue.field, header=issue.header, code=issue.code, message=issue.message, value=value)


def _shown(text: str, longest: int) -> str:
    cut = text if len(text) <= longest else text[:longest] + "…"
    return cut.encode("utf-8", "replace").decode()
