"""What the bytes of cells are, for whole columns at once: each byte is replaced by the bits of the classes that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from takeback.tabular.byte_cells import ByteCells

ONES = np.uint64(0x0101010101010101)  # the lowest bit of each byte of a word
_ONE = np.uint64(1)
_WIDTHS = (1, 2, 3, 4, 8)  # 64-bit words of cells that are looked at together; what is longer is looked at by itself


def table(*classes: Iterable[int]) -> bytes:
    """For each byte the bits of its classes, the first class being the lowest bit."""
    found = bytearray(256)
    for bit, members in enumerate(classes):
        for byte in set(members):
            found[byte] |= 1 << bit
    return bytes(found)


def classified(cells: ByteCells, words: int, class_of: bytes) -> np.ndarray:
    """The bits of the bytes of cells of at most so many 64-bit words, as such words. What is beyond a cell's end is a NUL."""
    return np.frombuffer(cells.words(words).tobytes().translate(class_of), np.uint64).reshape(len(cells), words)


def together(classes: np.ndarray) -> np.ndarray:
    """For each row the bits that any of its bytes has, as the lowest byte of a word."""
    found = any_of(classes)
    for bits in (32, 16, 8):
        found |= found >> np.uint64(bits)
    return found


def any_of(words: np.ndarray) -> np.ndarray:
    """For each row the bits that any of its words has: quicker than a reduction where words are few."""
    found = words[:, 0].copy()
    for at in range(1, words.shape[1]):
        found |= words[:, at]
    return found


def marks(classes: np.ndarray, bit: int) -> np.ndarray:
    """1 in each byte of a class."""
    return classes >> np.uint64(bit) & ONES


def one_further(marks: np.ndarray) -> np.ndarray:
    """The marks of each row moved to the next byte."""
    found = marks << np.uint64(8)
    found[:, 1:] |= marks[:, :-1] >> np.uint64(56)
    return found


def between(marks: np.ndarray) -> np.ndarray:
    """Ones in all bytes from the first mark of a row to its last one."""
    found = _from_first(marks)
    found &= _to_last(marks)
    found &= ONES
    return found


def _from_first(marks: np.ndarray) -> np.ndarray:
    """All bits from the first mark of a row on."""
    found = np.negative(marks)
    found |= marks
    for at in range(1, marks.shape[1]):
        found[:, at] |= np.negative(found[:, at - 1] >> np.uint64(63))
    return found


def _to_last(marks: np.ndarray) -> np.ndarray:
    """Ones in all bytes up to the last mark of a row."""
    found = marks.copy()
    for bits in (8, 16, 32):
        found |= found >> np.uint64(bits)
    for at in range(marks.shape[1] - 2, -1, -1):
        found[:, at] |= np.negative(found[:, at + 1] & _ONE)
    return found


def by_width(cells: ByteCells) -> Iterator[tuple[int, np.ndarray]]:
    """The positions of the cells of each number of words; 0 stands for more than are looked at together."""
    shortest = -1
    for words in _WIDTHS:
        some = np.flatnonzero((cells.lengths > shortest) & (cells.lengths <= 8 * words))
        if len(some):
            yield words, some
        shortest = 8 * words
    some = np.flatnonzero(cells.lengths > shortest)
    if len(some):
        yield 0, some
