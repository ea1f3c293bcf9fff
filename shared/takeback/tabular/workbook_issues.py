"""What can be wrong with a cell of a workbook."""

from __future__ import annotations

from takeback.rules.issues import Issue

_LARGEST_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number; the rest is lost before we see it


def formula_without_value(row: int) -> Issue:
    """A formula that no spreadsheet has calculated yet."""
    message = "The cell holds a formula that was never calculated. Open the workbook in a spreadsheet, save it, and try again."
    return Issue("formula_without_value", message, row=row)


def error_value(text: str, row: int) -> Issue:
    """A formula that failed."""
    return Issue("error_value", f"The cell shows {text}: its formula failed. Correct it in the workbook.", row=row, value=text)


def is_inexact(text: str) -> bool:
    """Whether a number is a whole one beyond 15 digits: the workbook itself has lost the further ones."""
    return len(text) > 15 and text.lstrip("-").isdecimal() and abs(int(text)) >= _LARGEST_EXACT


def number_precision(text: str, row: int) -> Issue:
    """A number that has lost digits."""
    message = "The number has more than 15 digits, and the workbook has kept only 15 of them. Enter it as text (with ' before it)."
    return Issue("number_precision", message, row=row, value=text)
