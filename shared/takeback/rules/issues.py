"""What can be wrong with somebody's data, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with one cell, row or file.

    `row` is the row that a person sees in a spreadsheet (first row = 1), None for the whole file. `code` is stable;
    `message` tells a person what to do; `value` is the text as it was written, cut to 200 characters.
    """

    code: str
    message: str
    row: int | None = None
    field: str | None = None
    header: str | None = None
    value: str | None = None
