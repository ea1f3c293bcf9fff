"""Values in Postgres' COPY text format, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_HEX_DIGITS = 12  # of an id's counter


def copy_text(value: Any) -> bytes:
    """A value as a field of a COPY line."""
    if value is None:
        return b"\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES).encode("utf-8", "replace")
    return (value.isoformat() if isinstance(value, date) else str(value)).encode()


def of_one_width(texts: Sequence[bytes]) -> np.ndarray:
    """Texts as void scalars of one width, a multiple of 8, filled up with zeros."""
    width = max(8, -(-max(map(len, texts), default=1) // 8) * 8)
    return np.array(texts, dtype=f"S{width}").view(f"V{width}")


class Ids:
    """An endless run of ids that count up in their last twelve hex digits, many at once."""

    def __init__(self, ids: Iterator[str]) -> None:
        first = next(ids)
        self._head = np.frombuffer(("\n" + first[:-_HEX_DIGITS]).encode(), np.uint8)
        self._next = int(first[-_HEX_DIGITS:], 16)
        digits = np.frombuffer(b"0123456789abcdef", np.uint8)
        self._byte_texts = np.stack([np.repeat(digits, 16), np.tile(digits, 16)], axis=1).view(np.uint16)[:, 0]

    def take(self, count: int) -> np.ndarray:
        """The next ids with a line end before each, as void scalars."""
        numbers = np.arange(self._next, self._next + count, dtype=np.int64)
        self._next += count
        tail = np.empty((count, _HEX_DIGITS // 2), np.uint16)
        for at in range(_HEX_DIGITS // 2):
            tail[:, -1 - at] = self._byte_texts.take(numbers >> 8 * at & 255)
        found = np.empty((count, len(self._head) + _HEX_DIGITS), np.uint8)
        found[:, : len(self._head)] = self._head
        found[:, len(self._head) :] = tail.view(np.uint8)
        return found.view(f"V{found.shape[1]}")[:, 0]
