"""`make bench`: everybody in turn, several rounds, medians and same-round ratios; the table also goes to docs/performance.md."""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import time
from pathlib import Path

from bench.contestants import CONTESTANTS
from bench.sheet import sheet

_REPORT = Path(__file__).parent.parent / "docs" / "performance.md"
_FIRST = next(iter(CONTESTANTS))
_INTRODUCTION = """# Performance

Written by `make bench`. Seconds are processor time of one process, medians; ratios are medians of the ratios within one
round, in which all take their turns in random order, because a machine's neighbours disturb absolute figures. Twelve
columns, one row in two hundred is bad. What Takeback does here is everything but S3 and the database; the others only
answer whether a row passes four checks, or nothing at all.
"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    tables = [_table(rows, asked.rounds) for rows in asked.rows]
    machine = f"\n{platform.machine()}, Python {platform.python_version()}, {asked.rounds} rounds.\n"
    report = "\n".join([_INTRODUCTION, *tables, machine])
    print(report)
    _REPORT.write_text(report)


def _table(rows: int, rounds: int) -> str:
    data = sheet(rows)
    seconds: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for _ in range(rounds):
        for name in random.sample(list(CONTESTANTS), len(CONTESTANTS)):
            begun = time.process_time()
            CONTESTANTS[name](data)
            seconds[name].append(time.process_time() - begun)
    lines = [f"## {rows:,} rows, {len(data) / 1e6:.1f} MB\n", "| | s | rows/s | speed of Takeback against it |", "|---|---|---|---|"]
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        ratio = statistics.median(other / own for other, own in zip(taken, seconds[_FIRST], strict=True))
        lines.append(f"| {name} | {middle:.2f} | {rows / middle:,.0f} | {ratio:.2f} × |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
