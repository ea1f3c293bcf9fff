"""The cells of one field, read as the scalar rules read them, but each value or shape of a cell only once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.tabular.by_shape import ByShape
from takeback.tabular.by_value import ByValue
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.glance import Glance
from takeback.tabular.parsed import ParsedColumn, Part, Problems
from takeback.tabular.table import ERROR, TEXT

_SHARE = 0.1  # of cells that are new, from which on a look at them may be cheaper than the rules
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
        self._glance = Glance(column, problems, evidence) if kind == TEXT or (column.kind == "text" and kind != ERROR) else None

    def read(self, part: Part, out: ParsedColumn) -> None:
        glance = self._glance
        if glance and (glance.pays or self._kind in ("text", "id")):
            part, glance = glance.read(part, out), None
            if not len(part):
                return
        # Amounts and ids seldom repeat, but look alike; dates and quantities repeat as a rule.
        by_shape = self._kind in ("money", "id") or (self._kind in ("count", "text", "date") and self.values.many)
        if by_shape:
            part = self.shapes.read(part, out)
        if glance and self.values.share_of_new > _SHARE and glance.is_promising(part.cells):
            part = glance.read(part, out)
        if len(part):
            self.values.read(part, out)
