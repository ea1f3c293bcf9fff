"""A cell to an identifier: text, every digit as it is written."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from takeback.rules.values.problem import BAD_CHARACTER, Problem, is_kept

LONGEST_ID = 200

_FORMULA_GUARD = re.compile(r'="([^"]*)"')
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}|\d[.,]\d+E\d{1,3}", re.IGNORECASE)

_DAMAGED = Problem(
    "damaged_id",
    "A spreadsheet has rounded this number, its last digits are lost. Export the file again and open it as text, or type the number in.",
)
_DATE = Problem("damaged_id", "A spreadsheet has turned this number into a date. Export the file again and open it as text.")
_NO_ID = Problem("not_an_id", "This is no order number. Correct it in the file.")
_TOO_LONG = Problem("too_long", f"This has more than {LONGEST_ID} characters: too long for an order number.")


def parse_id(text: str, kind: str = "t") -> str | Problem:
    """The id as written, without outer blanks and without the `'` or `="…"` that guards text in a spreadsheet.

    `1.2E+11` is damage, and so is a typed number of more than 15 digits that ends in zeros: a spreadsheet keeps no more.
    """
    if kind in ("b", "e"):
        return _NO_ID
    if kind == "d":
        return _DATE
    if kind == "n":
        return _typed(text.strip())
    stripped = text.strip()
    if match := _FORMULA_GUARD.fullmatch(stripped):
        stripped = match[1].strip()
    if len(stripped) > 1 and stripped[0] == "'":
        stripped = stripped[1:].lstrip()
    if _ROUNDED.fullmatch(stripped):
        return _DAMAGED
    if len(stripped) > LONGEST_ID:
        return _TOO_LONG
    return stripped if is_kept(stripped) else BAD_CHARACTER


def _typed(text: str) -> str | Problem:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return _NO_ID
    if not value.is_finite():
        return _NO_ID
    if abs(value.adjusted()) > LONGEST_ID or len(text) > LONGEST_ID:
        return _TOO_LONG
    if value != value.to_integral_value():
        return text
    digits = format(value.to_integral_value(), "f")
    lost = len(digits.lstrip("-")) > 15 and digits.endswith("0")
    return _DAMAGED if lost else digits
