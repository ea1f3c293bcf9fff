"""One column of a chunk, parsed once per distinct cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import Problem, parse_cell
from takeback.tabular.table import TEXT

_REMEMBERED_CELLS = 100_000  # per column; beyond that the values hardly repeat
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"

Parsed = tuple[Any, str, Problem | None]


def copy_text(value: Any) -> str:
    """A value as a field of Postgres' COPY text format."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(slots=True)
class ParsedColumn:
    """A column after parsing: `codes[i]` says which of the distinct cells stands in row i."""

    codes: np.ndarray
    values: list[Any]
    rendered: np.ndarray
    problems: list[Problem | None]
    bad: np.ndarray  # of bool, per row


class ColumnParser:
    """Reads the cells of one mapped column by the scalar rules, remembering what it has read."""

    def __init__(self, header: str, column: Column, reading: Reading) -> None:
        self.column = column
        self.evidence = Evidence(header, column)
        self._reading = reading
        self._seen: dict[tuple[str, str], Parsed] = {}

    def parse(self, cells: Sequence[str], kinds: str | None, row_numbers: Sequence[int]) -> ParsedColumn:
        """Parse one chunk's cells and take their evidence."""
        codes, distinct = _factorize(cells, kinds)
        counts = np.bincount(codes, minlength=len(distinct)).tolist()
        first = np.full(len(distinct), len(cells))
        np.minimum.at(first, codes, np.arange(len(cells)))
        parsed = []
        for (text, kind), count, at in zip(distinct, counts, first.tolist(), strict=True):
            self.evidence.see(text, kind, row_numbers[at], count)
            parsed.append(self._read(text, kind))
        problems = [problem for _, _, problem in parsed]
        wrong = np.fromiter((problem is not None for problem in problems), bool, len(problems))
        rendered = np.empty(len(parsed), dtype=object)
        rendered[:] = [text for _, text, _ in parsed]
        return ParsedColumn(codes, [value for value, _, _ in parsed], rendered, problems, wrong[codes])

    def _read(self, text: str, kind: str) -> Parsed:
        found = self._seen.get((text, kind))
        if found is None:
            value = parse_cell(self.column, self._reading, text, kind)
            found = (None, NULL, value) if isinstance(value, Problem) else (value, copy_text(value), None)
            if len(self._seen) >= _REMEMBERED_CELLS:
                self._seen.clear()
            self._seen[text, kind] = found
        return found


def _factorize(cells: Sequence[str], kinds: str | None) -> tuple[np.ndarray, list[tuple[str, str]]]:
    plain = np.empty(len(cells), dtype=object)
    if kinds is None:
        plain[:] = cells
        codes, distinct = pd.factorize(plain)
        return codes, [(text, TEXT) for text in distinct]
    plain[:] = [kind + text for kind, text in zip(kinds, cells, strict=True)]
    codes, distinct = pd.factorize(plain)
    return codes, [(marked[1:], marked[0]) for marked in distinct]
