"""Values in Postgres' COPY text format, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from takeback.tabular import loops

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_HEX_DIGITS = 12  # of an id's counter


def copy_text(value: Any) -> bytes:
    """A value as a field of a COPY line."""
    if value is None:
        return b"\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES).encode("utf-8", "replace")
    return (value.isoformat() if isinstance(value, date) else str(value)).encode()


class Ids:
    """An endless run of ids that count up in their last twelve hex digits, many at once. With its line end each has so many `bytes`."""

    def __init__(self, ids: Iterator[str]) -> None:
        first = next(ids)
        self._head = np.frombuffer(("\n" + first[:-_HEX_DIGITS]).encode(), np.uint8)
        self._next = int(first[-_HEX_DIGITS:], 16)
        self.bytes = len(self._head) + _HEX_DIGITS

    def lay(self, text: np.ndarray, places: np.ndarray) -> None:
        """Write the next ids, with a line end before each, at the places of rows; those with a negative one need none."""
        self._next = loops.lay_ids(text, places, self._head, self._next)
