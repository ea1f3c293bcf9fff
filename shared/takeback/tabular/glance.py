"""What shows at a glance in whole columns: cells that a kind of value rules out, and cells that are kept as they are."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_letters, digits

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence
from takeback.rules.values import RuledOut, ruled_out
from takeback.rules.values.empty import NO_VALUE
from takeback.rules.values.ids import LONGEST_ID
from takeback.rules.values.texts import LONGEST_TEXT
from takeback.tabular import loops
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.byte_classes import any_of, between, by_width, classified, marks, one_further, table, together
from takeback.tabular.parsed import ParsedColumn, Part, Problems
from takeback.tabular.table import TEXT

_DIGIT, _LETTER, _SIGN, _BETWEEN, _UNLESS, _OTHER, _INSTEAD, _BEYOND_ASCII = range(8)
_ONE = np.uint64(1)
_SMALL = np.uint64(0x2020202020202020)  # makes letters small
_IS_OTHER = bytes(chr(byte) not in ascii_letters for byte in range(256))  # 1 for each byte that is no letter
_MULTIPLIER, _SPREAD = np.uint64(0x9E3779B97F4A7C15), 16


_MANY = 500  # cells from which on a look at some of them says whether a look at all of them pays
_LOOKED_AT = 100
_SHARE = 0.1  # of cells that a glance has to settle


class Beginnings:
    """The first eight bytes of some texts, whose case does not matter. A few other beginnings are taken for one of them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known = np.zeros(1 << _SPREAD, bool)
        self._known[self._places(np.array([int.from_bytes(text.encode()[: loops.WORD], "little") for text in texts], np.uint64))] = True

    @property
    def table(self) -> tuple[np.ndarray, int]:
        """As the loops want them: 1 where the highest bits of a beginning's word times the number beside point to."""
        return self._known.view(np.uint8), int(_MULTIPLIER)

    def _places(self, words: np.ndarray) -> np.ndarray:
        return ((words | _SMALL) * _MULTIPLIER >> np.uint64(64 - _SPREAD)).view(np.int64)

    def may_be(self, words: np.ndarray) -> np.ndarray:
        """Which of some 64-bit words may be one; False is sure."""
        return self._known.take(self._places(words))


_EMPTY = Beginnings(NO_VALUE)


def is_value(cells: ByteCells) -> np.ndarray:
    """Which cells have a visible ASCII sign at both ends and begin like no text that stands for an empty cell."""
    data = cells.buffer.data
    found = cells.lengths > 0
    for end in (data.take(cells.starts), data.take(cells.starts + (np.maximum(cells.lengths, 1) - 1))):
        found &= end - np.uint8(0x21) < np.uint8(0x7F - 0x21)
    return found & ~_EMPTY.may_be(cells.windows(loops.WORD).view(np.uint64))


def kept_texts(cells: ByteCells) -> np.ndarray:
    """Which cells a text field keeps exactly as they are, and COPY takes like that."""
    return _are_kept(cells, LONGEST_TEXT, is_id=False)


def kept_ids(cells: ByteCells) -> np.ndarray:
    """The same of an id field: no guard stands before them, and the second sign is none of a number that a spreadsheet rounded."""
    return _are_kept(cells, LONGEST_ID, is_id=True)


def _are_kept(cells: ByteCells, longest: int, *, is_id: bool) -> np.ndarray:
    found = np.empty(len(cells), bool)
    loops.are_kept(*cells.arrays(), longest, *_EMPTY.table, is_id, found.view(np.uint8))
    return found


