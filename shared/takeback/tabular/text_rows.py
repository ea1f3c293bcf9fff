"""Rows of text put together from columns, for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.tabular.byte_cells import ByteCells

_BLOCK_BYTES = 1 << 23

Piece = np.ndarray | ByteCells | bytes
"""A piece of every row: void scalars of one width in which zeros stand for nothing, cells, or the same bytes in all rows."""


def joined(pieces: Sequence[Piece], count: int) -> Iterator[bytes]:
    """The text of `count` rows, in blocks that need a bounded amount of memory. Every row is as wide as the widest meanwhile."""
    start = 0
    while start < count:
        stop = count
        while (stop - start) * (width := sum(_width(_part(piece, start, stop)) for piece in pieces)) > _BLOCK_BYTES and stop - start > 1:
            stop = start + max(1, min((stop - start) // 2, 2 * _BLOCK_BYTES // width))
        yield _block([_part(piece, start, stop) for piece in pieces], stop - start)
        start = stop


def _part(piece: Piece, start: int, stop: int) -> Piece:
    if isinstance(piece, bytes):
        return piece
    return piece.take(slice(start, stop)) if isinstance(piece, ByteCells) else piece[start:stop]


def _width(piece: Piece) -> int:
    if isinstance(piece, bytes):
        return len(piece)
    return -(-int(piece.lengths.max(initial=0)) // 8) * 8 if isinstance(piece, ByteCells) else piece.dtype.itemsize


def _block(pieces: Sequence[Piece], count: int) -> bytes:
    wide = {f"piece {at}": (piece, width) for at, piece in enumerate(pieces) if (width := _width(piece))}
    block = np.empty(count, np.dtype([(name, f"V{width}") for name, (_, width) in wide.items()]))
    for name, (piece, width) in wide.items():
        block[name] = np.void(piece) if isinstance(piece, bytes) else piece.windows(width) if isinstance(piece, ByteCells) else piece
    flat = block.view(np.uint8)
    return flat[flat != 0].tobytes()
