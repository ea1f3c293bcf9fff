"""A cell to one of a few words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from takeback.rules.values.plain import plain
from takeback.rules.values.problem import Problem

Choices = Mapping[str, tuple[str, ...]]

_LONGEST = 100
_APART = re.compile(r"[\W_]+")


def spelling(text: str) -> str:
    """Lower case, no accents, words apart by one space: `REFUND_NO_RETURN` and “Refund – no return” are one."""
    return _APART.sub(" ", plain(text)).strip()


def parse_choice(text: str, choices: Choices) -> str | Problem:
    """The stored word for one of its usual spellings; a problem that names the words when it is none."""
    found = _spellings(tuple(choices.items())).get(spelling(text)) if len(text) <= _LONGEST else None
    if found is not None:
        return found
    known = ", ".join(choices)
    return Problem(
        "unknown_choice", f"This is none of the words used here: {known}. Correct it, or leave the row out if the sale did not happen."
    )


@lru_cache(maxsize=32)
def _spellings(choices: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {spelling(word): stored for stored, others in choices for word in (stored, *others)}
