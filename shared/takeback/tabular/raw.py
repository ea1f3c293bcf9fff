"""What a format's own reader hands to the layout: every record as text, nothing taken off yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from takeback.rules.issues import Issue
from takeback.tabular.table import FileFacts

CHUNK_ROWS = 25_000
SHEET_CHUNK_ROWS = 15_000  # of a workbook, whose archive takes up memory beside
JSON_CHUNK_ROWS = 8_000  # keys and quotation marks take up as much again as what is read


@dataclass(slots=True)
class RawRows:
    """Some records in order. `numbers[i]` is the spreadsheet row of `rows[i]`.

    `kinds` is None when every cell is text, else per column None or one letter per record. `row_issues` are about the
    shape of a record; `cell_issues` about one cell, with the position of its column. The last batch says so: a footer is
    looked for there.
    """

    numbers: Sequence[int]
    rows: Sequence[Sequence[str]]
    kinds: list[str | None] | None = None
    row_issues: list[Issue] = field(default_factory=list)
    cell_issues: list[tuple[int, Issue]] = field(default_factory=list)
    is_last: bool = False


@dataclass(slots=True)
class RawFile:
    """A file as records; `facts`, `issues` and `notices` may still grow while `batches` are read."""

    facts: FileFacts
    batches: Iterator[RawRows]
    issues: list[Issue] = field(default_factory=list)
    notices: list[Issue] = field(default_factory=list)
