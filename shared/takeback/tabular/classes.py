"""Equal cells, or cells of one shape, get equal numbers, for whole columns at once."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from takeback.tabular import loops
from takeback.tabular.byte_cells import ByteCells

_FEWEST = 64  # keys that there is room for at first
_USUAL_BYTES = 16  # of a key
_MULTIPLIER = int.from_bytes(os.urandom(8), "little") | 1  # another one each time, so that nobody knows where a cell meets others


def distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the different values each one is, counted from 0 in the order in which they come, and where each comes first."""
    which, found = pd.factorize(values)
    firsts = np.empty(len(found), np.intp)
    firsts[which[::-1]] = np.arange(len(which))[::-1]  # of several places the first is written last
    return which, firsts


class Classes:
    """Numbers from 1 for different cells, in the order in which they are first seen. `len` is the highest one.

    With `most` of them known, any other is number 0. Of shapes (see `shapes.py`), those of cells that are longer than
    `loops.LONGEST_SHAPE` bytes are number 0 as well.
    """

    def __init__(self, most: int = 1 << 30, *, of_shapes: bool = False) -> None:
        self._most = most
        self._of_shapes = of_shapes
        self._known = 0
        self._slots = np.zeros(4 * _FEWEST, np.int32)
        self._hashes, self._heads = np.zeros(_FEWEST, np.uint64), np.zeros(_FEWEST, np.uint64)
        self._ends = np.zeros(_FEWEST, np.int64)
        self._keys = np.zeros(_FEWEST * _USUAL_BYTES, np.uint8)

    def __len__(self) -> int:
        return self._known

    def key(self, number: int) -> str:
        """The text with a number."""
        return self._keys[self._ends[number - 1] : self._ends[number]].tobytes().decode()

    def number(self, cells: ByteCells) -> tuple[np.ndarray, np.ndarray]:
        """The number of each cell, and the positions of those that were not known, in order of their new numbers."""
        text, starts, lengths = cells.arrays()
        numbers = np.empty(len(cells), np.int64)
        new, at = [np.zeros(0, np.int64)], 0
        while True:
            before, found = self._known, np.empty(len(self._ends), np.int64)
            tables = (self._slots, self._hashes, self._heads, self._ends, self._keys)
            at, self._known = loops.number(
                text, starts, lengths, at, self._of_shapes, _MULTIPLIER, *tables, before, self._most, numbers, found
            )
            new.append(found[: self._known - before])
            if at == len(cells):
                return numbers, np.concatenate(new)
            self._make_room(int(lengths[at]))

    def _make_room(self, length: int) -> None:
        """Room for as many keys again, and for one of some length."""
        if self._known + 1 >= len(self._ends):
            tables = (self._hashes, self._heads, self._ends)
            self._hashes, self._heads, self._ends = (np.concatenate([table, np.zeros_like(table)]) for table in tables)
            self._slots = np.zeros(4 * len(self._ends), np.int32)
            loops.spread_keys(self._hashes, self._known, self._slots)
        else:
            more = max(len(self._keys), length + loops.LONGEST_SHAPE + 2 * loops.WORD)
            self._keys = np.concatenate([self._keys, np.zeros(more, np.uint8)])
