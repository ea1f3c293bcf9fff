"""Quotation marks that enclose nothing: inch marks and nicknames are text, the rest is a sign of torn cells."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from itertools import pairwise

_INCHES = re.compile(r"(?<=[\d½¼¾⅛⅜⅝⅞])(?:\"\"?|'')(?:(?=[NSEWO](?:\W|$))|(?![^\W_x]|\"))", re.IGNORECASE)
_NAMED = re.compile(r'(?:(?<=^)|(?<=[\s(\[/-]))"[^"]*"(?=$|[\s)\].,;:!?/-])')


class Stray(Enum):
    """What the quotation marks inside the unquoted cells of a record are."""

    NONE = "none"
    TEXT = "text"
    TORN = "torn"


@cache
def _cells(delimiter: str) -> re.Pattern[str]:
    edge = re.escape(delimiter)
    return re.compile(rf'("(?:[^"]|"")*"|[^{edge}\r\n]*)(?:{edge}|\r\n|\r|\n|$)')


def may_be_stray(text: str, delimiter: str, *, torn: bool) -> bool:
    """Whether some quotation mark of a block of text stands inside a cell or lacks its partner.

    `torn`: one partner is expected to lie outside the block.
    """
    parts = text.split('"')
    if len(parts) % 2 == torn:
        return True
    edges = {delimiter, "\r", "\n", ""}
    return any(before[-1:] not in edges and after[:1] not in edges for before, after in pairwise(parts))


def stray(record: str, delimiter: str) -> Stray:
    """What the quotation marks in the unquoted cells of one record, as it is written, are."""
    found = Stray.NONE
    for match in _cells(delimiter).finditer(record):
        cell = match[1]
        if '"' not in cell or (cell.startswith('"') and cell.endswith('"') and len(cell) > 1):
            continue
        if '"' in _INCHES.sub("", _NAMED.sub("", cell)):
            return Stray.TORN
        found = Stray.TEXT
    return found
