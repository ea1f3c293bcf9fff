"""`make bench`: measures everything side by side, prints the page, and writes docs/performance.md when it was the whole."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from bench import api, cold_start, commits, report
from bench.bucket import bucket
from bench.fresh import ROOT
from bench.report import Findings
from bench.validations import Validations

_ROWS = 1_000_000
_CACHE = ROOT / ".cache" / "bench"
_DOCS = ROOT / "docs"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--rows", type=int, default=_ROWS, help="of the main sheet; any other number than the default only prints")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    begun = time.monotonic()
    found = measure(asked.rows, asked.rounds, 32 if asked.rows == _ROWS else 4)
    page = report.document(found)
    print(page)
    if asked.rows == _ROWS:
        (_DOCS / "performance.md").write_text(page)
        for name, picture in report.pictures(found).items():
            (_DOCS / "images" / name).write_text(picture)
    sys.stderr.write(f"{(time.monotonic() - begun) / 60:.1f} minutes\n")


def measure(rows: int, rounds: int, calls: int) -> Findings:
    """Everything, in turn; only what belongs together runs in the same rounds."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        data.chmod(0o755)  # PostgreSQL does not run as root
        with bucket(data / "bucket") as objects:
            validations = Validations(objects, _CACHE, rows, rounds)
            on_one, on_two = validations.beside_peers()
            formats, faults, growth = validations.formats(), validations.faults(), validations.growth()
        with commits.tables(data / "database") as tables:
            few, many = rows // 10, rows
            loads = {few: tables.measure(_CACHE, few, rounds), many: tables.measure(_CACHE, many, min(rounds, 3))}
    with api.running() as stack:
        api.routes(stack, 8, 8)  # so that containers are warm
        latencies = [one for clients in api.CLIENTS for one in api.routes(stack, clients, max(calls, clients))]
        sizes = (api.size(stack, _CACHE, rows // 1_000, calls), api.size(stack, _CACHE, rows // 10, calls))
    return Findings(rounds, on_one, on_two, formats, faults, growth, loads, latencies, sizes, cold_start.measure(min(rounds, 3)))


if __name__ == "__main__":
    main()
