"""XML as bytes that numpy can look at: words of eight bytes at many places at once, and which texts in it need no reading."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import numpy as np

from takeback.tabular.byte_cells import Buffer, ByteCells
from takeback.tabular.objections import Objection
from takeback.tabular.zip_guard import Archive

_LONGEST_PIECE = 1 << 22
_SLACK = 40  # bytes that may be read behind the end
_TEXT, _KEPT_TEXT = b"<t>", b'<t xml:space="preserve">'
_SPACE, _ZERO, _MINUS, _POINT = b" 0-."
_MOST_DIGITS = 15  # a number with no more of them is spelled in one way only
_ZEROS = np.uint64(0x3030303030303030)

DECLARATION = rb'(?:\xef\xbb\xbf)?\s*(?:<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?[^<>]*\?>)?'  # of a regular expression

MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)  # the lowest n bytes of a word


def word(text: bytes) -> np.uint64:
    """Up to eight bytes as they stand in a word, the first byte lowest."""
    return np.uint64(int.from_bytes(text, "little"))


class Xml:
    """Some text of an XML part."""

    def __init__(self, text: bytes) -> None:
        data = bytearray().join([text, bytes(_SLACK)])
        self.text = text
        self.buffer = Buffer(data, len(text))
        self.bytes = self.buffer.data
        self._words = np.ndarray((len(data) - 7,), np.uint64, data, strides=(1,))

    def words(self, places: np.ndarray, size: int = 8) -> np.ndarray:
        """The bytes from each of some places on, as words of which only the lowest `size` bytes are looked at."""
        found = self._words[places]
        return found if size == 8 else found & MASKS[size]

    def has(self, places: np.ndarray, text: bytes) -> np.ndarray:
        """At which places some text stands."""
        found = self.words(places, min(8, len(text))) == word(text[:8])
        for at in range(8, len(text), 8):
            found &= self.words(places + at, min(8, len(text) - at)) == word(text[at : at + 8])
        return found

    def texts(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """At which places an element of text begins, and where its text starts."""
        is_text, sizes = self.has(places, _TEXT), np.full(len(places), len(_TEXT))
        others = np.flatnonzero(~is_text)
        is_text[others] = is_kept = self.has(places[others], _KEPT_TEXT)
        sizes[others[is_kept]] = len(_KEPT_TEXT)
        return is_text, places + sizes

    def slices(self, starts: np.ndarray, ends: np.ndarray) -> list[bytes]:
        """Some stretches as they stand."""
        return [self.text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]

    def are_plain(self, cells: ByteCells) -> np.ndarray:
        """Which texts mean just what is written: no references or escapes, no blanks at the ends, which readers take off."""
        plain = self.bytes.take(cells.starts) > _SPACE
        plain &= self.bytes.take(cells.starts + (np.maximum(cells.lengths, 1) - 1)) > _SPACE
        for sign in (b"&", b"\r", b"_x"):
            if sign in self.text:
                places = np.flatnonzero(self.bytes == sign[0])
                plain &= ~cells.hold(places[self.has(places, sign)])
        return plain


def whole_pieces(archive: Archive, name: str, cut_at: bytes) -> Iterator[tuple[bytes, bool]]:
    """An unpacked part in pieces that begin at the given mark, the first one before it, and whether it is the last one.

    Raises Objection where the mark is too rare.
    """
    rest = b""
    for block in archive.blocks(name):
        text = rest + block
        first, last = text.find(cut_at), text.rfind(cut_at)
        cut = last if first < last else 0
        if len(text) - cut > _LONGEST_PIECE:
            raise Objection
        if cut:
            yield text[:cut], False
        rest = text[cut:]
    yield rest, True


def check_well_formed(xml: bytes) -> None:
    """Object to what is no XML. There is no DTD in it."""
    try:
        ET.fromstring(xml)  # noqa: S314 - see above
    except (ET.ParseError, LookupError, ValueError):  # an encoding that does not exist is no ParseError
        raise Objection from None


def check_text(text: bytes) -> None:
    """Object to comments, definitions, NULs and to what is no UTF-8. A piece of text begins and ends with whole signs."""
    if b"<!" in text or b"\0" in text:
        raise Objection
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            raise Objection from None


def whole_numbers(words: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The values of one to eight digits at the beginning of each word. Raises Objection where there is anything else."""
    if not len(words):
        return np.zeros(0, np.int64)
    if lengths.min() < 1 or lengths.max() > 8:
        raise Objection
    shifts = (8 * (8 - lengths)).astype(np.uint64)
    digits = ((words << shifts) | (_ZEROS & MASKS.take(8 - lengths))).view(np.uint8).reshape(-1, 8) - _ZERO
    if digits.max() > 9:
        raise Objection
    return digits @ (10 ** np.arange(7, -1, -1))


def are_plain_numbers(cells: ByteCells) -> np.ndarray:
    """Which texts are numbers as we spell them ourselves: at most 15 digits, no exponent, no zeros at the ends that say nothing."""
    signs = cells.words(2).view(np.uint8).reshape(len(cells), 16)
    digits, points = signs - np.uint8(_ZERO) < 10, signs == _POINT
    minus = signs[:, 0] == _MINUS
    counts, fractions = digits.sum(axis=1), points.sum(axis=1)
    plain = (counts + fractions + minus == cells.lengths) & (counts <= _MOST_DIGITS) & (fractions <= 1)
    first, second = (np.where(minus, signs[:, at + 1], signs[:, at]) for at in (0, 1))
    plain &= first - np.uint8(_ZERO) < 10
    plain &= (first != _ZERO) | (second == _POINT) | ((cells.lengths == 1) & ~minus)
    last = cells.buffer.data.take(cells.starts + (np.maximum(cells.lengths, 1) - 1))
    return plain & (last - np.uint8(_ZERO) < 10) & ((fractions == 0) | (last != _ZERO))
