"""What stands between two strings of JSON text: a colon, a comma, a number between both, the end of a record and the next one.

There are many of these joints and few kinds of them. Each is looked at by its shape, in which digits make no difference
save for leading zeros, and each shape is judged once.
"""

from __future__ import annotations

import re

import numpy as np

from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.objections import Objection
from takeback.tabular.table import BOOLEAN, NUMBER, TEXT

_MOST_SHAPES = 5_000
# Numbers as the shapes spell them: the digits are 0 and 1, and 0 before a digit can only be a leading zero.
_VALUE = r"true|false|null|-?(?:0|1[01]*)(?:\.[01]+)?(?:[eE][+-]?[01]+)?"
_BLANKS = r"[ \t\n\r]*"
_LETTERS = {"true": BOOLEAN, "false": BOOLEAN, "null": TEXT}
CONSTANTS = b"TRUEFALSE"  # the cells of `true` and `false`


class Joints:
    """The kinds of joints by number. A value that stands in a joint begins at `place` of it and has `length` bytes.

    `is_after_key`: it begins behind a key, which a colon shows. `is_bare`: it is that colon and no more, so that a string
    comes next. `is_object`: it is that colon and the beginning of an object, so that a key comes next. `is_end`: a record
    ends in it and one begins at `brace`. `steps` says how many objects begin, or end (less than 0), inside a record.
    `constant` is the place in CONSTANTS, or -1. `controls` counts line ends and the like.
    """

    def __init__(self, *, one_a_line: bool) -> None:
        """In a list records are separated by commas and blanks may stand anywhere; one a line, only between records."""
        blanks = r"[ \t]*" if one_a_line else _BLANKS
        between = rf"{_BLANKS}[\n\r]{_BLANKS}" if one_a_line else rf"{_BLANKS},{_BLANKS}"
        self._colon = re.compile(rf"{blanks}:{blanks}(?P<object>\{{{blanks})?")
        self._comma = re.compile(
            rf"(?:{blanks}:{blanks}(?P<value>{_VALUE}))?{blanks}(?P<ends>(?:\}}{blanks})*)(?:,|\}}{between}(?P<brace>\{{)){blanks}"
        )
        self._classes = Classes(_MOST_SHAPES, of_shapes=True)
        count = _MOST_SHAPES + 1
        self._is_known, self.is_after_key, self.is_bare, self.is_object, self.is_end = (np.zeros(count, bool) for _ in range(5))
        self.place, self.length, self.brace, self.steps, self.controls = (np.zeros(count, np.int64) for _ in range(5))
        self.constant = np.full(count, -1)
        self.letter = np.full(count, ord(TEXT), np.uint8)

    def number(self, joints: ByteCells) -> np.ndarray:
        """The numbers of some joints. Raises `Objection` when one of them makes no sense between the strings of records without lists."""
        before = len(self._classes)
        numbers, _ = self._classes.number(joints)
        for number in range(before + 1, len(self._classes) + 1):
            self._judge(number, self._classes.key(number))
        if not self._is_known.take(numbers).all():
            raise Objection
        return numbers

    def _judge(self, number: int, shape: str) -> None:
        colon, comma = self._colon.fullmatch(shape), self._comma.fullmatch(shape)
        self._is_known[number] = bool(colon or comma)
        self.is_after_key[number] = ":" in shape
        self.controls[number] = sum(sign < " " for sign in shape)
        if colon:
            self.is_object[number] = colon["object"] is not None
            self.is_bare[number] = not self.is_object[number]
            self.steps[number] = self.is_object[number]
        if comma:
            self.is_end[number] = comma["brace"] is not None
            self.brace[number] = comma.start("brace")
            self.steps[number] = -comma["ends"].count("}")
            self._keep_value(number, comma)

    def _keep_value(self, number: int, found: re.Match[str]) -> None:
        if value := found["value"]:
            self.letter[number] = ord(_LETTERS.get(value, NUMBER))
            self.constant[number] = CONSTANTS.find(value.upper().encode())
            self.place[number], self.length[number] = found.start("value"), len(value) if value != "null" else 0
