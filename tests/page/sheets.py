"""Spreadsheets as people have them, made on the spot.

Order numbers are unique to each call, and so are the columns of each CSV file: what one test imports, or how it answers,
is not there or remembered in the next.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

from openpyxl import Workbook

HEADERS = ["Order Number", "Sale Date", "Item Title", "Quantity", "Sold For", "Fees", "Note"]
_ITEMS = [
    "Vera Bradley tote, campus print",
    "LEGO Star Wars 75192 “UCS” Falcon",
    "Hot Wheels ’67 Camaro Redline 1/64",
    "The Hobbit, 75th anniversary ed.",
    "Dyson V8 Animal battery",
    "Canon AE-1 Program, 50 mm lens",
    "Le Creuset Dutch oven, 5.5 qt",
    "Nikon F3 body, working",
    "Pyrex Butterprint bowl",
]
_NOTES = ["", "", "gift, no receipt", "", "combined with another order", ""]
_numbers = count(1)

Row = list[str]


def orders(number: int, *, first: date = date(2026, 1, 14), style: str = "%m/%d/%Y") -> list[Row]:
    """So many good rows, with the headers of HEADERS."""
    mark = f"{next(_numbers):02d}-{uuid4().int % 100_000:05d}"
    return [
        [
            f"{mark}-{10_000 + index}",
            (first + timedelta(days=index % 60)).strftime(style),
            _ITEMS[index % len(_ITEMS)],
            str(1 + index % 3),
            f"${12.99 + 7.31 * (index % 40):,.2f}",
            f"${1.5 + 0.31 * (index % 9):.2f}",
            _NOTES[index % len(_NOTES)],
        ]
        for index in range(number)
    ]


def text(rows: list[Row], headers: list[str] | None = None) -> str:
    """The rows as CSV."""
    out = io.StringIO()
    csv.writer(out).writerows([headers or HEADERS, *rows])
    return out.getvalue()


def write_csv(path: Path, rows: list[Row], headers: list[str] | None = None) -> Path:
    """The rows as a CSV file, with a last, empty column that no other file has."""
    path.write_text(text([[*row, ""] for row in rows], [*(headers or HEADERS), f"Label {uuid4().hex[:6]}"]), "utf-8")
    return path


def write_xlsx(path: Path, rows: list[Row]) -> Path:
    """The rows as a workbook, with a title above the headers and a total below."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Orders"
    sheet.append(["Orders of my shop"])
    sheet.append(HEADERS)
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def write_json(path: Path, rows: list[Row]) -> Path:
    """The rows as a JSON array of objects."""
    path.write_text(json.dumps([dict(zip(HEADERS, row, strict=True)) for row in rows]), "utf-8")
    return path