class Glance:
    """Settles the cells of a column that show at once what they are. They are looked up nowhere, so no two of them need be equal."""

    def __init__(self, column: Column, problems: Problems, evidence: Evidence) -> None:
        rule = ruled_out(column)
        self._find = Rejects(rule).among if rule else kept_texts if column.kind == "text" else kept_ids
        self._problem = problems.number(rule.problem) if rule else 0
        self._evidence = evidence
        self.pays = False

    def is_promising(self, cells: ByteCells) -> bool:
        """Whether a good part of many cells will be settled."""
        return len(cells) >= _MANY and self._find(cells.take(slice(None, None, len(cells) // _LOOKED_AT))).mean() > _SHARE

    def read(self, part: Part, out: ParsedColumn) -> Part:
        """Read what shows at a glance; gives the other cells."""
        settled = self._find(part.cells)
        count = int(np.count_nonzero(settled))
        self.pays = count > _SHARE * len(part)
        if count and self._problem:
            out.problem[part.places_of(np.flatnonzero(settled))] = self._problem
            if self._evidence.listens:  # to it they are all the same, and only the first is shown
                first = int(np.argmax(settled))
                self._evidence.see(part.cells[first], TEXT, part.row_number(first), count)
        return part.take(np.flatnonzero(~settled))


class Rejects:
    """Finds the cells of a column that its kind of value rules out."""

    def __init__(self, rule: RuledOut) -> None:
        self._rule = rule
        self._class_of = _classes(rule)
        self._first_words = None if rule.first_words is None else Beginnings(rule.first_words)

    def among(self, cells: ByteCells) -> np.ndarray:
        """Which cells are ruled out. Of those that are too long to be looked at together only their length says something."""
        found = np.zeros(len(cells), bool)
        for words, some in by_width(cells):
            part = cells.take(some)
            if words:
                found[some] = self._ruled_out(part, words)
            else:
                found[some] = (part.lengths > self._rule.longest) & ~part.hold(cells.buffer.beyond_ascii)
        return found & is_value(cells)

    def _ruled_out(self, cells: ByteCells, words: int) -> np.ndarray:
        rule = self._rule
        classes = classified(cells, words, self._class_of)
        held = together(classes)
        by_sign, by_other, instead, is_open, beyond_ascii, has_digit = (
            held & np.uint64(1 << bit) != 0 for bit in (_SIGN, _OTHER, _INSTEAD, _UNLESS, _BEYOND_ASCII, _DIGIT)
        )
        by_rest = cells.lengths > rule.longest
        if rule.instead_of_digits is not None:
            by_rest |= ~(has_digit | instead)
        if rule.most_numbers is not None:
            by_rest |= _runs(marks(classes, _DIGIT)) > rule.most_numbers
        if self._first_words is not None:
            by_rest |= ~self._first_words.may_be(_first_words(cells, classes))
        found = by_sign | ((by_other | (by_rest & ~beyond_ascii)) & ~is_open)
        return found | _stand_between(classes) if rule.between else found


def _classes(rule: RuledOut) -> bytes:
    signs = (digits, ascii_letters, rule.signs, rule.between, rule.unless, rule.others, rule.instead_of_digits or "")
    return table(*(some.encode() for some in signs), range(0x80, 0x100))


def _runs(marks: np.ndarray) -> np.ndarray:
    """How many runs of marked bytes each row has."""
    return np.bitwise_count(marks & ~one_further(marks)).sum(axis=1)


def _stand_between(classes: np.ndarray) -> np.ndarray:
    """Which rows have one of the signs that may not stand between digits between their first and last digit."""
    return any_of(marks(classes, _BETWEEN) & between(marks(classes, _DIGIT))) != 0


def _first_words(cells: ByteCells, classes: np.ndarray) -> np.ndarray:
    """The first letters of each cell up to another sign, at most eight; zero where there are none."""
    at = np.argmax(classes.view(np.uint8) & np.uint8(1 << _LETTER) != 0, axis=1)
    found = ByteCells(cells.buffer, cells.starts + at, cells.lengths - at).windows(loops.WORD).view(np.uint64)
    other = np.frombuffer(found.tobytes().translate(_IS_OTHER), np.uint64)
    return found & ((other & np.negative(other)) - _ONE)  # the bytes below the first one that is no letter
