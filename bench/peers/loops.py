"""How importers begin: a loop over rows that tries one date format after the other. Nothing is kept."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd

from bench.columns import DATE_FORMS, DAY, MONEY, ORDER, QUANTITY, STATUS, STATUSES, TITLE


def dict_reader(path: str, _cores: int) -> int:
    """Over csv.DictReader."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return sum(not _is_good(row) for row in csv.DictReader(file))


def iterrows(path: str, _cores: int) -> int:
    """Over DataFrame.iterrows."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    return sum(not _is_good(row) for _, row in frame.iterrows())


def _is_good(row: Mapping[str, str] | Any) -> bool:
    return bool(
        row[ORDER].strip()
        and row[TITLE].strip()
        and _is_date(row[DAY])
        and row[QUANTITY].isdigit()
        and int(row[QUANTITY]) >= 1
        and all(_is_money(row[name]) for name in MONEY)
        and row[STATUS].lower() in STATUSES
    )


def _is_date(text: str) -> bool:
    for form in DATE_FORMS:
        try:
            datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return True
    return False


def _is_money(text: str) -> bool:
    try:
        return Decimal(text.replace("$", "").replace(",", "")) >= 0
    except InvalidOperation:
        return False
