"""Typed cells of a workbook as text, with the letter of what they were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from takeback.tabular.table import BOOLEAN, DATE, ERROR, NUMBER, TEXT

ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!"}
)
_LETTERS = {str: TEXT, float: NUMBER, int: NUMBER, bool: BOOLEAN, date: DATE, datetime: DATE, time: DATE, timedelta: DATE, type(None): TEXT}


def column_of(values: Sequence[Any]) -> tuple[Sequence[str], str | None]:
    """A column of Python values as texts and kinds; kinds are None where all is text."""
    types = set(map(type, values))
    if types == {str}:
        if not ERRORS.isdisjoint(values):
            return values, "".join(ERROR if value in ERRORS else TEXT for value in values)
        return values, None
    texts = tuple([value if type(value) is str else spell(value) for value in values])
    if types <= {str, type(None)}:
        return texts, None
    return texts, "".join([ERROR if value in ERRORS else _LETTERS[type(value)] for value in values])


def spell(value: Any) -> str:
    """One value as text: dates in ISO form, numbers in full with the fewest digits that name them, booleans in capitals."""
    kind = type(value)
    if kind is float:
        return spell_number(value)
    if value is None:
        return ""
    if kind is bool:
        return "TRUE" if value else "FALSE"
    if kind is datetime and value.time() == time():
        return value.date().isoformat()
    return str(value)


def spell_number(value: float) -> str:
    """A float in full: no exponent, no `.0`."""
    text = repr(value)
    if "e" in text or "n" in text:
        return f"{Decimal(text):f}" if isfinite(value) else ""
    return text.removesuffix(".0")
