"""Rows in another currency than the file's, by the distinct cells of the column that names it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.rules.currency_column import CurrencyColumn
from takeback.rules.issues import Issue
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.parsed import WIDTHS, Part

_MOST_CELLS = 10_000


class CurrencyRows:
    """Asks the rule about each distinct cell once, and again only about those that it objects to."""

    def __init__(self, rule: CurrencyColumn, place: int) -> None:
        self._rule = rule
        self._place = place
        self._classes = {words: Classes(words, _MOST_CELLS) for words in WIDTHS}
        self._objects = {words: [True] for words in WIDTHS}

    def issues(self, columns: Sequence[ByteCells], row_numbers: Sequence[int]) -> Iterator[tuple[int, Issue]]:
        """The rows in another currency: their place in the chunk, and what to do about them."""
        part = Part(columns[self._place], row_numbers)
        words = part.usual_words()
        found = np.arange(len(part))
        if words:
            numbers, new = self._classes[words].number(part.cells.words(words))
            self._objects[words] += [any(self._rule.issues([part.cells[at]], [0])) for at in new.tolist()]
            found = np.flatnonzero(np.array(self._objects[words], bool).take(numbers))
        for at in found.tolist():
            for _, issue in self._rule.issues([columns[self._place][at]], [row_numbers[at]]):
                yield at, issue
