"""The cells of one field, read as the scalar rules read them, but each value or shape of a cell only once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import parse_cell
from takeback.rules.values.empty import LONGEST_EMPTY
from takeback.rules.values.texts import LONGEST_TEXT
from takeback.tabular.by_shape import ByShape
from takeback.tabular.by_value import ByValue
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.parsed import ParsedColumn, Part, Problems
from takeback.tabular.table import TEXT

_MOST_PROBLEMS = 50_000  # some name the value that they are about


class FieldReader:
    """Reads chunk after chunk of one field's column. The evidence has been told of all cells after `finish`."""

    def __init__(self, column: Column, reading: Reading, evidence: Evidence) -> None:
        self._column = column
        self._reading = reading
        self._evidence = evidence
        self._problems = Problems()
        self._of_kind: dict[str, _KindReader] = {}

    def read(self, cells: ByteCells, kinds: str | None, row_numbers: Sequence[int]) -> ParsedColumn:
        """The values of a chunk's cells."""
        if len(self._problems) > _MOST_PROBLEMS:
            self.finish()
            self._problems, self._of_kind = Problems(), {}
        out = ParsedColumn(self._column, cells, self._problems)
        part = Part(cells, row_numbers)
        if kinds is None:
            self._reader(TEXT).read(part, out)
        else:
            letters = np.frombuffer(kinds.encode(), np.uint8)
            for kind in sorted(set(kinds)):
                self._reader(kind).read(part.take(np.flatnonzero(letters == ord(kind))), out)
        return out

    def finish(self) -> None:
        """Tell the evidence what it has not been told yet."""
        for reader in self._of_kind.values():
            reader.values.tell()
            reader.shapes.tell()

    def _reader(self, kind: str) -> _KindReader:
        if kind not in self._of_kind:
            self._of_kind[kind] = _KindReader(self._column, self._reading, kind, self._problems, self._evidence)
        return self._of_kind[kind]


class _KindReader:
    """Reads the cells of one kind (text, number, date …)."""

    def __init__(self, column: Column, reading: Reading, kind: str, problems: Problems, evidence: Evidence) -> None:
        self._kind = column.kind
        self.values = ByValue(column, reading, kind, problems, evidence)
        self.shapes = ByShape(column, reading, kind, problems, evidence)
        sample = "Long enough not to be empty"
        self._keeps_texts = column.kind == "text" and parse_cell(column, reading, sample, kind) == sample

    def read(self, part: Part, out: ParsedColumn) -> None:
        if self._keeps_texts:
            part = part.take(np.flatnonzero(~_plain(part.cells)))
        # Amounts and ids seldom repeat, but look alike; dates and quantities repeat as a rule.
        by_shape = self._kind in ("money", "id") or (self._kind in ("count", "text", "date") and self.values.many)
        for rest in self.shapes.read(part, out) if by_shape else [part]:
            if len(rest):
                self.values.read(rest, out)


def _plain(cells: ByteCells) -> np.ndarray:
    """Which cells are kept by a text field exactly as they are: with signs at both ends, too long to stand for nothing."""
    data = cells.buffer.data
    plain = (cells.lengths > LONGEST_EMPTY) & (cells.lengths <= LONGEST_TEXT)
    for end in (data.take(cells.starts), data.take(cells.starts + (np.maximum(cells.lengths, 1) - 1))):
        plain &= end - np.uint8(0x21) < np.uint8(0x7F - 0x21)
    plain &= ~cells.hold(cells.buffer.escaped)
    beyond = np.flatnonzero(plain & (cells.lengths <= 4 * LONGEST_EMPTY) & cells.hold(cells.buffer.beyond_ascii))
    plain[beyond] = [len(cells[at]) > LONGEST_EMPTY for at in beyond.tolist()]
    return plain
