"""How importers begin: a loop over rows that makes a record of each, cell by cell, and notes what is wrong with it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from bench.columns import DAY, MONEY, NOTES, ORDER, PURCHASE, QUANTITY, STATUS, STATUSES, TITLE

# The order in which people write them down: the international one first, then those that their first files had.
_DATE_FORMS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%b-%d-%y", "%b %d, %Y", "%d %b %Y")
_AMERICAN = re.compile(r"\d+(\.\d{1,2})?|\d{1,3}(,\d{3})+(\.\d{1,2})?")
_EUROPEAN = re.compile(r"\d+,\d{1,2}|\d{1,3}(\.\d{3})+,\d{1,2}")


def dict_reader(path: str, _cores: int) -> int:
    """Over csv.DictReader."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return _bad(enumerate(csv.DictReader(file)))


def iterrows(path: str, _cores: int) -> int:
    """Over DataFrame.iterrows."""
    return _bad(pd.read_csv(path, dtype=str, keep_default_na=False).iterrows())


def _bad(rows: Any) -> int:
    """The number of rows with errors; records and errors are kept as an importer would for its preview and its insert."""
    records: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    bad = 0
    for number, row in rows:
        record, found = _read(number, row)
        if found:
            errors += found
            bad += 1
        else:
            records.append(record)
    return bad


def _read(number: int, row: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    record: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for name, parse in _PARSERS.items():
        try:
            record[name] = parse(row[name])
        except ValueError as error:
            errors.append({"row": number, "field": name, "value": row[name], "message": str(error)})
    return record, errors


def _required(text: str) -> str:
    if not text.strip():
        raise ValueError("is missing")
    return text.strip()


def _optional(text: str) -> str | None:
    return text.strip() or None


def _day(text: str) -> date:
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise ValueError("is no date")


def _quantity(text: str) -> int:
    quantity = int(text)
    if quantity < 1:
        raise ValueError("must be at least 1")
    return quantity


def _cents(text: str) -> int:
    cleaned = text.strip().replace("$", "").replace("€", "").strip()
    negative = cleaned.startswith("-") or (cleaned.startswith("(") and cleaned.endswith(")"))
    cleaned = cleaned.lstrip("-")
    if cleaned.startswith("(") and cleaned.endswith(")"):
        cleaned = cleaned[1:-1]
    if _AMERICAN.fullmatch(cleaned):
        amount = Decimal(cleaned.replace(",", ""))
    elif _EUROPEAN.fullmatch(cleaned):
        amount = Decimal(cleaned.replace(".", "").replace(",", "."))
    else:
        raise ValueError("is no amount")
    cents = int(amount * 100)
    if negative and cents:
        raise ValueError("cannot be negative")
    return cents


def _status(text: str) -> str:
    status = text.strip().lower()
    if status not in STATUSES:
        raise ValueError("is no status")
    return status


_PARSERS: dict[str, Callable[[str], Any]] = {
    ORDER: _required,
    DAY: _day,
    TITLE: _required,
    QUANTITY: _quantity,
    **dict.fromkeys(MONEY, _cents),
    PURCHASE: _optional,
    NOTES: _optional,
    STATUS: _status,
}
