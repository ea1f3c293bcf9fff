"""One column of a chunk, by its distinct cells: each of them is looked at once, however often it occurs."""

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


@dataclass(slots=True)
class DistinctCells:
    """`cells[codes[i]]` is the (text, kind letter) of row i; each cell with its number of rows and its first row."""

    codes: np.ndarray
    cells: list[tuple[str, str]]
    counts: list[int]
    first_rows: list[int]

    def tell(self, evidence: Evidence) -> None:
        """Let the evidence see every distinct cell."""
        for (text, kind), count, row in zip(self.cells, self.counts, self.first_rows, strict=True):
            evidence.see(text, kind, row, count)


@dataclass(slots=True)
class ParsedColumn:
    """A column after parsing, by distinct cell; `bad[i]` says whether row i has a problem here."""

    codes: np.ndarray
    values: list[Any]
    rendered: np.ndarray
    problems: list[Problem | None]
    bad: np.ndarray


def distinct_cells(cells: Sequence[str], kinds: str | None, row_numbers: Sequence[int]) -> DistinctCells:
    """The distinct cells of a column, in the order of their first rows."""
    keys = np.empty(len(cells), dtype=object)
    keys[:] = cells if kinds is None else [kind + text for kind, text in zip(kinds, cells, strict=True)]
    codes, distinct = pd.factorize(keys)
    first = np.full(len(distinct), len(cells))
    np.minimum.at(first, codes, np.arange(len(cells)))
    pairs = [(text, TEXT) for text in distinct] if kinds is None else [(key[1:], key[0]) for key in distinct]
    counts = np.bincount(codes, minlength=len(pairs)).tolist()
    return DistinctCells(codes, pairs, counts, [row_numbers[at] for at in first.tolist()])


def copy_text(value: Any) -> str:
    """A value as a field of Postgres' COPY text format."""
    if value is None:
        return NULL
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return value.isoformat() if isinstance(value, date) else str(value)


class ColumnParser:
    """Reads the cells of one field by the scalar rules, remembering what it has read."""

    def __init__(self, column: Column, reading: Reading) -> None:
        self._column = column
        self._reading = reading
        self._seen: dict[tuple[str, str], tuple[Any, str, Problem | None]] = {}

    def parse(self, distinct: DistinctCells) -> ParsedColumn:
        """The values of one chunk's cells."""
        parsed = [self._read(*cell) for cell in distinct.cells]
        problems = [problem for _, _, problem in parsed]
        wrong = np.fromiter((problem is not None for problem in problems), bool, len(problems))
        rendered = np.empty(len(parsed), dtype=object)
        rendered[:] = [text for _, text, _ in parsed]
        return ParsedColumn(distinct.codes, [value for value, _, _ in parsed], rendered, problems, wrong[distinct.codes])

    def _read(self, text: str, kind: str) -> tuple[Any, str, Problem | None]:
        found = self._seen.get((text, kind))
        if found is None:
            value = parse_cell(self._column, self._reading, text, kind)
            found = (None, NULL, value) if isinstance(value, Problem) else (value, copy_text(value), None)
            if len(self._seen) >= _REMEMBERED_CELLS:
                self._seen.clear()
            self._seen[text, kind] = found
        return found
