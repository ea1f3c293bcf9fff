"""A cell to one of a few words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from takeback.rules.values.plain import plain
from takeback.rules.values.problem import Problem
from takeback.rules.values.ruled_out import RuledOut

Choices = Mapping[str, tuple[str, ...]]

_LONGEST = 100
_APART = re.compile(r"[\W_]+")
_LETTERS, _DIGIT = re.compile(r"[a-z]+"), re.compile(r"\d")


def spelling(text: str) -> str:
    """Lower case, no accents, words apart by one space: `REFUND_NO_RETURN` and “Refund – no return” are one."""
    return _APART.sub(" ", plain(text)).strip()


def parse_choice(text: str, choices: Choices) -> str | Problem:
    """The stored word for one of its usual spellings; a problem that names the words when it is none."""
    found = _spellings(tuple(choices.items())).get(spelling(text)) if len(text) <= _LONGEST else None
    if found is not None:
        return found
    return _unknown(choices)


def never_choice(choices: Choices) -> RuledOut:
    """The texts that begin like none of the spellings, or have digits where no spelling has any."""
    known = _spellings(tuple(choices.items()))
    digits = "" if any(map(_DIGIT.search, known)) else "0123456789"
    firsts = (_LETTERS.search(word) for word in known if word.isascii())
    return RuledOut(_unknown(choices), signs=digits, first_words=frozenset(first[0] if first else "" for first in firsts), longest=_LONGEST)


def _unknown(choices: Choices) -> Problem:
    known = ", ".join(choices)
    return Problem(
        "unknown_choice", f"This is none of the words used here: {known}. Correct it, or leave the row out if the sale did not happen."
    )


@lru_cache(maxsize=32)
def _spellings(choices: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, str]:
    return {spelling(word): stored for stored, others in choices for word in (stored, *others)}
