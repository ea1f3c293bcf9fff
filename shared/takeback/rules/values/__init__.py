"""One cell to one value. These scalar rules are the only ones: whatever is done to whole columns must equal them."""

from __future__ import annotations

from datetime import date

from takeback.records import Column
from takeback.rules.readings import Reading
from takeback.rules.values.choices import never_choice, parse_choice
from takeback.rules.values.counts import NEVER_COUNT, parse_count
from takeback.rules.values.dates import NEVER_DATE, parse_date
from takeback.rules.values.empty import is_empty
from takeback.rules.values.ids import parse_id
from takeback.rules.values.money import NEVER_MONEY, parse_money
from takeback.rules.values.problem import Problem
from takeback.rules.values.ruled_out import RuledOut
from takeback.rules.values.texts import parse_text

__all__ = [
    "Problem",
    "RuledOut",
    "Value",
    "is_empty",
    "parse_cell",
    "parse_choice",
    "parse_count",
    "parse_date",
    "parse_id",
    "parse_money",
    "parse_text",
    "ruled_out",
]

Value = str | int | date | None


def parse_cell(column: Column, reading: Reading, text: str, kind: str = "t") -> Value | Problem:
    """The value of a cell of `column`, read as `reading` says; what is wrong with it otherwise.

    `kind` is the cell's letter: t text, n number, d date, b boolean, e error. Money is whole cents. An empty cell is the
    column's default, or a problem where the column is required.
    """
    if is_empty(text, column.kind):
        return Problem("required", f"{column.label} is missing. Fill it in, or leave the row out.") if column.required else column.default
    value = _parse(column, reading, text, kind)
    if column.minimum is not None and isinstance(value, int) and value < column.minimum:
        return _below(column)
    return value


def _parse(column: Column, reading: Reading, text: str, kind: str) -> str | int | date | Problem:
    match column.kind:
        case "date":
            return parse_date(text, reading, kind)
        case "money":
            return parse_money(text, reading, kind)
        case "count":
            return parse_count(text, kind)
        case "choice":
            return parse_choice(text, column.choices or {})
        case "id":
            return parse_id(text, kind)
        case "text":
            return parse_text(text, kind)


def ruled_out(column: Column) -> RuledOut | None:
    """What no text of a column can be, at a glance; None for kinds that take nearly any text."""
    match column.kind:
        case "date":
            return NEVER_DATE
        case "money":
            return NEVER_MONEY
        case "count":
            return NEVER_COUNT
        case "choice":
            return never_choice(column.choices or {})
        case "id" | "text":
            return None


def _below(column: Column) -> Problem:
    """No message names the value that it is about: that stands beside it, and a column has few different messages."""
    if column.kind == "money":
        return Problem(
            "negative_amount", f"{column.label} cannot be negative. If this line is a refund, a payout or a credit, leave the row out."
        )
    return Problem("below_minimum", f"{column.label} must be at least {column.minimum}.")
