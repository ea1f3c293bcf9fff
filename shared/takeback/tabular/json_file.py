"""JSON to a table: a list of objects, an object around one list, one object a line, a list of equal lists.

A file is read twice: once to the end, so that a broken file gives no row at all and every column is known, then for its
rows. Memory holds one block of text and one chunk of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from json import JSONDecodeError
from typing import Any, BinaryIO

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.options import Options
from takeback.tabular.cells import sound, sound_columns
from takeback.tabular.encoding import detect, lines_of, text_blocks, text_of
from takeback.tabular.headers import unique_names
from takeback.tabular.json_rows import Path, Shape, columns_of, rows_of
from takeback.tabular.json_stream import Decoder, Window, walk
from takeback.tabular.limits import Limits
from takeback.tabular.raw import JSON_CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.table import Chunk, FileFacts, Table

_NOT_A_TABLE = "The JSON holds no list of records. Export a list of objects, one for each order or item, or CSV or .xlsx instead."
_IDENTITY = {"id", "_id", "uuid", "guid", "key", "name", "title"}


@dataclass(slots=True)
class _Record:
    """One object (or, in a list of lists, one row); `fault` says what is wrong with it as a whole."""

    value: Any
    fault: Issue | None = None


@dataclass(slots=True)
class _Found:
    """A list in the file: how many elements it has, of which kinds, and their columns."""

    shape: Shape
    count: int = 0
    types: set[type] = field(default_factory=set)
    widths: set[int] = field(default_factory=set)


def open_json(source: BinaryIO, options: Options, limits: Limits) -> Table | RawFile:
    """The table in a JSON file, or the records of a list of lists, whose header has yet to be found.

    Rows are numbered from 1 in the order in which they come out.
    """
    name, facts = start_json(source, options)
    if is_one_a_line(source, name, limits):
        return _table(facts, lambda: _by_line(source, name, limits), _scan_lines(source, name, limits), limits)
    found, siblings = _scan(source, name, limits)
    path = _choose(found, siblings, options)
    facts.sheets = [_name(place) for place in found if place]
    facts.sheet = _name(path) or None
    if list in found[path].types:
        return RawFile(facts, _grid(_of_list(source, name, limits, path), found[path].count))
    return _table(facts, lambda: _of_list(source, name, limits, path), found[path], limits)


def start_json(source: BinaryIO, options: Options, *, by_start: bool = False) -> tuple[str, FileFacts]:
    """The encoding with which a file is to be decoded, by its start alone or by all of it, and what is known of the file by then."""
    encoding = detect(source, options.encoding, by_start=by_start)
    name = encoding.name.removesuffix("-sig") if encoding.how != "bom" else encoding.name
    return name, FileFacts("json", encoding=name.removesuffix("-sig"))


def _table(facts: FileFacts, records: Callable[[], Iterator[_Record]], found: _Found, limits: Limits) -> Table:
    paths = list(found.shape.paths)
    if not paths:
        raise Refused("not_a_table", _NOT_A_TABLE)
    headers = unique_names([".".join(path) for path in paths])
    return Table(facts, headers, _chunks(records(), found.shape, headers, limits))


def is_one_a_line(source: BinaryIO, encoding: str, limits: Limits) -> bool:
    """Whether the first two lines that are not blank are an object each."""
    source.seek(0)
    decoder = Decoder()
    seen = 0
    for line in islice(
        (line.strip(" \t\r\n\ufeff") for block in text_blocks_or_none(source, encoding, limits) for line in lines_of(block)), 1000
    ):
        if not line:
            continue
        if not line.startswith("{"):
            return False
        seen += 1
        if seen == 2:
            return True
        try:
            _, end = decoder.value(line, 0)
        except JSONDecodeError:
            return False
        if line[end:].strip():
            return False
    return False


def text_blocks_or_none(source: BinaryIO, encoding: str, limits: Limits) -> Iterator[str]:
    """The text by lines; nothing more once a line is too long, as in a list without line breaks."""
    try:
        yield from text_blocks(source, encoding, limits)
    except Refused:
        return


def _by_line(source: BinaryIO, encoding: str, limits: Limits) -> Iterator[_Record]:
    decoder = Decoder()
    for block in text_blocks(source, encoding, limits):
        for line in lines_of(block):
            text = line.strip(" \t\r\n\ufeff")
            if text:
                yield _line(decoder, text)


def _line(decoder: Decoder, text: str) -> _Record:
    try:
        value, end = decoder.value(text, 0)
        if not text[end:].strip() and isinstance(value, dict):
            return _Record(value, _repeated(decoder))
    except JSONDecodeError:
        pass
    message = "This line is not one complete JSON object; the file may have been cut short. Export it again."
    return _Record({}, Issue("invalid_json", message, value=text[:200]))


def _repeated(decoder: Decoder) -> Issue | None:
    if decoder.repeated_key is None:
        return None
    return Issue(
        "duplicate_key",
        f"This record names “{sound(decoder.repeated_key)}” twice, so one value would be lost. Correct the record and export again.",
    )


def _scan_lines(source: BinaryIO, encoding: str, limits: Limits) -> _Found:
    found = _Found(Shape(limits))
    for record in _by_line(source, encoding, limits):
        found.count += 1
        found.shape.add(record.value)
    return found


def _scan(source: BinaryIO, encoding: str, limits: Limits) -> tuple[dict[Path, _Found], set[str]]:
    """Every list in the outer objects, and the names of the members beside them."""
    window = Window(text_of(source, encoding), limits)
    window.skip_mark()
    found: dict[Path, _Found] = {}
    siblings: set[str] = set()
    for path, in_list, value in walk(window):
        if not in_list:
            siblings.update(path[-1:])
            continue
        here = found.setdefault(path, _Found(Shape(limits)))
        here.count += 1
        here.types.add(type(value))
        if isinstance(value, dict):
            here.shape.add(value)
        elif isinstance(value, list):
            here.widths.add(len(value) if all(not isinstance(cell, (dict, list)) for cell in value) else 0)
    if window.peek():
        raise window.invalid()
    return found, siblings


def _choose(found: dict[Path, _Found], siblings: set[str], options: Options) -> Path:
    """The list that is the table: the one that was asked for, else the only list of objects.

    An object that has an identity of its own (an `id` beside a list whose elements have one too) is one record with its
    parts, not a wrapper around records.
    """
    tables = [path for path, here in found.items() if here.types == {dict} and here.shape.paths]
    if options.sheet is not None:
        for path in tables:
            if options.sheet in {_name(path), _name(path[-1:])}:
                return path
        raise Refused("no_such_sheet", f"The JSON holds no list called “{options.sheet}”. Choose one of: {_names(tables)}.")
    if not tables and _is_list_of_rows(found.get(())):
        return ()
    if not tables or any(path[0] in siblings & _IDENTITY for path in found[tables[0]].shape.paths):
        raise Refused("not_a_table", _NOT_A_TABLE)
    if len(tables) > 1:
        raise Refused(
            "several_tables",
            f"The JSON holds several lists: {_names(tables)}. Choose the one with the sales (option “sheet”) and try again.",
        )
    return tables[0]


def _names(paths: list[Path]) -> str:
    return ", ".join(map(_name, paths)) or "none"


def _name(path: Path) -> str:
    return sound(".".join(path))


def _is_list_of_rows(found: _Found | None) -> bool:
    return found is not None and found.types == {list} and len(found.widths) == 1 and 0 not in found.widths and found.count > 1


def _of_list(source: BinaryIO, encoding: str, limits: Limits, wanted: Path) -> Iterator[_Record]:
    window = Window(text_of(source, encoding), limits)
    window.skip_mark()
    for path, in_list, value in walk(window):
        if in_list and path == wanted:
            yield _Record(value, _repeated(window.decoder))


def _rows(records: Iterator[_Record], shape: Shape, faults: dict[int, Issue]) -> Iterator[Sequence[Any]]:
    """The cells of all rows; `faults` gets what is wrong with a row, by the row's number."""
    number = 0
    for record in records:
        rows = _flat_rows(record.value, shape) if shape.is_flat else _nested_rows(record.value, shape)
        for row in rows:
            number += 1
            if record.fault is not None:
                faults[number] = record.fault
            yield row


