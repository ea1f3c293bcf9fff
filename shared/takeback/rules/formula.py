"""Text that a spreadsheet program would run, made harmless in every file that is handed out.

The starts of a formula are those of OWASP's page on CSV injection: = + - @ tab and carriage return, and their wide forms. A
program that takes ; or tab for the separator splits our cells there, so what follows one is looked at like a cell of its own.
"""

from __future__ import annotations

import re

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SPLITS = ";\t\r\n"  # where another program, or another country's Excel, may see the next cell begin
_MONEY = r"(?:[$€£¥₹]|[A-Z]{0,2}\$|[A-Z]{3})"
_NUMBER = re.compile(rf"[-+]?\s?(?:{_MONEY}\s?)?\d[\d.,\s\xa0'’]*(?:%|{_MONEY})?\s*")
_PARTS = re.compile(rf"([{SPLITS}])")


def neutral(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet would take it for a formula; numbers stay as they are."""
    if not is_formula(text) and not _PARTS.search(text):
        return text
    first, *others = _PARTS.split(text)
    inner = "".join("'" + part if part not in SPLITS and is_formula(part) else part for part in others)
    return ("'" if is_formula(text) else "") + first + inner


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run a cell that begins like this one; a number with its currency it reads as one."""
    start = text.lstrip(" ")
    return start.startswith(STARTS) and not _NUMBER.fullmatch(start)
