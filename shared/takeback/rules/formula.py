"""Text that a spreadsheet program would run, made harmless in every file that is handed out.

The starts of a formula are those of OWASP's page on CSV injection: = + - @ tab and carriage return.
"""

from __future__ import annotations

import re

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[-+]?\s?[$€£]?\s?\d[\d.,\s]*%?")


def neutral(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet would take it for a formula; numbers stay as they are."""
    start = text.lstrip(" ")
    if start.startswith(STARTS) and not _NUMBER.fullmatch(start):
        return "'" + text
    return text
