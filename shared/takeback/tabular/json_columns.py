"""The columns of JSON records by their keys: a key in an object in an object has a path, and a path with values is a column."""

from __future__ import annotations

import json

import numpy as np

from takeback.tabular.byte_cells import Buffer, ByteCells
from takeback.tabular.classes import Classes, distinct
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection

_MOST_WORDS = 7  # of 64 bits, of a key


class Columns:
    """Finds the column of each value of many records. Columns are in first-seen order; `len` is how many there are."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._words = 0  # of the longest key
        self._classes = Classes(2 * limits.columns)  # number the paths from 1 by their keys and the paths that these stand in
        self._names: list[tuple[str, ...]] = [()]  # of the paths; 0 is that of a record itself
        self._column_of = np.zeros(1, np.intp)  # by path, -1 where no value was seen yet
        self._paths: list[int] = []  # by column

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def names(self) -> list[str]:
        """The keys of each column's path, joined by dots."""
        return [".".join(self._names[path]) for path in self._paths]

    def of_values(self, keys: ByteCells, records: np.ndarray, depths: np.ndarray, is_object: np.ndarray) -> np.ndarray:
        """The columns of the values, which stand behind all keys but those of objects.

        `records` are the numbers of the keys' records, `depths` say in how many objects of it a key stands. Raises
        `Objection` where one object has a key twice, and where there are too many columns.
        """
        words = self._words_of(keys)
        first, times = int(np.searchsorted(records, 1)), int(records[-1]) + 1
        if times > 1 and len(keys) == first * times and _is_repeated(first, records, words, depths, is_object):
            return np.tile(self.of_values(keys.take(slice(first)), records[:first], depths[:first], is_object[:first]), times)
        paths = self._number(keys, words, depths, is_object)
        if np.bincount(paths * times + records).max() > 1:
            raise Objection
        return self._of_paths(paths[~is_object])

    def _words_of(self, keys: ByteCells) -> np.ndarray:
        longest = int(keys.lengths.max())
        if not self._words:
            self._words = min(longest // 8 + 1, _MOST_WORDS)
        if longest > 8 * self._words:
            raise Objection
        return keys.words(self._words)

    def _number(self, keys: ByteCells, words: np.ndarray, depths: np.ndarray, is_object: np.ndarray) -> np.ndarray:
        """The path of each key: the object it stands in is the last one before it that is one level higher."""
        deepest = int(depths.max())
        if deepest >= self._limits.nesting:
            raise Objection
        parents_and_keys = np.column_stack([np.zeros(len(keys), np.uint64), words])
        paths = np.zeros(len(keys), np.intp)
        for depth in range(deepest + 1):
            here = np.flatnonzero(depths == depth)
            if depth:
                above = np.where((depths == depth - 1) & is_object, np.arange(len(keys)), 0)
                parents_and_keys[here, 0] = paths[np.maximum.accumulate(above)[here]]
            paths[here], new = self._classes.number(_as_cells(parents_and_keys[here]))
            self._name(keys.take(here[new]), parents_and_keys[here[new], 0].tolist())
        if not paths.all():
            raise Objection
        return paths

    def _of_paths(self, paths: np.ndarray) -> np.ndarray:
        columns = self._column_of.take(paths)
        unseen = np.flatnonzero(columns < 0)
        if len(unseen):
            new = paths[unseen[distinct(paths[unseen])[1]]]
            self._column_of[new] = np.arange(len(new)) + len(self)
            self._paths += new.tolist()
            columns = self._column_of.take(paths)
        if len(self) > self._limits.columns:
            raise Objection
        return columns

    def _name(self, keys: ByteCells, parents: list[int]) -> None:
        """Names for new paths."""
        if not parents:
            return
        texts = decoded([keys.bytes_at(at) for at in range(len(keys))])
        self._names += [(*self._names[parent], text) for parent, text in zip(parents, texts, strict=True)]
        self._column_of = np.append(self._column_of, np.full(len(parents), -1))
        if len(set(self._names)) < len(self._names):  # one key spelled in two ways
            raise Objection


def _as_cells(rows: np.ndarray) -> ByteCells:
    """Rows of 64-bit words as cells of their bytes."""
    size = 8 * rows.shape[1]
    return ByteCells(Buffer.of(rows.tobytes()), np.arange(len(rows)) * size + 1, np.full(len(rows), size))


def _is_repeated(first: int, records: np.ndarray, *facts: np.ndarray) -> bool:
    """Whether all records have as many keys as the first one, and the facts about these are the same again and again."""
    return bool((records[first:] == records[:-first] + 1).all()) and all((some[first:] == some[:-first]).all() for some in facts)


def decoded(strings: list[bytes]) -> list[str]:
    """What strings say that stand like this between the quotation marks of a JSON text."""
    if not strings:
        return []
    try:
        return json.loads(b'["%b"]' % b'","'.join(strings))
    except ValueError:
        raise Objection from None
