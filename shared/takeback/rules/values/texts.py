"""A cell to text."""

from __future__ import annotations

from takeback.rules.values.problem import BAD_CHARACTER, Problem, is_kept

LONGEST_TEXT = 10_000

_ERROR = Problem("spreadsheet_error", "This cell holds a spreadsheet error. Correct the formula in the file.")
_TOO_LONG = Problem("too_long", f"This text has more than {LONGEST_TEXT} characters. Shorten it in the file.")


def parse_text(text: str, kind: str = "t") -> str | Problem:
    """The text without outer blanks; its inner line breaks stay."""
    if kind == "e":
        return _ERROR
    stripped = text.strip().strip("\ufeff\u200b").strip()
    if len(stripped) > LONGEST_TEXT:
        return _TOO_LONG
    return stripped if is_kept(stripped) else BAD_CHARACTER
