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
from takeback.tabular.csv_file import CsvStart, has_swallowed_lines, start_csv
from takeback.tabular.encoding import BLOCK_BYTES, text_of
from takeback.tabular.formats import sniff
from takeback.tabular.limits import Limits
from takeback.tabular.objections import NotUtf8, Objection, judge_text
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.table import Table
from takeback.tabular.tables import lay_out

_QUOTE = ord('"')
_ROOM = 1 << 16  # for texts that are added to a batch
_FEW_CELLS = 300_000  # that there is room for at first: all those of a batch of twelve columns


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
    if dialect.quote != '"' or dialect.backslash or dialect.padded or dialect.delimiter not in ",;\t|":
        return None
    if not 2 <= dialect.width <= limits.columns:
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
    """Blocks of text to batches of records. Nothing leaves it that was not judged."""

    def __init__(self, delimiter: int, width: int, start: CsvStart, limits: Limits) -> None:
        self._delimiter = delimiter
        self._width = width
        self._dialect = start.dialect
        self._limits = limits
        self._skipped = len(start.skipped.encode())

    def batches(self, blocks: Iterator[bytes]) -> Iterator[RawRows]:
        """All records, in the batches of the exact reader."""
        text, number = _Text(), 0
        batch = _Batch(self._width)
        for block in _with_last_line_end(blocks):
            text.add(block[self._skipped :] if self._skipped else block)
            self._skipped -= min(self._skipped, len(block))
            if len(text.bytes) - text.end > 16 * BLOCK_BYTES:
                raise Objection
            self._fill(batch, text)
            while batch.is_full and text.at < text.end:
                rest = text.rest()
                yield self._cut_off(batch, text, number)
                number += CHUNK_ROWS
                text, batch = rest, _Batch(self._width)
                self._fill(batch, text)
        if text.at < len(text.bytes):  # inside quotation marks
            raise Objection
        if batch.count:
            yield self._cut_off(batch, text, number, is_last=True)

    def _fill(self, batch: _Batch, text: _Text) -> None:
        """Cut records until the batch is full or the whole lines end."""
        text.bytes += bytes(SLACK)
        why = loops.LINES
        while why != loops.MORE and not batch.is_full:
            if batch.count == batch.room:
                batch.make_room()
            why, text.at, batch.count, cells = self._cut(text, batch.count, batch.starts, batch.lengths, batch.met)
            if why == loops.UNEVEN:
                self._add_uneven(batch, text, cells)
            elif why == loops.LINES:
                batch.suspects.append(batch.count - 1)
        del text.bytes[-SLACK:]

    def _cut(self, text: _Text, record: int, starts: np.ndarray, lengths: np.ndarray, met: np.ndarray) -> tuple[int, int, int, int]:
        longest = (self._limits.cell_chars, self._limits.record_chars)
        found = loops.cut(text.bytes, text.at, text.end, self._delimiter, record, starts, lengths, met, *longest)
        if found[0] == loops.ODD or (found[0] == loops.MORE and text.end - found[1] > self._limits.record_chars):
            raise Objection
        return found

    def _add_uneven(self, batch: _Batch, text: _Text, width: int) -> None:
        """A record, blank ones too, with more or fewer cells than the others comes as text."""
        if width > self._limits.columns:  # maybe these are many records, whose line ends are of another kind
            raise Objection
        starts, lengths = np.empty((2, width, 1), np.int64)
        is_quoted = text.bytes[text.at] == _QUOTE
        _, text.at, _, _ = self._cut(text, 0, starts, lengths, batch.met)
        texts = []
        for start, length in zip(starts[:, 0].tolist(), lengths[:, 0].tolist(), strict=True):
            cell = text.bytes[start : start + abs(length)]
            try:
                texts.append((cell if length >= 0 else cell.replace(b'""', b'"')).decode())
            except UnicodeDecodeError:
                raise NotUtf8 from None
        batch.add_uneven([] if width == 1 and texts == [""] and not is_quoted else texts)

    def _cut_off(self, batch: _Batch, text: _Text, number: int, *, is_last: bool = False) -> RawRows:
        """The records of a batch, which end where the text was cut last."""
        data, end, count = text.bytes, text.at, batch.count
        data[end:] = bytes(_ROOM + SLACK)
        buffer = Buffer(data, end)
        if judge_text(buffer.data[1:end]) != tuple(batch.met.tolist()):
            raise Objection
        starts, lengths = batch.starts[:, :count], batch.lengths[:, :count]
        if batch.met[0]:
            for column in zip(starts, lengths, strict=True):
                loops.undouble(buffer.data, *column)
        records = ByteRecords(buffer, starts, lengths, batch.uneven)
        self._limits.check_rows(number + count)
        if has_swallowed_lines([records[at] for at in batch.suspects], self._dialect, self._limits):
            raise Objection
        return RawRows(range(number + 1, number + count + 1), records, is_last=is_last)


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
    """Records of one width that are being cut, by column. `uneven` are those of another width, `suspects` may hold whole records.

    `met` counts quotation marks and carriage returns that stand where they may.
    """

    def __init__(self, width: int) -> None:
        self.room = min(CHUNK_ROWS, max(1, _FEW_CELLS // width))
        self.starts, self.lengths = (np.empty((width, self.room), np.int64) for _ in range(2))
        self.met = np.zeros(2, np.int64)
        self.count = 0
        self.uneven: dict[int, list[str]] = {}
        self.suspects: list[int] = []

    @property
    def is_full(self) -> bool:
        """Whether there may be no other record."""
        return self.count == CHUNK_ROWS

    def make_room(self) -> None:
        """Room for twice as many records."""
        more = min(CHUNK_ROWS, 2 * self.room) - self.room
        self.starts = np.concatenate([self.starts, np.empty((len(self.starts), more), np.int64)], axis=1)
        self.lengths = np.concatenate([self.lengths, np.empty((len(self.lengths), more), np.int64)], axis=1)
        self.room += more

    def add_uneven(self, cells: list[str]) -> None:
        """Add a record of another width."""
        self.starts[:, self.count] = self.lengths[:, self.count] = 0
        self.uneven[self.count] = cells
        if any("\n" in cell or "\r" in cell for cell in cells):
            self.suspects.append(self.count)
        self.count += 1
