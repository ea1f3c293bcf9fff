"""CSV to records without a Python object for any cell, for files that leave no doubt where a cell ends.

All structural signs of a block are found at once; whether they make sense is checked on all of them: quotation marks
stand around whole cells or doubled inside them, lines end in LF or CRLF, the text is UTF-8 without NUL. Anything else is
an `Objection`: then the exact reader judges the whole file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import BinaryIO

import numpy as np

from takeback.rules.options import Options
from takeback.tabular.byte_body import ByteBody
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.byte_records import ByteRecords
from takeback.tabular.csv_file import CsvStart, has_swallowed_lines, start_csv
from takeback.tabular.encoding import BLOCK_BYTES, text_of
from takeback.tabular.formats import sniff
from takeback.tabular.limits import Limits
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.table import Table
from takeback.tabular.tables import lay_out

_TAB, _LF, _CR, _QUOTE, _BACKSLASH = b'\t\n\r"\\'
_ROOM = 1 << 16  # for texts that are added to a batch
_BEYOND_ASCII = np.uint64(0x8080808080808080)
_MOST_INNER_LINES = 100  # of one record; beyond that the exact reader has its own opinion


class Objection(Exception):
    """The file is not as plain as it has to be here."""


def open_guarded_csv(source: BinaryIO, options: Options, limits: Limits) -> Table | None:
    """The table of a CSV file; None for any other file, and for one that is not plain from the start.

    Reading the chunks may raise `Objection`: then the file has to be read by the exact reader. Raises what that one raises.
    """
    if sniff(source, limits) != "csv":
        return None
    start = start_csv(source, options, limits)
    dialect = start.dialect
    if dialect.quote != '"' or dialect.backslash or dialect.padded or dialect.width < 2 or dialect.delimiter not in ",;\t|":
        return None
    scanner = _Scanner(ord(dialect.delimiter), dialect.width, start, limits)
    raw = RawFile(start.facts, scanner.batches(_blocks(source, start)), notices=start.notices)
    return lay_out(raw, options, limits, ByteBody)


def _blocks(source: BinaryIO, start: CsvStart) -> Iterator[bytes]:
    """The file as valid UTF-8 without its byte order mark and `sep=` line, in blocks that end with a line."""
    rest = b""
    for block in _utf8(source, start.encoding.name):
        data = rest + block
        cut = data.rfind(b"\n") + 1
        if cut:
            yield data[:cut]
        rest = data[cut:]
        if len(rest) > 16 * BLOCK_BYTES:
            raise Objection
    if rest:
        yield rest + b"\n"


def _utf8(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    if not encoding.startswith("utf-8"):
        try:
            yield from (text.encode() for text in text_of(source, encoding))
        except UnicodeEncodeError:
            raise Objection from None
        return
    source.seek(0)
    if source.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8 or not encoding.endswith("-sig"):
        source.seek(0)
    while block := source.read(1 << 19):
        yield block


@dataclass(frozen=True, slots=True)
class _Signs:
    """Where signs stand in some text, in ascending order."""

    ends: np.ndarray  # of cells
    last_ends: np.ndarray  # of the last cells of records
    doubled: np.ndarray  # the first of two quotation marks that stand for one
    delimiters: np.ndarray  # inside quotation marks
    lines: np.ndarray  # line ends inside quotation marks
    escaped: np.ndarray  # what COPY wants escaped, inside cells

    def between(self, start: int, stop: int) -> _Signs:
        """The signs of a part of the text."""
        parts = (some[slice(*np.searchsorted(some, (start, stop)))] for some in self.all())
        return _Signs(*(some - start if start else some for some in parts))

    @classmethod
    def joined(cls, parts: Sequence[_Signs], places: Sequence[int]) -> _Signs:
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


class _Scanner:
    """Blocks of whole lines to batches of records."""

    def __init__(self, delimiter: int, width: int, start: CsvStart, limits: Limits) -> None:
        self._delimiter = delimiter
        self._width = width
        self._dialect = start.dialect
        self._limits = limits
        self._skipped = len(start.skipped.encode())
        self._quoted = False  # whether the text stands inside quotation marks

    def batches(self, blocks: Iterator[bytes]) -> Iterator[RawRows]:
        """All records, in the batches of the exact reader."""
        texts: list[bytes] = []
        signs: list[_Signs] = []
        records, number = 0, 0
        for block in blocks:
            texts.append(block[self._skipped :])
            signs.append(self._scan(texts[-1]))
            self._skipped = 0
            records += len(signs[-1].last_ends)
            while records > CHUNK_ROWS:
                yield self._cut(texts, signs, number, CHUNK_ROWS)
                number += CHUNK_ROWS
                records -= CHUNK_ROWS
        if self._quoted:
            raise Objection
        if records:
            yield self._cut(texts, signs, number, records, is_last=True)

    def _scan(self, block: bytes) -> _Signs:
        """Find the structural signs of a block, and object to those that make no sense."""
        text = np.frombuffer(block, np.uint8)
        _check_utf8(text, block)
        found = text == self._delimiter
        found |= text == _LF
        was_quoted = self._quoted
        quotes = np.flatnonzero(text == _QUOTE) if b'"' in block else np.zeros(0, np.int64)
        inner = doubled = quotes[:0]
        if len(quotes) or was_quoted:
            doubled = self._check_quotes(text, quotes, (np.arange(len(quotes)) + was_quoted) & 1 == 0)
            inner = _take_out(found, quotes, starts_inside=was_quoted)
            self._quoted = (len(quotes) + was_quoted) % 2 == 1
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
        return _Signs(places, last_ends, doubled, delimiters, lines, np.sort(np.concatenate(escaped)))

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

    def _cut(self, texts: list[bytes], signs: list[_Signs], number: int, count: int, *, is_last: bool = False) -> RawRows:
        """A batch of the first records of some blocks, which keep what is left of them."""
        places = np.cumsum([1, *map(len, texts)]).tolist()
        whole = _Signs.joined(signs, places)
        stop = int(whole.last_ends[count - 1]) + 1
        data = bytearray().join([b"\n", *texts, bytes(_ROOM + SLACK)])  # a buffer's first byte belongs to no cell
        texts[:] = [bytes(data[stop : places[-1]])]
        signs[:] = [whole.between(stop, places[-1])]
        records = self._records(Buffer(data, stop), whole.between(0, stop))
        self._limits.check_rows(number + count)
        self._limits.check_columns(max([records.width, *map(len, records.uneven.values())]))
        return RawRows(range(number + 1, number + count + 1), records, is_last=is_last)

    def _records(self, buffer: Buffer, signs: _Signs) -> ByteRecords:
        width, text = self._width, buffer.data
        ends, last_ends = signs.ends, signs.last_ends
        is_even = len(ends) == width * len(last_ends) and bool((ends[width - 1 :: width] == last_ends).all())
        if is_even:
            ends = np.ascontiguousarray(ends.reshape(-1, width).T).ravel()  # column after column from here on
            before = np.concatenate([[0], last_ends[:-1], ends[: -len(last_ends)]])
            lasts = np.arange(len(ends) - len(last_ends), len(ends))
        else:
            before = np.concatenate([[0], ends[:-1]])
            lasts = np.searchsorted(ends, last_ends)
        starts = before + 1
        lengths = ends - starts
        lengths[lasts] -= text[last_ends - 1] == _CR
        quoted = np.flatnonzero(text.take(starts) == _QUOTE)
        starts[quoted] += 1
        lengths[quoted] -= 2
        if lengths.max() > self._limits.cell_chars or np.diff(last_ends, prepend=0).max() > self._limits.record_chars:
            raise Objection
        buffer.escaped = _undouble(buffer, starts, lengths, quoted, signs)
        if is_even:
            records = ByteRecords(buffer, starts.reshape(width, -1), lengths.reshape(width, -1), {})
        else:
            records = _uneven(buffer, starts, lengths, lasts, quoted, width)
        self._check_lines(records, signs)
        return records

    def _check_lines(self, records: ByteRecords, signs: _Signs) -> None:
        """Object where a cell with line breaks may have swallowed whole records."""
        if not len(signs.lines):
            return
        lines = np.bincount(np.searchsorted(signs.last_ends, signs.lines), minlength=len(records))
        if lines.max() > _MOST_INNER_LINES:
            raise Objection
        delimiters = np.bincount(np.searchsorted(signs.last_ends, signs.delimiters), minlength=len(records))
        suspects = (lines > 0) & (delimiters >= self._width - 1)  # with fewer there is no whole record in it
        uneven = list(records.uneven)
        suspects[uneven] = lines[uneven] > 0
        if has_swallowed_lines([records[at] for at in np.flatnonzero(suspects).tolist()], self._dialect, self._limits):
            raise Objection


def _take_out(found: np.ndarray, quotes: np.ndarray, *, starts_inside: bool) -> np.ndarray:
    """Unmark what stands inside quotation marks; the places of that."""
    edges = np.concatenate([[0] * starts_inside, quotes, [len(found)] * ((len(quotes) + starts_inside) % 2)]).astype(np.int64)
    lengths = edges[1::2] - edges[::2]
    if lengths.sum() < len(found) // 4:
        places = _spread(edges[::2], lengths)
        inside = places[found[places]]
    else:
        steps = np.zeros(len(found) + 1, np.int8)
        np.add.at(steps, edges[::2], 1)
        np.add.at(steps, edges[1::2], -1)
        inside = np.flatnonzero(found & np.cumsum(steps[:-1], dtype=np.int8).view(bool))
    found[inside] = False
    return inside


def _check_utf8(text: np.ndarray, block: bytes) -> None:
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
        raise Objection from None


def _places(text: np.ndarray, block: bytes, sign: int) -> np.ndarray:
    return np.flatnonzero(text == sign) if sign in block else np.zeros(0, np.int64)


def _inner_carriage_returns(text: np.ndarray, block: bytes, found: np.ndarray) -> np.ndarray:
    """The places of carriage returns that do not stand before the end of a record, which is among the signs that were found."""
    returns = _places(text, block, _CR)
    return returns[~(found[returns + 1] & (text[returns + 1] == _LF))]


def _undouble(buffer: Buffer, starts: np.ndarray, lengths: np.ndarray, quoted: np.ndarray, signs: _Signs) -> np.ndarray:
    """Writes doubled quotation marks once, where they stand, and gives the places of what is to be escaped thereafter."""
    doubled, escaped = signs.doubled, signs.escaped
    if not len(doubled):
        return escaped
    quoted = quoted[np.argsort(starts[quoted])]
    cell_of_each = quoted[np.searchsorted(starts[quoted], doubled, side="right") - 1]
    firsts = np.flatnonzero(np.diff(cell_of_each, prepend=-1))  # of the marks of each cell
    cells = cell_of_each[firsts]
    places = _spread(starts[cells], lengths[cells])
    kept = np.ones(len(places), bool)
    kept[np.searchsorted(places, doubled)] = False
    text, ends = buffer.data[places[kept]], starts[cells] + lengths[cells]
    lengths[cells] -= np.diff(firsts, append=len(doubled))
    buffer.data[_spread(starts[cells], lengths[cells])] = text
    holder = np.maximum(np.searchsorted(starts[cells], escaped, side="right") - 1, 0)
    inside = (escaped >= starts[cells][holder]) & (escaped < ends[holder])
    return escaped - inside * (np.searchsorted(doubled, escaped) - firsts[holder])  # by the marks before them in their cell


def _spread(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """All places of some stretches of text, one stretch after the other."""
    return np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())


def _uneven(buffer: Buffer, starts: np.ndarray, lengths: np.ndarray, lasts: np.ndarray, quoted: np.ndarray, width: int) -> ByteRecords:
    """The cells by column where some records, blank ones too, have more or fewer cells than the others; these come as text."""
    counts = np.diff(lasts, prepend=-1)
    even = counts == width
    firsts = lasts - counts + 1
    cells = firsts + np.arange(width)[:, None]
    cells[:, ~even] = 0
    is_quoted = np.isin(lasts, quoted)
    uneven = {}
    for at in np.flatnonzero(~even).tolist():
        some = slice(firsts[at], lasts[at] + 1)
        is_blank = counts[at] == 1 and lengths[lasts[at]] == 0 and not is_quoted[at]
        uneven[at] = [] if is_blank else list(ByteCells(buffer, starts[some], lengths[some]))
    return ByteRecords(buffer, starts[cells], np.where(even, lengths[cells], 0), uneven)
