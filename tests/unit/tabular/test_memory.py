"""Memory is bounded by the chunk, not by the file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from takeback.tabular import guarded_csv

READ = """
import importlib, resource, sys
sys.path.insert(0, "shared")
from takeback.rules.options import Options
from takeback.tabular.limits import Limits
module, function = sys.argv[2].split(":")
opened = getattr(importlib.import_module("takeback.tabular." + module), function)
with open(sys.argv[1], "rb") as source:
    rows = sum(len(chunk.row_numbers) for chunk in opened(source, Options(), Limits()).chunks)
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def lines(kind: str, rows: int) -> Iterator[str]:
    if kind == "csv":
        yield "Order Number,Sale Date,Item,Price\n"
        for number in range(rows):
            yield f"17-{number:07},2026-01-24,Lamp number {number},{number % 500}.50\n"
        return
    for number in range(rows):
        record = json.dumps({"order": f"17-{number:07}", "sold": "2026-01-24", "price": number % 500})
        yield f"{record}\n" if kind == "ndjson" else ("," if number else "[") + record
    yield "]" if kind == "json" else ""


@pytest.mark.parametrize(
    ("kind", "reader"),
    [
        *((kind, "reader:open_table") for kind in ("csv", "ndjson", "json")),
        *((kind, "guarded_json:open_guarded_json") for kind in ("ndjson", "json")),
        ("csv", "guarded_csv:open_guarded_csv"),
    ],
)
def test_eight_times_the_rows_take_no_more_memory(tmp_path: Path, kind: str, reader: str) -> None:
    megabytes = {}
    for rows in (40_000, 320_000):
        path = tmp_path / f"{rows}.{kind}"
        with path.open("w", encoding="utf-8") as target:
            target.writelines(lines(kind, rows))
        done = subprocess.run([sys.executable, "-c", READ, str(path), reader], capture_output=True, text=True, check=True, timeout=300)
        found, megabytes[rows] = map(int, done.stdout.split())
        assert found == rows

    assert megabytes[320_000] < megabytes[40_000] + 15, megabytes


def test_eight_times_the_rows_of_a_sheet_take_no_more_memory(tmp_path: Path) -> None:
    megabytes = {}
    for rows in (40_000, 320_000):
        path = tmp_path / f"{rows}.xlsx"
        with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["Order Number", "Sale Date", "Item", "Price"])
            for number in range(1, rows + 1):
                sheet.write_row(number, 0, [f"17-{number:07}", "2026-01-24", f"Lamp number {number}", number % 500 + 0.5])
        done = subprocess.run(
            [sys.executable, "-c", READ, str(path), "guarded_sheet:open_guarded_workbook"],
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        found, megabytes[rows] = map(int, done.stdout.split())
        assert found == rows

    assert megabytes[320_000] < megabytes[40_000] + 15, megabytes


def test_a_few_rows_of_many_columns_take_little_memory(tmp_path: Path) -> None:
    megabytes = {}
    for columns in (10, 1_000):
        path = tmp_path / f"{columns}.csv"
        path.write_text("".join(",".join(f"{row} {column}" for column in range(columns)) + "\n" for row in "abcd"))
        command = [sys.executable, "-c", READ, str(path), "guarded_csv:open_guarded_csv"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
        _, megabytes[columns] = map(int, done.stdout.split())

    assert megabytes[1_000] < megabytes[10] + 15, megabytes
    assert guarded_csv._Batch(1_000).room < guarded_csv._Batch(10).room
