"""What is measured: Takeback's whole validation, and what people use instead."""

from __future__ import annotations

import csv
import io
import os
import time
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Self

import pandas as pd

from takeback.records import record_type
from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.plan import Asked
from takeback.tabular.validation import Outputs, validate


class _Object(io.BytesIO):
    def __enter__(self) -> Self:
        self.seek(0)
        self.truncate()
        return self

    def __exit__(self, *_: object) -> None:
        pass


def takeback(data: bytes) -> int:
    """Everything but S3: layout, mapping, decisions, every check, committable rows, error file, preview."""
    asked = Asked(record_type("bookkeeping"), None, Options(), Limits(), datetime.now(UTC).date(), time.time_ns() // 10**6, os.urandom(10))
    found = validate(io.BytesIO(data), asked, Outputs(_Object(), _Object(), lambda _: None, lambda _: None))
    return found.done.findings.invalid


def naive(data: bytes) -> int:
    """A loop over rows that tries one date format after the other: how most importers begin. No layout, no mapping, no output."""
    bad = 0
    for row in csv.DictReader(io.StringIO(data.decode())):
        bad += not (row["Order number"] and row["Item title"] and _is_date(row["Sale date"]) and _is_money(row["Sold for"]))
    return bad


def pandas_loop(data: bytes) -> int:
    """The same checks over DataFrame.iterrows."""
    frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    bad = 0
    for _, row in frame.iterrows():
        bad += not (row["Order number"] and row["Item title"] and _is_date(row["Sale date"]) and _is_money(row["Sold for"]))
    return bad


def csv_only(data: bytes) -> int:
    """The csv module alone, nothing checked: a floor for exact reading."""
    return sum(len(row) != 12 for row in csv.reader(io.StringIO(data.decode())))


def _is_date(text: str) -> bool:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%b %d, %Y", "%m/%d/%Y"):
        try:
            datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
        return True
    return False


def _is_money(text: str) -> bool:
    try:
        return Decimal(text.replace("$", "").replace(",", "")) >= 0
    except InvalidOperation:
        return False


CONTESTANTS = {
    "Takeback, everything": takeback,
    "loop over csv.DictReader, four checks": naive,
    "loop over DataFrame.iterrows, four checks": pandas_loop,
    "csv module, nothing checked": csv_only,
}
