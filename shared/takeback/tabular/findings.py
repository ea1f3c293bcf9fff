"""What a pass over a file found, kept small whatever the file's size: first rows, counts, sums, the first errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from takeback.rules.issues import Issue
from takeback.rules.preview import LISTED_ERRORS, PREVIEW_ROWS, ErrorCount, ErrorView, RowView

_FIRST_ROWS = 5
_LONGEST_VALUE = 200
_RAW_CHARS = 2_000_000  # of all preview rows together, so that the answer stays below Lambda's 6 MB
_LONGEST_CELL = 2_000

Kind = tuple[str | None, str | None, str]  # field, header, code


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
        self._counts: Counter[Kind] = Counter()
        self._messages: dict[Kind, str] = {}
        self._first_rows: dict[Kind, list[int]] = {}

    @property
    def rows_wanted(self) -> int:
        """How many more rows the preview has room for."""
        return PREVIEW_ROWS - len(self.rows)

    def add_errors(self, issues: Sequence[Issue]) -> None:
        """Count the issues of one row, and list them as long as there is room."""
        for issue in issues:
            kind = (issue.field, issue.header, issue.code)
            self._counts[kind] += 1
            first_rows = self._first_rows.setdefault(kind, [])
            if len(first_rows) < _FIRST_ROWS and issue.row is not None:
                first_rows.append(issue.row)
                self._messages.setdefault(kind, issue.message)
        room = LISTED_ERRORS - len(self.errors)
        if room > 0:
            self.errors.extend(view_of(issue) for issue in issues[:room])

    def add_row(self, row_number: int, cells: Sequence[str], data: dict[str, Any], issues: Sequence[Issue]) -> None:
        """Show a row in the preview."""
        raw = {header: _shown(cell, self._cell_chars) for header, cell in zip(self._headers, cells, strict=True)}
        plain = {field: value.isoformat() if isinstance(value, date) else value for field, value in data.items()}
        shown = {field: _shown(value, _LONGEST_CELL) if isinstance(value, str) else value for field, value in plain.items()}
        views = [view_of(issue) for issue in issues]
        self.rows.append(RowView(row_number=row_number, data=shown, raw=raw, is_valid=not views, errors=views))

    def summary(self) -> list[ErrorCount]:
        """How often each kind of error occurs, most frequent first."""
        return [
            ErrorCount(field=kind[0], code=kind[2], message=self._messages[kind], count=count, first_rows=self._first_rows[kind])
            for kind, count in self._counts.most_common()
        ]


def view_of(issue: Issue) -> ErrorView:
    """An issue as the preview lists it."""
    value = None if issue.value is None else _shown(issue.value, _LONGEST_VALUE)
    return ErrorView(row=issue.row, field=issue.field, header=issue.header, code=issue.code, message=issue.message, value=value)


def _shown(text: str, longest: int) -> str:
    cut = text if len(text) <= longest else text[:longest] + "…"
    return cut.encode("utf-8", "replace").decode()
