"""What a reader hands on: a table in chunks of columns, whatever the file's format was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from takeback.rules.issues import Issue

# What a cell was in the file, one letter each. CSV has only text; a workbook and JSON know more.
TEXT, NUMBER, DATE, BOOLEAN, ERROR = "t", "n", "d", "b", "e"


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """A line that is no data row (title, footer, total, blank, repeated header), with the reason in words."""

    row_number: int
    text: str
    reason: str


@dataclass(slots=True)
class FileFacts:
    """What was found out about a file. `header_row` is a spreadsheet row (first row = 1), None for JSON."""

    format: str  # "csv" | "excel" | "json"
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    header_row: int | None = None
    dropped_lines: list[DroppedLine] = field(default_factory=list)


@dataclass(slots=True)
class Chunk:
    """Some data rows, column by column.

    `row_numbers[i]` is the spreadsheet row of the i-th data row; `columns[c][i]` its cell under header c, the text as
    written ("" when empty). `kinds[c]` is None when every cell of the column is text, else one letter per cell.
    `issues` says what is wrong with a row, which is here too. Without a `header` it is the row's shape (too many cells,
    a bad byte) and nothing of the row can be trusted; with one it is that cell alone (a formula without a value), and
    it matters only when the column is used.
    """

    row_numbers: Sequence[int]
    columns: list[Sequence[str]]
    kinds: list[str | None]
    issues: list[Issue] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """An opened file. `facts`, `issues` and `notices` are complete when `chunks` is exhausted.

    `headers` are unique: the second `Total` is `Total#2`, a nameless fifth column `column 5`. Reading the chunks may
    raise `Refused`: then the whole file is refused. `issues` are about the whole file and stand in the way of an
    import (a second table below the first); `notices` are worth a warning and no more (two readings fit, an encoding
    was guessed, sheets were passed over).
    """

    facts: FileFacts
    headers: list[str]
    chunks: Iterator[Chunk]
    issues: list[Issue] = field(default_factory=list)
    notices: list[Issue] = field(default_factory=list)
