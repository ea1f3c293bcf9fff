"""The preview: what a file was understood to hold. Immutable once written, named by its revision."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from takeback.rules.options import Options

PREVIEW_ROWS = 100
LISTED_ERRORS = 1_000
SAMPLES = 5

State = Literal["ready", "needs_attention", "unreadable"]
Question = Literal["date_order", "decimal_mark", "money_unit"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)  # built on first use: a function uses few of what it imports


class DroppedLine(_Part):
    """A line that is no data row, and why it was left out."""

    row_number: int
    text: str
    reason: str


class File(_Part):
    """What is known about the uploaded file."""

    filename: str
    format: Literal["csv", "json", "excel"] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[str] = []
    header_row: int | None = None
    bytes: int
    sha256: str
    dropped_lines: list[DroppedLine] = []


class ColumnView(_Part):
    """One column of the file: what it looks like, what it was taken for, and why."""

    header: str
    samples: list[str]
    suggested_field: str | None
    score: float | None
    reason: str
    field: str | None


class DecisionView(_Part):
    """Something decided for a whole column, with the evidence; `needs_answer` blocks the commit."""

    header: str
    kind: str
    value: str | None
    evidence: str
    needs_answer: bool


class ErrorView(_Part):
    """One issue, as listed. `row` is None for the file as a whole."""

    row: int | None
    field: str | None
    header: str | None
    code: str
    message: str
    value: str | None


class ErrorCount(_Part):
    """How often one kind of error occurs, and the first rows it occurs in."""

    field: str | None
    code: str
    message: str
    count: int
    first_rows: list[int]


class RowView(_Part):
    """One row: `data` as understood (by field), `raw` as written (by header)."""

    row_number: int
    data: dict[str, Any]
    raw: dict[str, str]
    is_valid: bool
    errors: list[ErrorView]


class Disproof(_Part):
    """An answer that the rows rule out: why an option cannot be `value`, with the first row that says so."""

    option: Question
    value: str
    header: str
    row: int
    message: str


class StoredRows(_Part):
    """Which version of the rows object this preview left behind for commit, and which fields the file fills."""

    version_id: str
    bytes: int
    fields: list[str]


class Preview(_Part):
    """The answer of `GET /import/uploads/{batch_id}/preview`."""

    batch_id: UUID
    revision: str
    state: State
    record_type: str
    file: File
    total_rows: int = 0
    valid_rows: int = 0
    invalid_rows: int = 0
    columns: list[ColumnView] = []
    suggested_mapping: dict[str, str | None] = {}
    column_mapping: dict[str, str | None] = {}
    remembered: bool = False
    source: str | None = None
    options: Options = Field(default_factory=Options)
    unmapped_required: list[str] = []
    decisions: list[DecisionView] = []
    disproofs: list[Disproof] = []
    rows: list[RowView] = []
    error_summary: list[ErrorCount] = []
    errors: list[ErrorView] = []
    totals: dict[str, int] = {}
    warnings: list[str] = []
    fingerprint: str | None = None
    stored_rows: StoredRows | None = None


def revision_of(upload_version: str, column_mapping: dict[str, str | None] | None, options: Options) -> str:
    """The name of the preview that these three lead to: 32 hex digits, the same whenever they are the same."""
    asked = [upload_version, column_mapping, options.model_dump(exclude_defaults=True)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:32]
