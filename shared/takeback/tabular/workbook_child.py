"""A workbook read in a process of its own: the native reader of a rare format may end it, and nothing else is harmed.

`python -m takeback.tabular.workbook_child FILE` reads what is asked (sheet, limits, scans) as JSON from standard input and writes JSON
lines: the facts, then a line for each batch, then "end"; or a refusal.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.tabular.limits import Limits
from takeback.tabular.raw import RawFile, RawRows
from takeback.tabular.sheet_scan import SheetScan
from takeback.tabular.table import FileFacts
from takeback.tabular.zip_guard import DAMAGED

_MEMORY_BYTES = 2_000_000_000
_CPU_SECONDS = 60


def open_in_child(source: BinaryIO, wanted: str | None, limits: Limits, scans: Mapping[str, SheetScan]) -> RawFile:
    """The records of a workbook as a child process reads them; a child that dies means a damaged workbook."""
    asked = {"wanted": wanted, "limits": asdict(limits), "scans": {name: asdict(scan) for name, scan in scans.items()}}
    lines = _lines(source, json.dumps(asked).encode())
    opened = next(lines)
    facts = FileFacts(**opened["facts"])
    notices = [Issue(**issue) for issue in opened["notices"]]
    return RawFile(facts, (_batch(line) for line in lines), notices=notices)


def _lines(source: BinaryIO, asked: bytes) -> Iterator[dict[str, Any]]:
    with tempfile.NamedTemporaryFile(prefix="workbook-") as copy:
        source.seek(0)
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        command = [sys.executable, "-m", __name__, copy.name]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with subprocess.Popen(  # noqa: S603 - our own module, by the interpreter that runs this
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as child:
            assert child.stdin is not None  # noqa: S101 - it was asked for
            assert child.stdout is not None  # noqa: S101
            try:
                child.stdin.write(asked)
                child.stdin.close()
                yield from _answers(child.stdout)
            finally:
                child.kill()


def _answers(output: Any) -> Iterator[dict[str, Any]]:
    for line in output:
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(**answer["refused"])
        if "end" in answer:
            return
        yield answer
    raise Refused("not_a_workbook", DAMAGED)


def _batch(line: dict[str, Any]) -> RawRows:
    start, rows = line["start"], line["rows"]
    return RawRows(
        range(start, start + len(rows)),
        rows,
        line["kinds"],
        cell_issues=[(at, Issue(**issue)) for at, issue in line["issues"]],
        is_last=line["is_last"],
    )


def main(path: str) -> None:
    """What the child does."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    asked = json.load(sys.stdin)
    try:
        with open(path, "rb") as source:  # noqa: PTH123 - a plain open is all that is needed
            for line in _read(source, asked):
                sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.write('{"end": true}\n')
    except Refused as refused:
        sys.stdout.write(json.dumps({"refused": {"code": refused.code, "message": refused.message}}) + "\n")


def _read(source: BinaryIO, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from takeback.tabular.sheets import open_book  # noqa: PLC0415 - loaded under the limits set above

    scans = {name: _scan_of(scan) for name, scan in asked["scans"].items()}
    raw = open_book(source, asked["wanted"], Limits(**asked["limits"]), scans)
    yield {"facts": asdict(raw.facts), "notices": [asdict(issue) for issue in raw.notices]}
    for batch in raw.batches:
        yield {
            "start": batch.numbers[0],
            "rows": batch.rows,
            "kinds": batch.kinds,
            "is_last": batch.is_last,
            "issues": [(at, asdict(issue)) for at, issue in batch.cell_issues],
        }


def _scan_of(scan: dict[str, Any]) -> SheetScan:
    """A scan as it came through JSON, whose keys are texts."""
    odd = {int(row): {int(column): error for column, error in cells.items()} for row, cells in scan["odd"].items()}
    zeros = {int(column): [(first, last, code) for first, last, code in spans] for column, spans in scan["zeros"].items()}
    return SheetScan(plain=scan["plain"], odd=odd, zeros=zeros)


if __name__ == "__main__":
    main(sys.argv[1])
