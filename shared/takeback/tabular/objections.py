"""What the fast readers object to, whatever the format."""

from __future__ import annotations

import numpy as np

from takeback.tabular import loops


class Objection(Exception):
    """The file is not as plain as it has to be here."""


class NotUtf8(Objection):
    """The bytes are no UTF-8."""


def spread(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """All places of some stretches of text, one stretch after the other."""
    return np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())


def judge_text(text: np.ndarray | memoryview) -> tuple[int, int]:
    """Object to a text that is no UTF-8, or has a NUL; the number of its quotation marks and of its carriage returns."""
    quotes, returns, has_nul = loops.tally(text)
    if has_nul:
        raise Objection
    if not loops.is_utf8(text):
        raise NotUtf8
    return quotes, returns
