"""CSV to records without a Python object for any cell, for files that leave no doubt where a cell ends.

All structural signs of a block are found at once; whether they make sense is checked on all of them: quotation marks
stand around whole cells or doubled inside them, lines end in LF or CRLF, the text is UTF-8 without NUL. Anything else is
an `Objection`: then the exact reader judges the whole file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from takeback.rules.options import Options
from takeback.tabular.byte_body import ByteBody
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.byte_records import ByteRecords
from takeback.tabular.byte_signs import Objection, SignFinder, Signs, spread
from takeback.tabular.csv_file import CsvStart, has_swallowed_lines, start_csv
from takeback.tabular.encoding import BLOCK_BYTES, text_of
from takeback.tabular.formats import sniff
from takeback.tabular.limits import Limits
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.table import Table
from takeback.tabular.tables import lay_out

_CR, _QUOTE = b'\r"'
_ROOM = 1 << 16  # for texts that are added to a batch
_MOST_INNER_LINES = 100  # of one record; beyond that the exact reader has its own opinion


def open_guarded_csv(source: BinaryIO, options: Options, limits: Limits, *, by_start: bool = False) -> Table | None:
    """The table of a CSV file; None for any other file, and for one that is not plain from the start.

    Reading the chunks may raise `Objection`: then the file has to be read by the exact reader. With `by_start` the encoding is
    settled by the first block, so that the file need not have arrived; `NotUtf8` says that it has to be settled by all of it.
    Raises what the exact reader raises.
    """
    if sniff(source, limits) != "csv":
        return None
    start = start_csv(source, options, limits, by_start=by_start)
    dialect = start.dialect
    if dialect.quote != '"' or dialect.backslash or dialect.padded or dialect.width < 2 or dialect.delimiter not in ",;\t|":
        return None
    scanner = _Scanner(ord(dialect.delimiter), dialect.width, start, limits)
    raw = RawFile(start.facts, scanner.batches(_blocks(source, start.encoding.name)), notices=start.notices)
    return lay_out(raw, options, limits, ByteBody)


def _blocks(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The file as valid UTF-8 without its byte order mark and `sep=` line, in blocks that end with a line."""
    rest = b""
    for block in _utf8(source, encoding):
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


class _Scanner:
    """Blocks of whole lines to batches of records."""

    def __init__(self, delimiter: int, width: int, start: CsvStart, limits: Limits) -> None:
        self._finder = SignFinder(delimiter)
        self._width = width
        self._dialect = start.dialect
        self._limits = limits
        self._skipped = len(start.skipped.encode())

    def batches(self, blocks: Iterator[bytes]) -> Iterator[RawRows]:
        """All records, in the batches of the exact reader."""
        texts: list[bytes] = []
        signs: list[Signs] = []
        records, number = 0, 0
        for block in blocks:
            texts.append(block[self._skipped :])
            signs.append(self._finder.find(texts[-1]))
            self._skipped = 0
            records += len(signs[-1].last_ends)
            while records > CHUNK_ROWS:
                yield self._cut(texts, signs, number, CHUNK_ROWS)
                number += CHUNK_ROWS
                records -= CHUNK_ROWS
        if self._finder.is_quoted:
            raise Objection
        if records:
            yield self._cut(texts, signs, number, records, is_last=True)

    def _cut(self, texts: list[bytes], signs: list[Signs], number: int, count: int, *, is_last: bool = False) -> RawRows:
        """A batch of the first records of some blocks, which keep what is left of them."""
        places = np.cumsum([1, *map(len, texts)]).tolist()
        whole = Signs.joined(signs, places)
        stop = int(whole.last_ends[count - 1]) + 1
        data = bytearray().join([b"\n", *texts, bytes(_ROOM + SLACK)])  # a buffer's first byte belongs to no cell
        texts[:] = [bytes(data[stop : places[-1]])]
        signs[:] = [whole.between(stop, places[-1])]
        records = self._records(Buffer(data, stop), whole.between(0, stop))
        self._limits.check_rows(number + count)
        self._limits.check_columns(max([records.width, *map(len, records.uneven.values())]))
        return RawRows(range(number + 1, number + count + 1), records, is_last=is_last)

    def _records(self, buffer: Buffer, signs: Signs) -> ByteRecords:
        width, text = self._width, buffer.data
        ends, last_ends = signs.ends, signs.last_ends
        is_even = len(ends) == width * len(last_ends) and bool((ends[width - 1 :: width] == last_ends).all())
        if is_even:
            ends = np.ascontiguousarray(ends.reshape(-1, width).T).ravel()  # column after column from here on
            lasts = np.arange(len(ends) - len(last_ends), len(ends))
            starts = _behind(last_ends[:-1], ends[: -len(last_ends)])
        else:
            lasts = np.searchsorted(ends, last_ends)
            starts = _behind(ends[:-1])
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

    def _check_lines(self, records: ByteRecords, signs: Signs) -> None:
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


def _behind(*ends: np.ndarray) -> np.ndarray:
    """Where the cells begin: the first one behind the byte that no cell has, the others behind the ends of those before them."""
    starts = np.concatenate([[0], *ends])
    starts += 1
    return starts


def _undouble(buffer: Buffer, starts: np.ndarray, lengths: np.ndarray, quoted: np.ndarray, signs: Signs) -> np.ndarray:
    """Writes doubled quotation marks once, where they stand, and gives the places of what is to be escaped thereafter."""
    doubled, escaped = signs.doubled, signs.escaped
    if not len(doubled):
        return escaped
    quoted = quoted[np.argsort(starts[quoted])]
    cell_of_each = quoted[np.searchsorted(starts[quoted], doubled, side="right") - 1]
    firsts = np.flatnonzero(np.diff(cell_of_each, prepend=-1))  # of the marks of each cell
    cells = cell_of_each[firsts]
    places = spread(starts[cells], lengths[cells])
    kept = np.ones(len(places), bool)
    kept[np.searchsorted(places, doubled)] = False
    text, ends = buffer.data[places[kept]], starts[cells] + lengths[cells]
    lengths[cells] -= np.diff(firsts, append=len(doubled))
    buffer.data[spread(starts[cells], lengths[cells])] = text
    holder = np.maximum(np.searchsorted(starts[cells], escaped, side="right") - 1, 0)
    inside = (escaped >= starts[cells][holder]) & (escaped < ends[holder])
    return escaped - inside * (np.searchsorted(doubled, escaped) - firsts[holder])  # by the marks before them in their cell


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
