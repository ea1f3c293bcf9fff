"""Rows of text put together from columns, for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.tabular import loops
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.copy_text import Ids

_TAB, _LF = b"\t\n"
_BLOCK_BYTES = 1 << 20

Padded = np.ndarray | ByteCells | bytes
"""A piece of every row: cells, the same bytes in all rows, or an array of items of one size in which zeros stand for nothing."""


def side_by_side(ids: Ids, columns: Sequence[ByteCells | bytes], good: np.ndarray) -> np.ndarray:
    """The good rows: an id with a line end before it, and behind it the cells, or the same bytes in all rows, with a tab before each.

    Behind the last one there is one more line end. Whole words are copied, so that what stands behind a cell is overwritten by the
    next column, and behind the last one by the id of the next row, for these are written last.
    """
    cells = [_repeated(column, len(good)) if isinstance(column, bytes) else column for column in columns]
    lengths = sum((column.lengths for column in cells), np.full(len(good), ids.bytes + len(cells)))
    ends = np.cumsum(lengths * good)
    starts = np.where(good, ends - lengths, -1)
    end = int(ends[-1])
    text = np.empty(end + SLACK, np.uint8)
    places = np.where(good, starts + ids.bytes, -1)
    for column in cells:
        loops.lay(text, places, _TAB, *column.arrays())
    ids.lay(text, starts)
    text[end] = _LF
    return text[: end + 1]


def _repeated(text: bytes, count: int) -> ByteCells:
    return ByteCells(Buffer.of(text), np.ones(count, np.int64), np.full(count, len(text)))


def joined(pieces: Sequence[Padded], count: int) -> Iterator[bytes]:
    """The text of `count` rows, in blocks that need a bounded amount of memory. Every row is as wide as the widest meanwhile."""
    start = 0
    while start < count:
        stop = count
        while (stop - start) * (width := sum(_width(_part(piece, start, stop)) for piece in pieces)) > _BLOCK_BYTES and stop - start > 1:
            stop = start + max(1, min((stop - start) // 2, 2 * _BLOCK_BYTES // width))
        yield _block([_part(piece, start, stop) for piece in pieces], stop - start)
        start = stop


def _part(piece: Padded, start: int, stop: int) -> Padded:
    if isinstance(piece, bytes):
        return piece
    return piece.take(slice(start, stop)) if isinstance(piece, ByteCells) else piece[start:stop]


def _width(piece: Padded) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    return -(-int(piece.lengths.max(initial=0)) // 8) * 8 if isinstance(piece, ByteCells) else piece.dtype.itemsize


def _block(pieces: Sequence[Padded], count: int) -> bytes:
    wide = {f"piece {at}": (piece, width) for at, piece in enumerate(pieces) if (width := _width(piece))}
    block = np.empty(count, np.dtype([(name, f"V{width}") for name, (_, width) in wide.items()]))
    for name, (piece, width) in wide.items():
        block[name] = np.void(piece) if isinstance(piece, bytes) else piece.windows(width) if isinstance(piece, ByteCells) else piece
    return block.tobytes().translate(None, b"\0")
