"""errors.csv: the bad rows as uploaded, with their row numbers and what to do about them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Protocol

from takeback.rules.formula import neutral


class Sink(Protocol):
    """Whatever takes bytes one after the other."""

    def write(self, data: bytes, /) -> object:
        """Add bytes at the end."""
        ...


class ErrorFile:
    """UTF-8 with a byte order mark, so that Excel reads it as what it is; the file's own columns come first."""

    def __init__(self, sink: Sink, headers: Sequence[str]) -> None:
        self._sink = sink
        self._sink.write(b"\xef\xbb\xbf")
        self._write([[*headers, "row_number", "reasons"]])

    def add(self, rows: Iterable[tuple[Sequence[str], int, Sequence[str]]]) -> None:
        """Add `(cells, row number, reasons)` of bad rows."""
        self._write([*cells, str(row_number), " ".join(reasons)] for cells, row_number, reasons in rows)

    def _write(self, rows: Iterable[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows([neutral(cell) for cell in row] for row in rows)
        self._sink.write(text.getvalue().encode("utf-8", "replace"))
