"""JSON to columns without a Python object for any cell, for records in a list or one a line, with objects but no lists in them.

Strings are found by their quotation marks, in whole blocks at once; what stands between them says which is a key, which a
value, and where a record ends, and is checked to be nothing else. Whatever is not as plain, or breaks the rules of JSON,
is an `Objection`: then the exact reader judges the whole file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from takeback.rules.options import Options
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.formats import sniff
from takeback.tabular.headers import unique_names
from takeback.tabular.json_blocks import SPARSE, Block, BlockReader
from takeback.tabular.json_file import is_one_a_line, start_json
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection
from takeback.tabular.raw import JSON_CHUNK_ROWS
from takeback.tabular.table import TEXT, Chunk, Table
from takeback.tabular.tables import resumed

_BLOCK_BYTES = 1 << 18
_ROOM = 1 << 16  # for texts that are added to a chunk
_BLANKS = b" \t\n\r"


@dataclass(frozen=True, slots=True)
class _Form:
    """What stands before the first record and behind the last one, and how another one would begin there."""

    before: re.Pattern[bytes]
    end: bytes
    another: bytes


_LIST = _Form(re.compile(rb"[ \t\n\r]*\[[ \t\n\r]*(?=\{)"), b"]", b',{"')
_LINES = _Form(re.compile(rb"[ \t\n\r]*(?=\{)"), b"", b'\n{"')


def open_guarded_json(source: BinaryIO, options: Options, limits: Limits, *, by_start: bool = False) -> Table | None:
    """The table of a JSON file; None for any other file, and for one that is not plain from the start.

    This, and reading the chunks, may raise `Objection`: then the file has to be read by the exact reader. With `by_start` the
    encoding is settled by the first block, as in `open_guarded_csv`. Raises what the exact reader raises.
    """
    if options.sheet is not None or sniff(source, limits) != "json":
        return None
    encoding, facts = start_json(source, options, by_start=by_start)
    if facts.encoding != "utf-8":
        return None
    one_a_line = is_one_a_line(source, encoding, limits)
    reader = BlockReader(one_a_line=one_a_line, limits=limits)
    chunks = _chunks(_blocks(source, _LINES if one_a_line else _LIST, reader, limits), reader, limits)
    first = [next(chunks)]
    return Table(facts, unique_names(reader.columns.names), resumed(first, chunks))


def _blocks(source: BinaryIO, form: _Form, reader: BlockReader, limits: Limits) -> Iterator[Block]:
    """All records, the complete ones of each text that is read."""
    rest = b""
    for text in _texts(source, form.before):
        rest += text
        block, end = reader.read(rest)
        if block:
            yield block
        rest = rest[end:]
        if len(rest) > limits.record_chars:
            raise Objection
    rest = rest.rstrip(_BLANKS)
    if not rest.endswith(form.end):
        raise Objection
    rest = rest.removesuffix(form.end)
    block, end = reader.read(rest + form.another)
    if not block or end <= len(rest):
        raise Objection
    yield block


def _texts(source: BinaryIO, before: re.Pattern[bytes]) -> Iterator[bytes]:
    """The file from its first record on."""
    source.seek(0)
    start = source.read(_BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
    found = before.match(start)
    if not found:
        raise Objection
    yield start[found.end() :]
    while text := source.read(_BLOCK_BYTES):
        yield text


def _chunks(blocks: Iterator[Block], reader: BlockReader, limits: Limits) -> Iterator[Chunk]:
    """The records in the chunks of the exact reader. Once there is a chunk no column may be added."""
    waiting = _Waiting()
    number, width = 0, limits.columns
    for block in blocks:
        waiting.add(block)
        if len(reader.columns) > width or number + waiting.records > limits.rows:
            raise Objection
        while waiting.records >= JSON_CHUNK_ROWS:
            width = len(reader.columns)
            yield waiting.chunk(width, number, JSON_CHUNK_ROWS)
            number += JSON_CHUNK_ROWS
    if waiting.records:
        yield waiting.chunk(len(reader.columns), number, waiting.records)


class _Waiting:
    """Blocks that are to be a chunk. Their texts are put together at once, so that they are held only once."""

    def __init__(self) -> None:
        self.records = 0
        self._begin()

    def _begin(self) -> None:
        self._data = bytearray(b"\n")  # a buffer's first byte belongs to no cell
        self._blocks: list[Block] = []
        self._last = 0

    def add(self, block: Block) -> None:
        """Add records at the end."""
        self._last = len(self._data)
        self._data += block.text
        self._blocks.append(block.moved(self._last, b""))
        self.records += len(block)

    def chunk(self, width: int, number: int, count: int) -> Chunk:
        """Take the first records, all those of the last block left out at most."""
        if width * count > SPARSE * sum(block.starts.size for block in self._blocks):
            raise Objection
        starts, lengths = np.ones((width, count), np.int64), np.zeros((width, count), np.int64)
        letters = np.full((width, count), ord(TEXT), np.uint8)
        at = 0
        for block in self._blocks:
            some = block.part(slice(count - at))
            place = slice(len(some.starts)), slice(at, at + len(some))
            starts[place], lengths[place], letters[place] = some.starts, some.lengths, some.letters
            at += len(some)
        data, end = self._data, len(self._data)
        self._keep(self.records - count)
        data += bytes(_ROOM + SLACK)
        buffer = Buffer(data, end)
        columns = [ByteCells(buffer, *cells) for cells in zip(starts, lengths, strict=True)]
        return Chunk(range(number + 1, number + count + 1), [*columns], [_kinds(column) for column in letters])

    def _keep(self, records: int) -> None:
        """Begin anew with the last records."""
        last = self._blocks[-1]
        rest = last.part(slice(len(last) - records, None)).moved(-self._last, bytes(self._data[self._last :]))
        self.records = 0
        self._begin()
        if records:
            self.add(rest)


def _kinds(letters: np.ndarray) -> str | None:
    return None if (letters == ord(TEXT)).all() else letters.tobytes().decode()
