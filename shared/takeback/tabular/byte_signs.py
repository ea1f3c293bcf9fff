"""Where the structural signs of CSV text stand, found in whole blocks at once and checked to make sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

_TAB, _LF, _CR, _QUOTE, _BACKSLASH = b'\t\n\r"\\'
_BEYOND_ASCII = np.uint64(0x8080808080808080)


class Objection(Exception):
    """The file is not as plain as it has to be here."""


class NotUtf8(Objection):
    """The bytes are no UTF-8."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Where signs stand in some text, in ascending order."""

    ends: np.ndarray  # of cells
    last_ends: np.ndarray  # of the last cells of records
    doubled: np.ndarray  # the first of two quotation marks that stand for one
    delimiters: np.ndarray  # inside quotation marks
    lines: np.ndarray  # line ends inside quotation marks
    escaped: np.ndarray  # what COPY wants escaped, inside cells

    def between(self, start: int, stop: int) -> Signs:
        """The signs of a part of the text."""
        parts = (some[slice(*np.searchsorted(some, (start, stop)))] for some in self.all())
        return Signs(*(some - start if start else some for some in parts))

    @classmethod
    def joined(cls, parts: Sequence[Signs], places: Sequence[int]) -> Signs:
        """The signs of several texts one behind the other."""
        return cls(*(_shifted(some, places) for some in zip(*(signs.all() for signs in parts), strict=True)))

    def all(self) -> Iterator[np.ndarray]:
        """All kinds of signs in order."""
        return (getattr(self, field.name) for field in fields(self))


def _shifted(parts: Sequence[np.ndarray], places: Sequence[int]) -> np.ndarray:
    """Places in several texts as places in all of them together."""
    found = np.concatenate(parts)
    at = 0
    for part, place in zip(parts, places, strict=False):
        found[at : at + len(part)] += place
        at += len(part)
    return found


class SignFinder:
    """Finds the signs of the blocks of a file, which are whole lines, in order."""

    def __init__(self, delimiter: int) -> None:
        self._delimiter = delimiter
        self.is_quoted = False  # whether the text goes on inside quotation marks

    def find(self, block: bytes) -> Signs:
        """Find the structural signs of a block, and object to those that make no sense."""
        text = np.frombuffer(block, np.uint8)
        check_utf8(text, block)
        found = text == self._delimiter
        found |= text == _LF
        was_quoted = self.is_quoted
        quotes = np.flatnonzero(text == _QUOTE) if b'"' in block else np.zeros(0, np.int64)
        inner = doubled = quotes[:0]
        if len(quotes) or was_quoted:
            doubled = self._check_quotes(text, quotes, (np.arange(len(quotes)) + was_quoted) & 1 == 0)
            inner = _take_out(found, quotes, starts_inside=was_quoted)
            self.is_quoted = (len(quotes) + was_quoted) % 2 == 1
        places = np.flatnonzero(found)
        is_line = text.take(places) == _LF
        inner_lines, delimiters = inner[text[inner] == _LF], inner[text[inner] != _LF]
        last_ends = places[is_line]
        returns = _inner_carriage_returns(text, block, found)
        if len(returns) and not ((np.searchsorted(quotes, returns) + was_quoted) & 1).all():
            raise Objection
        escaped = [inner_lines, returns, _places(text, block, _BACKSLASH)]
        escaped.append(delimiters if self._delimiter == _TAB else _places(text, block, _TAB))
        lines = np.sort(np.concatenate([inner_lines, returns]))
        return Signs(places, last_ends, doubled, delimiters, lines, np.sort(np.concatenate(escaped)))

    def _check_quotes(self, text: np.ndarray, quotes: np.ndarray, opening: np.ndarray) -> np.ndarray:
        """Quotation marks enclose whole cells or stand doubled inside them. Gives the first of the doubled ones."""
        follows = np.zeros(len(quotes), bool)
        follows[1:] = opening[1:] & (quotes[1:] == quotes[:-1] + 1)
        before = text[quotes[opening & ~follows] - 1]  # before the first sign of a block stands a line end, as at its end
        doubled = np.zeros(len(quotes), bool)
        doubled[:-1] = follows[1:]
        after = text[quotes[~opening & ~doubled] + 1]
        is_begun = (before == self._delimiter) | (before == _LF)
        is_ended = (after == self._delimiter) | (after == _LF) | (after == _CR)
        if not (is_begun.all() and is_ended.all()):
            raise Objection
        return quotes[doubled]


def spread(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """All places of some stretches of text, one stretch after the other."""
    return np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())


def _take_out(found: np.ndarray, quotes: np.ndarray, *, starts_inside: bool) -> np.ndarray:
    """Unmark what stands inside quotation marks; the places of that."""
    edges = np.concatenate([[0] * starts_inside, quotes, [len(found)] * ((len(quotes) + starts_inside) % 2)]).astype(np.int64)
    lengths = edges[1::2] - edges[::2]
    if lengths.sum() < len(found) // 4:
        places = spread(edges[::2], lengths)
        inside = places[found[places]]
    else:
        steps = np.zeros(len(found) + 1, np.int8)
        np.add.at(steps, edges[::2], 1)
        np.add.at(steps, edges[1::2], -1)
        inside = np.flatnonzero(found & np.cumsum(steps[:-1], dtype=np.int8).view(bool))
    found[inside] = False
    return inside


def check_utf8(text: np.ndarray, block: bytes) -> None:
    """Only eight bytes with some beyond ASCII and the eight after them are decoded: they are few, and that is as strict."""
    if b"\0" in block:
        raise Objection
    if block.isascii():
        return
    whole = len(text) // 8 * 8
    words = text[:whole].view(np.uint64)
    beyond = (words & _BEYOND_ASCII) != 0
    beyond[1:] |= beyond[:-1]
    try:
        (words[beyond].tobytes() + block[whole:]).decode()
    except UnicodeDecodeError:
        raise NotUtf8 from None


def _places(text: np.ndarray, block: bytes, sign: int) -> np.ndarray:
    return np.flatnonzero(text == sign) if sign in block else np.zeros(0, np.int64)


def _inner_carriage_returns(text: np.ndarray, block: bytes, found: np.ndarray) -> np.ndarray:
    """The places of carriage returns that do not stand before the end of a record, which is among the signs that were found."""
    returns = _places(text, block, _CR)
    return returns[~(found[returns + 1] & (text[returns + 1] == _LF))]
