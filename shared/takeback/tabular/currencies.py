"""Rows in another currency than the file's, by the distinct cells of the column that names it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.rules.currency_column import CurrencyColumn
from takeback.rules.issues import Issue
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes

_MOST_CELLS = 10_000
_LONGEST = 64  # bytes; the cells of such a column are codes and signs, and longer ones are not kept


class CurrencyRows:
    """Asks the rule about each distinct cell once, and again about those that it objects to and about long ones."""

    def __init__(self, rule: CurrencyColumn, place: int) -> None:
        self._rule = rule
        self._place = place
        self._classes = Classes(_MOST_CELLS)
        self._objects = [True]

    def issues(self, columns: Sequence[ByteCells], row_numbers: Sequence[int]) -> Iterator[tuple[int, Issue]]:
        """The rows in another currency: their place in the chunk, and what to do about them."""
        cells = columns[self._place]
        usual = np.flatnonzero(cells.lengths <= _LONGEST)
        numbers, new = self._classes.number(cells.take(usual))
        self._objects += [any(self._rule.issues([cells[at]], [0])) for at in usual[new].tolist()]
        found = cells.lengths > _LONGEST
        found[usual] = np.array(self._objects, bool).take(numbers)
        for at in np.flatnonzero(found).tolist():
            for _, issue in self._rule.issues([cells[at]], [row_numbers[at]]):
                yield at, issue
