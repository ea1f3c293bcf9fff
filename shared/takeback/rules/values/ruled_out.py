"""Texts that a kind of value rules out at a glance, so that whole columns of them need not be read one by one."""

from __future__ import annotations

from dataclasses import dataclass
from string import punctuation

from takeback.rules.values.problem import Problem


@dataclass(frozen=True, slots=True)
class RuledOut:
    """Any one of these is enough for the scalar rule to say `problem`, whatever else a text holds.

    It is said of texts that do not stand for an empty cell and have a visible ASCII sign at both ends. Digits, letters
    and words are those of ASCII; all but `signs`, `others` and `between` is said of texts in ASCII alone.
    """

    problem: Problem
    signs: str = ""  # one of these
    between: str = ""  # one of these, somewhere between two digits
    unless: str = ""  # where one of these stands, what follows says nothing
    others: str = ""  # one of these
    instead_of_digits: str | None = None  # no digit and none of these; None: digits are not needed
    first_words: frozenset[str] | None = None  # the first letters up to another sign, "" for none, in small letters: none of these
    most_numbers: int | None = None  # more runs of digits
    longest: int = 100  # more characters


def signs_but(allowed: str) -> str:
    """The visible signs of ASCII that are no digit, no letter and none of some."""
    return "".join(sign for sign in punctuation if sign not in allowed)
