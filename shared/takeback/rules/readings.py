"""What was decided for a whole column, never for a row, and how its cells are read accordingly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from takeback.rules.options import DateOrder, DecimalMark, MoneyUnit

NumberDates = Literal["excel", "unix"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The decided reading of a column. What is None was not decided: a cell that needs it is a problem, not a guess.

    `magnitude`: charges are written as negative amounts and are turned positive. `currency` is the column's; a cell in
    another one is a problem. `number_dates`: bare numbers written as text are Excel's day count or seconds since 1970.
    """

    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    money_unit: MoneyUnit = "major"
    magnitude: bool = False
    currency: str | None = None
    number_dates: NumberDates | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about the column under `header`, with the row that proves it, so that a person can check it.

    `kind`: date_order, decimal_mark, money_unit, sign or currency. With `needs_answer` nothing is decided: `value` is only
    the reading that the rows are shown with until somebody answers through the option of the same name.
    """

    header: str
    kind: str
    value: str | None
    evidence: str
    needs_answer: bool = False


def reading_of(header: str, decisions: Sequence[Decision]) -> Reading:
    """How the cells under `header` are read."""
    values = {decision.kind: decision.value for decision in decisions if decision.header == header}
    date_order, mark, unit = values.get("date_order"), values.get("decimal_mark"), values.get("money_unit")
    return Reading(
        date_order=date_order if date_order in ("MDY", "DMY", "YMD") else None,
        decimal_mark=mark if mark in (".", ",") else None,
        money_unit="cents" if unit == "cents" else "major",
        magnitude=values.get("sign") == "negative",
        currency=values.get("currency"),
        number_dates=date_order if date_order in ("excel", "unix") else None,
    )
