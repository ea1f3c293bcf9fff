"""One pydantic model for each row of csv.DictReader."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from bench.columns import AMOUNT, DATE_FORMS, DAY, MONEY, NOTES, ORDER, PURCHASE, QUANTITY, STATUS, STATUSES, TITLE

_AMOUNT = re.compile(AMOUNT)
_NOT_DIGITS = re.compile(r"[$,.]")


def _cents(text: str) -> int:
    if not _AMOUNT.match(text):
        raise ValueError("no amount")
    return int(_NOT_DIGITS.sub("", text))


def _day(text: str) -> date:
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise ValueError("no date")


def _status(text: str) -> str:
    if text.lower() not in STATUSES:
        raise ValueError("no status")
    return text.lower()


_Cents = Annotated[int, BeforeValidator(_cents)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Row(BaseModel):
    order: _Text = Field(alias=ORDER)
    day: Annotated[date, BeforeValidator(_day)] = Field(alias=DAY)
    title: _Text = Field(alias=TITLE)
    quantity: int = Field(alias=QUANTITY, ge=1)
    sold_for: _Cents = Field(alias=MONEY[0])
    fees: _Cents = Field(alias=MONEY[1])
    price: _Cents = Field(alias=MONEY[2])
    tax: _Cents = Field(alias=MONEY[3])
    shipping: _Cents = Field(alias=MONEY[4])
    purchase: str = Field(alias=PURCHASE)
    notes: str = Field(alias=NOTES)
    status: Annotated[str, BeforeValidator(_status)] = Field(alias=STATUS)


def bad_rows(path: str, _cores: int) -> int:
    """Rows that the model refuses."""
    bad = 0
    with Path(path).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                _Row.model_validate(row)
            except ValidationError:
                bad += 1
    return bad
