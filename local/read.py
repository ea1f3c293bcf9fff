"""What the reader makes of files: `python -m local read FILE...` prints one JSON line for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from takeback.errors import Refused
from takeback.rules.options import Options
from takeback.tabular.formats import sniff
from takeback.tabular.json_file import open_json
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
        kind = sniff(source, limits)
        if kind == "json":
            table = open_json(source, options, limits)
            return _answer(table, _all_rows(table))
        raw = open_raw(source, kind, options, limits)
        table = lay_out(RawFile(raw.facts, _noting(raw.batches, rows), raw.issues, raw.notices), options, limits)
        return _answer(table, rows)
    except Refused as refused:
        return _refusal(refused.code, refused.message)


def _noting(batches: Iterator[RawRows], rows: list[list[str]]) -> Iterator[RawRows]:
    for batch in batches:
        rows.extend(map(list, batch.rows))
        yield batch


def _all_rows(table: Table) -> list[list[str]]:
    rows = [list(table.headers)]
    errors = []
    for chunk in table.chunks:
        rows.extend(map(list, zip(*chunk.columns, strict=True)))
        errors += chunk.issues
    table.issues += errors
    return rows


def _answer(table: Table, rows: list[list[str]]) -> dict[str, Any]:
    issues = [issue for chunk in table.chunks for issue in chunk.issues]
    facts = table.facts
    return {
        "table": rows,
        "errors": [
            {"record": issue.row, "code": issue.code, "message": issue.message} for issue in [*table.issues, *issues, *table.notices]
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
