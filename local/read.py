"""What the reader makes of files: `python -m local read FILE...` prints one JSON line for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.options import Options
from takeback.tabular.formats import sniff
from takeback.tabular.limits import Limits
from takeback.tabular.raw import RawFile, RawRows
from takeback.tabular.reader import open_raw
from takeback.tabular.table import Table
from takeback.tabular.tables import lay_out


def main(argv: list[str]) -> int:
    """Prints what is read from each file named; 1 when a file could not even be opened, or the reader itself failed."""
    status = 0
    for name in argv:
        try:
            with Path(name).open("rb") as source:
                answer = read(source, Options(), Limits())
        except OSError as error:
            answer = _refusal("not_found", f"The file cannot be opened: {error.strerror}.")
            status = 1
        except MemoryError:
            answer = _refusal("too_large", "The file needs more memory than there is. Split it and import the parts.")
        except Exception as error:  # noqa: BLE001 - one bad file must not end the others, and it is told as our fault
            answer = _refusal("internal_error", f"The reader failed with {type(error).__name__}; please report this file.")
            status = 1
        sys.stdout.write(json.dumps({"path": name, **answer}) + "\n")
        sys.stdout.flush()
    return status


def read(source: BinaryIO, options: Options, limits: Limits) -> dict[str, Any]:
    """All records of a file as text, before any layout is taken off, and everything that was said about them."""
    rows: list[list[str]] = []
    try:
        found = open_raw(source, sniff(source, limits), options, limits)
        if isinstance(found, Table):
            return _answer(found, rows, with_records=True)
        noted = RawFile(found.facts, _noting(found.batches, rows), found.issues, found.notices)
        return _answer(lay_out(noted, options, limits), rows)
    except Refused as refused:
        return _refusal(refused.code, refused.message)


def _noting(batches: Iterator[RawRows], rows: list[list[str]]) -> Iterator[RawRows]:
    for batch in batches:
        rows.extend(map(list, batch.rows))
        yield batch


def _answer(table: Table, rows: list[list[str]], *, with_records: bool = False) -> dict[str, Any]:
    issues: list[Issue] = []
    if with_records:
        rows.append(table.headers)
    for chunk in table.chunks:
        issues += chunk.issues
        if with_records:
            rows.extend(map(list, zip(*chunk.columns, strict=True)))
    facts = table.facts
    return {
        "table": rows,
        "errors": [
            {"record": issue.row, "code": issue.code, "message": issue.message} for issue in [*issues, *table.issues, *table.notices]
        ],
        "refused": None,
        "message": None,
        "file": {
            "format": facts.format,
            "encoding": facts.encoding,
            "delimiter": facts.delimiter,
            "sheet": facts.sheet,
            "sheets": facts.sheets,
        },
        "header_record": facts.header_row,
        "dropped": [{"record": line.row_number, "text": line.text, "reason": line.reason} for line in facts.dropped_lines],
    }


def _refusal(code: str, message: str) -> dict[str, Any]:
    return {"table": None, "errors": [], "refused": code, "message": message, "file": None, "header_record": None, "dropped": []}
