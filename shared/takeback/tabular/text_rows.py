"""Rows of text put together from columns, for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from takeback.tabular.byte_cells import ByteCells

_BLOCK_BYTES = 1 << 20
_STEP = 32  # a cell's end lies less than this before the end of its window

Padded = np.ndarray | ByteCells | bytes
"""A piece of every row: cells, the same bytes in all rows, or an array of items of one size in which zeros stand for nothing."""


@dataclass(frozen=True, slots=True)
class Items:
    """Texts of different lengths, each at the beginning of an item of one size, a multiple of 8 up to 32."""

    items: np.ndarray
    lengths: np.ndarray

    def take(self, rows: np.ndarray | slice) -> Items:
        """Some of them."""
        return Items(self.items[rows], self.lengths[rows])


@dataclass(frozen=True, slots=True)
class Led:
    """Cells with the same sign before each of them."""

    lead: int
    cells: ByteCells


def side_by_side(heads: np.ndarray, pieces: Sequence[Items | Led | bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a head, items of the same 32 bytes or more, and pieces of any length, with one more byte at the end; and where each row ends.

    Whole items are written where their texts belong, column after column, so that what stands behind a text is
    overwritten by the next column; behind the last one by the head of the next row, for heads are written last.
    """
    lengths = [np.full(len(heads), len(piece)) if isinstance(piece, bytes) else _lengths(piece) for piece in pieces]
    ends = np.cumsum(sum(lengths, np.full(len(heads), heads.dtype.itemsize)))
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1]
    room = max([_STEP, heads.dtype.itemsize, *(len(piece) for piece in pieces if isinstance(piece, bytes))])
    text = np.empty(int(ends[-1]) + room, np.uint8)
    at = starts + heads.dtype.itemsize
    for piece, length in zip(pieces, lengths, strict=True):
        if isinstance(piece, Led):
            _write_cells(text, at, piece)
        else:
            _write(text, at, np.void(piece) if isinstance(piece, bytes) else piece.items)
        at = at + length
    _write(text, starts, heads)
    return text[: int(ends[-1]) + 1], ends


def _lengths(piece: Items | Led) -> np.ndarray:
    return piece.lengths if isinstance(piece, Items) else piece.cells.lengths + 1


def _write(text: np.ndarray, places: np.ndarray, items: np.ndarray | np.void) -> None:
    size = items.dtype.itemsize
    np.ndarray((len(text) - size + 1,), f"V{size}", text.data, strides=(1,))[places] = items


def _write_cells(text: np.ndarray, places: np.ndarray, piece: Led) -> None:
    """Cells in stretches that are little longer than they are; what comes along from behind a cell is overwritten, too."""
    steps = piece.cells.lengths >> 5
    for step in np.flatnonzero(np.bincount(steps)).tolist():
        some = np.flatnonzero(steps == step)
        whole = len(some) == len(steps)
        size = _STEP * (step + 1)
        cells = (piece.cells if whole else piece.cells.take(some)).stretches(size, before=1)
        cells.view(np.uint8)[::size] = piece.lead  # before the first cell of a buffer stands something, too
        _write(text, places if whole else places[some], cells)


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
