"""CSV to records without a Python object for any cell, for files that leave no doubt where a cell ends.

Quotation marks stand around whole cells or doubled inside them, lines end in LF or CRLF, the text is UTF-8 without NUL.
Anything else is an `Objection`: then the exact reader judges the whole file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from takeback.rules.options import Options
from takeback.tabular import loops
from takeback.tabular.byte_body import ByteBody
from takeback.tabular.byte_cells import SLACK, Buffer
from takeback.tabular.byte_records import ByteRecords
from takeback.tabular.byte_signs import Objection, check_utf8
from takeback.tabular.csv_file import CsvStart, has_swallowed_lines, start_csv
from takeback.tabular.encoding import BLOCK_BYTES, text_of
from takeback.tabular.formats import sniff
from takeback.tabular.limits import Limits
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.table import Table
from takeback.tabular.tables import lay_out

_QUOTE = ord('"')
_ROOM = 1 << 16  # for texts that are added to a batch


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
    raw = RawFile(start.facts, scanner.batches(_utf8(source, start.encoding.name)), notices=start.notices)
    return lay_out(raw, options, limits, ByteBody)


def _utf8(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The file as what has to be valid UTF-8, without a byte order mark, block by block."""
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
    """Blocks of text to batches of records."""

    def __init__(self, delimiter: int, width: int, start: CsvStart, limits: Limits) -> None:
        self._delimiter = delimiter
        self._width = width
        self._dialect = start.dialect
        self._limits = limits
        self._skipped = len(start.skipped.encode())
        self._expected, self._met = np.zeros(2, np.int64), np.zeros(2, np.int64)  # quotation marks and carriage returns

    def batches(self, blocks: Iterator[bytes]) -> Iterator[RawRows]:
        """All records, in the batches of the exact reader."""
        text, number = _Text(), 0
        batch = _Batch(self._width)
        for block in _with_last_line_end(blocks):
            self._add(block, text)
            self._fill(batch, text)
            while batch.is_full and text.at < text.end:
                rest = text.rest()
                yield self._cut_off(batch, text, number)
                number += CHUNK_ROWS
                text, batch = rest, _Batch(self._width)
                self._fill(batch, text)
            if text.at == text.end and (self._expected != self._met).any():
                raise Objection
        if text.at < len(text.bytes):  # inside quotation marks
            raise Objection
        if batch.count:
            yield self._cut_off(batch, text, number, is_last=True)

    def _add(self, block: bytes, text: _Text) -> None:
        """Add a block, and look at the lines that are whole now."""
        before = text.end
        text.add(block[self._skipped :] if self._skipped else block)
        self._skipped = 0
        if len(text.bytes) - text.end > 16 * BLOCK_BYTES:
            raise Objection
        with memoryview(text.bytes) as whole, whole[before : text.end] as added:
            self._expected += check_utf8(added)

    def _fill(self, batch: _Batch, text: _Text) -> None:
        """Cut records until the batch is full or the whole lines end."""
        text.bytes += bytes(SLACK)
        why = loops.LINES
        while why in (loops.LINES, loops.UNEVEN):
            why, text.at, batch.count, cells = self._cut(text, batch.count, batch.starts, batch.lengths)
            if why == loops.UNEVEN:
                self._add_uneven(batch, text, cells)
            elif why == loops.LINES:
                batch.suspects.append(batch.count - 1)
        del text.bytes[-SLACK:]

    def _cut(self, text: _Text, record: int, starts: np.ndarray, lengths: np.ndarray) -> tuple[int, int, int, int]:
        longest = (self._limits.cell_chars, self._limits.record_chars)
        found = loops.cut(text.bytes, text.at, text.end, self._delimiter, record, starts, lengths, self._met, *longest)
        if found[0] == loops.ODD or (found[0] == loops.MORE and text.end - found[1] > self._limits.record_chars):
            raise Objection
        return found

    def _add_uneven(self, batch: _Batch, text: _Text, width: int) -> None:
        """A record, blank ones too, with more or fewer cells than the others comes as text."""
        self._limits.check_columns(width)
        starts, lengths = np.empty((2, width, 1), np.int64)
        is_quoted = text.bytes[text.at] == _QUOTE
        _, text.at, _, _ = self._cut(text, 0, starts, lengths)
        is_blank = width == 1 and not lengths[0, 0] and not is_quoted
        places = zip(starts[:, 0].tolist(), lengths[:, 0].tolist(), strict=True)
        batch.add_uneven([] if is_blank else [text.bytes[start : start + length].decode() for start, length in places])

    def _cut_off(self, batch: _Batch, text: _Text, number: int, *, is_last: bool = False) -> RawRows:
        """The records of a batch, which end where the text was cut last."""
        data, end = text.bytes, text.at
        data[end:] = bytes(_ROOM + SLACK)
        records = ByteRecords(Buffer(data, end), batch.starts[:, : batch.count], batch.lengths[:, : batch.count], batch.uneven)
        self._limits.check_rows(number + batch.count)
        if has_swallowed_lines([records[at] for at in batch.suspects], self._dialect, self._limits):
            raise Objection
        return RawRows(range(number + 1, number + batch.count + 1), records, is_last=is_last)


def _with_last_line_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks of a file, whose last line ends like the others."""
    last = b""
    for block in blocks:
        last = block[-1:] or last
        yield block
    if last not in (b"", b"\n"):
        yield b"\n"


class _Text:
    """Bytes on their way: whole lines up to `end`, cut up to `at`. The first byte belongs to no cell."""

    def __init__(self) -> None:
        self.bytes = bytearray(b"\n")
        self.at = self.end = 1

    def add(self, block: bytes) -> None:
        """Add bytes behind what is there."""
        self.bytes += block
        line_end = block.rfind(b"\n")
        if line_end >= 0:
            self.end = len(self.bytes) - len(block) + line_end + 1

    def rest(self) -> _Text:
        """What is not cut yet, as a text of its own."""
        rest = _Text()
        with memoryview(self.bytes) as whole, whole[self.at :] as uncut:
            rest.bytes += uncut
        rest.end = 1 + self.end - self.at
        return rest


class _Batch:
    """Records of one width that are being cut, by column. `uneven` are those of another width, `suspects` may hold whole records."""

    def __init__(self, width: int) -> None:
        self.starts, self.lengths = (np.empty((width, CHUNK_ROWS), np.int64) for _ in range(2))
        self.count = 0
        self.uneven: dict[int, list[str]] = {}
        self.suspects: list[int] = []

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another record."""
        return self.count == CHUNK_ROWS

    def add_uneven(self, cells: list[str]) -> None:
        """Add a record of another width."""
        self.starts[:, self.count] = self.lengths[:, self.count] = 0
        self.uneven[self.count] = cells
        if any("\n" in cell or "\r" in cell for cell in cells):
            self.suspects.append(self.count)
        self.count += 1