def _flat_rows(record: dict[str, Any], shape: Shape) -> list[Sequence[Any]]:
    if len(record) == len(shape.paths) and tuple(record) == shape.names:
        return [tuple(record.values())]
    return [[record.get(name) for name in shape.names]]


def _nested_rows(record: dict[str, Any], shape: Shape) -> list[Sequence[Any]]:
    return [[row.get(path) for path in shape.paths] for row in rows_of(record, shape.lines)]


def _chunks(records: Iterator[_Record], shape: Shape, headers: list[str], limits: Limits) -> Iterator[Chunk]:
    start = 1
    faults: dict[int, Issue] = {}
    rows = _rows(records, shape, faults)
    while batch := list(islice(rows, JSON_CHUNK_ROWS)):
        numbers = range(start, start + len(batch))
        start += len(batch)
        limits.check_rows(start - 1)
        columns = list(columns_of(batch))
        issues = [replace(fault, row=number) for number, fault in faults.items()]
        faults.clear()
        texts, more = sound_columns([column for column, _ in columns], numbers, headers, limits)
        yield Chunk(numbers, texts, [kinds for _, kinds in columns], issues + more)


def _grid(records: Iterator[_Record], count: int) -> Iterator[RawRows]:
    start = 1
    while batch := [record.value for record in islice(records, JSON_CHUNK_ROWS)]:
        columns = list(columns_of(batch))
        rows = list(zip(*[column for column, _ in columns], strict=True))
        numbers = range(start, start + len(rows))
        start += len(rows)
        yield RawRows(numbers, rows, [kinds for _, kinds in columns], is_last=start > count)
