"""A cell to a number of pieces."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from string import ascii_letters

from takeback.rules.values.problem import Problem
from takeback.rules.values.ruled_out import RuledOut, signs_but

LARGEST_COUNT = 1_000_000_000

_LONGEST = 40

_PIECES = re.compile(
    r"(?:x\s*)?([+-]?\d{1,12})(?:[.,]0{1,2})?(?:\s*(?:x|pcs?\.?|pieces?|units?|ea\.?|stk\.?|stück|st\.?|pi[eè]ces?|pcs|uds?\.?|unidades))?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+\.0{1,2}|\d{1,3}(?:\.\d{3})+,0{1,2}|\d{1,3}(?:['’ \u00a0\u202f]\d{3})+")
_LONE_MARK = re.compile(r"\d{1,3}(?:[.,]\d{3})+")

_NO_COUNT = Problem("not_a_count", "This is no number of pieces. Write a whole number like 1.")
_FRACTION = Problem("not_whole", "A number of pieces is whole. Correct it in the file.")
_AMBIGUOUS = Problem("ambiguous_count", "The mark here may part thousands or decimals. Write the number without it.")
_TOO_LARGE = Problem("too_large", "This number is too large to be true. Correct it in the file.")

# The digits are one run of digits, marks and blanks; before it stands a sign or an x, after it the word for a piece.
NEVER_COUNT = RuledOut(
    _NO_COUNT,
    signs=signs_but(".,'+-"),
    between=ascii_letters + "+-",
    instead_of_digits="",
    first_words=frozenset(("", *"x pc pcs piece pieces unit units ea stk st pi ud uds unidades".split())),
    longest=_LONGEST,
)


def parse_count(text: str, kind: str = "t") -> int | Problem:
    """A whole number: `2`, `2.0` (as reports write it), `x2`, `2 pcs`; `1,000` is refused, for it may be one."""
    if kind in ("d", "b", "e"):
        return _NO_COUNT
    if kind == "n":
        return _typed(text)
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        return _NO_COUNT
    if match := _PIECES.fullmatch(stripped):
        return _bounded(int(match[1]))
    if match := _GROUPED.fullmatch(stripped):
        last = max(stripped.rfind("."), stripped.rfind(","))
        whole = stripped[:last] if last > 0 and len(stripped) - last <= 3 else stripped
        return _bounded(int(re.sub(r"\D", "", whole)))
    if _LONE_MARK.fullmatch(stripped):
        return _AMBIGUOUS
    return _FRACTION if re.fullmatch(r"[+-]?\d+[.,]\d+", stripped) else _NO_COUNT


def _typed(text: str) -> int | Problem:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return _NO_COUNT
    if not value.is_finite():
        return _NO_COUNT
    if value.adjusted() > _LONGEST:
        return _TOO_LARGE
    return _bounded(int(value)) if value == value.to_integral_value() else _FRACTION


def _bounded(number: int) -> int | Problem:
    return number if abs(number) <= LARGEST_COUNT else _TOO_LARGE
