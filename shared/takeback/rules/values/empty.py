"""Which texts stand for an empty cell. It depends on the kind: “None” is no amount, but may well be a title."""

from __future__ import annotations

import re

_BLANK = re.compile(r"[\s\u200b\u2060\ufeff]*")
_DASHES = re.compile(r"[-\u2010-\u2015\u2212]{1,3}")

# For every kind: nobody calls an item, a note or an order “N/A”.
_NOWHERE_A_VALUE = frozenset({"n/a", "#n/a", "n.a.", "not available", "not applicable"})
# For kinds that are numbers, dates or fixed words, a few more, in the languages that exports are written in.
_NO_VALUE = _NOWHERE_A_VALUE | {
    "na",
    "nan",
    "nil",
    "none",
    "null",
    "nat",
    "(blank)",
    "(none)",
    "k.a.",
    "k. a.",
    "s/o",
    "n/d",
    "n.d.",
    "tbd",
}


def is_empty(text: str, kind: str) -> bool:
    """Whether `text` in a column of this kind means that there is no value."""
    if not text or _BLANK.fullmatch(text):
        return True
    stripped = text.strip()
    if len(stripped) > 14:
        return False
    if _DASHES.fullmatch(stripped):
        return True
    return stripped.casefold() in (_NOWHERE_A_VALUE if kind == "text" else _NO_VALUE)
