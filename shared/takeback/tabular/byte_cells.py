"""The cells of a column as bytes in one buffer, so that numpy can look at all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np

SLACK = 256  # bytes that may be read behind the last cell
_ROOM = 1 << 14  # bytes that can be added before the buffer has to be copied
NO_TEXT = np.uint64(0xFFFFFFFFFFFFFFFF)  # no UTF-8 has this byte


class Buffer:
    """UTF-8 of many cells. What is added later keeps the places of what is there. The first byte belongs to no cell."""

    def __init__(self, data: bytearray | np.ndarray, end: int) -> None:
        """`data` has its text up to `end`, and room for more behind it, SLACK bytes at least."""
        self.data = np.frombuffer(data, np.uint8)
        self.end = end
        self._beyond_ascii: np.ndarray | None = None

    @classmethod
    def of(cls, text: bytes) -> Buffer:
        """A text, from the buffer's second byte on."""
        return cls(bytearray().join([b"\n", text, bytes(_ROOM + SLACK)]), 1 + len(text))

    @property
    def beyond_ascii(self) -> np.ndarray:
        """Where bytes beyond ASCII stand, in ascending order."""
        if self._beyond_ascii is None:
            self._beyond_ascii = np.flatnonzero(self.data[: self.end] > 127)
        return self._beyond_ascii

    def add(self, text: bytes | np.ndarray) -> int:
        """Put bytes behind what is there; their place."""
        at, self.end = self.end, self.end + len(text)
        if self.end + SLACK > len(self.data):
            grown = np.zeros(self.end + max(_ROOM, self.end // 4) + SLACK, np.uint8)
            grown[:at] = self.data[:at]
            self.data = grown
        self.data[at : self.end] = np.frombuffer(text, np.uint8)
        return at


class ByteCells(Sequence[str]):
    """Cell i is `buffer.data[starts[i] : starts[i] + lengths[i]]`, in UTF-8 and without NUL; read as a sequence it is text."""

    __slots__ = ("buffer", "lengths", "starts")

    def __init__(self, buffer: Buffer, starts: np.ndarray, lengths: np.ndarray) -> None:
        self.buffer = buffer
        self.starts = starts
        self.lengths = lengths

    @classmethod
    def of(cls, texts: Sequence[str]) -> ByteCells:
        """Any cells as bytes. Half characters and NULs, which no reader hands on, become question marks."""
        if isinstance(texts, ByteCells):
            return texts
        data = "\0".join(["", *texts, ""]).encode("utf-8", "replace")
        if data.count(b"\0") != len(texts) + 1:
            data = "\0".join(["", *[text.replace("\0", "?") for text in texts], ""]).encode("utf-8", "replace")
        buffer = Buffer(bytearray().join([data, bytes(_ROOM + SLACK)]), len(data))
        ends = np.flatnonzero(buffer.data[: len(data)] == 0)
        return cls(buffer, ends[:-1] + 1, np.diff(ends) - 1)

    @classmethod
    def of_bytes(cls, texts: Sequence[bytes]) -> ByteCells:
        """UTF-8 texts as cells."""
        lengths = np.array([len(text) for text in texts], np.int64)
        return cls(Buffer.of(b"".join(texts)), np.cumsum(lengths) - lengths + 1, lengths)

    def and_bytes(self, texts: Sequence[bytes]) -> ByteCells:
        """The same cells and some more behind them, in a buffer of their own."""
        buffer = self.buffer
        more = ByteCells.of_bytes(texts)
        whole = Buffer.of(buffer.data[1 : buffer.end].tobytes() + more.buffer.data[1 : more.buffer.end].tobytes())
        return ByteCells(whole, np.concatenate([self.starts, more.starts + buffer.end - 1]), np.concatenate([self.lengths, more.lengths]))

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return list(self.take(at))
        return self.bytes_at(at).decode()

    def __iter__(self) -> Iterator[str]:
        text = self.buffer.data.data
        return (
            str(text[start:stop], "utf-8") for start, stop in zip(self.starts.tolist(), (self.starts + self.lengths).tolist(), strict=True)
        )

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The buffer's bytes, and where each cell starts and how long it is, as the loops want them."""
        return self.buffer.data, np.ascontiguousarray(self.starts, np.int64), np.ascontiguousarray(self.lengths, np.int64)

    def all_bytes(self) -> list[bytes]:
        """All cells as they stand in the buffer."""
        data = self.buffer.data.data
        return [bytes(data[start:stop]) for start, stop in zip(self.starts.tolist(), (self.starts + self.lengths).tolist(), strict=True)]

    def bytes_at(self, at: int) -> bytes:
        """One cell as it stands in the buffer."""
        start = int(self.starts[at])
        return self.buffer.data[start : start + int(self.lengths[at])].tobytes()

    def take(self, rows: np.ndarray | slice) -> ByteCells:
        """The cells of some rows."""
        return ByteCells(self.buffer, self.starts[rows], self.lengths[rows])

    def replaced(self, texts: Mapping[int, str]) -> ByteCells:
        """The same cells with other texts in some rows."""
        return self.with_bytes({at: text.encode("utf-8", "replace") for at, text in texts.items()})

    def with_bytes(self, texts: Mapping[int, bytes]) -> ByteCells:
        """The same cells with other bytes in some rows."""
        return self.put(np.fromiter(texts, np.int64, len(texts)), list(texts.values()), np.arange(len(texts)))

    def put(self, rows: np.ndarray, texts: Sequence[bytes], which: np.ndarray) -> ByteCells:
        """The same cells with `texts[which[i]]` in row `rows[i]`."""
        lengths = np.array([len(text) for text in texts], np.int64)
        starts = self.buffer.add(b"".join(texts)) + np.cumsum(lengths) - lengths
        found = ByteCells(self.buffer, self.starts.copy(), self.lengths.copy())
        found.starts[rows], found.lengths[rows] = starts[which], lengths[which]
        return found

    def hold(self, places: np.ndarray) -> np.ndarray:
        """Which cells hold one of some places of the buffer, that are in ascending order."""
        found = np.zeros(len(self), bool)
        if not len(places) or not len(self):
            return found
        if len(places) < len(self) and (self.starts[1:] >= self.starts[:-1]).all():
            cells = np.maximum(np.searchsorted(self.starts, places, side="right") - 1, 0)
            inside = (places >= self.starts[cells]) & (places < self.starts[cells] + self.lengths[cells])
            found[cells[inside]] = True
            return found
        following = np.append(places, len(self.buffer.data)).take(np.searchsorted(places, self.starts))
        return following < self.starts + self.lengths

    def stretches(self, size: int) -> np.ndarray:
        """`size` bytes, SLACK at most, from the start of each cell on, whatever stands there, as an array of void scalars."""
        data = self.buffer.data
        every = np.ndarray((len(data) - size + 1,), f"V{size}", data.data, strides=(1,))
        return every[self.starts]

    def windows(self, size: int) -> np.ndarray:
        """The first `size` bytes of each cell (a multiple of 8, SLACK at most), zeros beyond its end, as an array of void scalars."""
        found = self.stretches(size)
        words = found.view(np.uint64).reshape(len(found), size // 8)
        words &= _masks(size // 8).take(np.minimum(self.lengths, size), axis=0)
        return found

    def words(self, count: int) -> np.ndarray:
        """Each cell as 64-bit words, the first byte lowest, zeros beyond its end; of longer cells `NO_TEXT` in each word."""
        found = self.windows(8 * count).view(np.uint64).reshape(len(self), count)
        longer = self.lengths > 8 * count
        if longer.any():
            found[longer] = NO_TEXT
        return found


_MASKS: dict[int, np.ndarray] = {}


def _masks(words: int) -> np.ndarray:
    """Row n has ones in its first n bytes."""
    if words not in _MASKS:
        size = 8 * words
        mask = np.tri(size + 1, size, -1, dtype=np.uint8) * np.uint8(255)
        _MASKS[words] = mask.view(np.uint64)
    return _MASKS[words]
