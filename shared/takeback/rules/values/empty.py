"""Which texts stand for an empty cell. It depends on the kind: “None” is no amount, but may well be a title."""

from __future__ import annotations

# Dashes and what reports write for “no value”: for every kind, as nobody calls an item, a note or an order so.
_NOWHERE_A_VALUE = frozenset(
    {"", "n/a", "#n/a", "n.a.", "not available", "not applicable"} | {dash * times for dash in "-‐‑‒–—―−" for times in (1, 2, 3)}
)
# For kinds that are numbers, dates or fixed words, a few more, in the languages that exports are written in.
NO_VALUE = _NOWHERE_A_VALUE | {
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
LONGEST_EMPTY = max(map(len, NO_VALUE))
_UNSEEN = "\u200b\u2060\ufeff"


def is_empty(text: str, kind: str) -> bool:
    """Whether `text` in a column of this kind means that there is no value."""
    if not text:
        return True
    stripped = text.strip() if text.isascii() else text.strip().strip(_UNSEEN).strip()
    return len(stripped) <= LONGEST_EMPTY and stripped.lower() in (_NOWHERE_A_VALUE if kind == "text" else NO_VALUE)
