"""Text as it is compared: without case and accents."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Lower case without accents, so that “Février” and “fevrier” are one word."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
