"""The loops give what a few plain lines of Python give, compiled as well as uncompiled, and never look beyond an array."""

from __future__ import annotations
import __future__

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from itertools import count, product
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layers.compile_loops import together
from takeback.rules.lines import BLANK
from takeback.rules.values.empty import NO_VALUE
from takeback.tabular import loops, text_rows
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.copy_text import Ids
from takeback.tabular.glance import Beginnings
from takeback.tabular.text_rows import Quoted, in_lines, side_by_side

BEHIND = b"09" * 4  # as many bytes behind the last cell as have to be there; what looks at them takes digits for its own
ENOUGH = 1 << 20
FAR = (1 << 63) - 1  # what is added to it is less than nothing
Arguments = Mapping[str, Any]
many = settings(max_examples=250)


def _uncompiled() -> ModuleType:
    """What the compiler gets, run by Python."""
    module = ModuleType("uncompiled_loops")
    exec(compile(together(), module.__name__, "exec", __future__.annotations.compiler_flag), vars(module))  # noqa: S102 - our own
    return module


UNCOMPILED = _uncompiled()


class Fenced:
    """An array that the uncompiled loops cannot leave: it has no negative places and no stretches beyond its end."""

    def __init__(self, array: np.ndarray) -> None:
        self.shape = array.shape
        self._items = array.data

    def __getitem__(self, at: Any) -> Any:
        return self._items[self._inside(at)]

    def __setitem__(self, at: Any, value: int) -> None:
        self._items[self._inside(at)] = value

    def _inside(self, at: Any) -> Any:
        if isinstance(at, slice):
            assert 0 <= at.start <= at.stop <= self.shape[0], at
        else:
            assert all(0 <= place < size for place, size in zip(at if isinstance(at, tuple) else (at,), self.shape, strict=True)), at
        return at


def _outcome(loop: Callable[..., Any], arguments: Arguments) -> Any:
    try:
        return loop(**arguments)
    except IndexError:
        return IndexError


def twice(name: str, **arguments: Any) -> Any:
    """What a loop gives. Uncompiled it gives the same, leaves the same in all arrays, and never asks for a place outside."""
    copies = {key: value.copy() for key, value in arguments.items() if isinstance(value, np.ndarray)}
    given_compiled = _outcome(getattr(loops, name), arguments)
    fenced = {key: Fenced(value) for key, value in copies.items()}

    assert _outcome(getattr(UNCOMPILED, name), {**arguments, **fenced}) == given_compiled
    for key, copy in copies.items():
        assert copy.tobytes() == arguments[key].tobytes(), key
    if given_compiled is IndexError:
        raise IndexError
    return given_compiled


def octets(text: bytes) -> np.ndarray:
    """An array of its own, exactly as long."""
    return np.frombuffer(text, np.uint8).copy()


def integers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def packed(cells: Sequence[bytes]) -> dict[str, np.ndarray]:
    """Cells one behind the other, as arguments."""
    lengths = integers(*map(len, cells))
    return {"text": octets(b"\n" + b"".join(cells) + BEHIND), "starts": 1 + np.cumsum(lengths) - lengths, "lengths": lengths}


def written(signs: str, longest: int) -> st.SearchStrategy[bytes]:
    return st.text(signs, max_size=longest).map(str.encode)


# Compiled and uncompiled


@st.composite
def some_cells(draw: st.DrawFn, signs: bytes = bytes(range(256))) -> dict[str, Any]:
    """Any stretches of a text as cells. Now and then one of them leads outside."""
    text = bytes(draw(st.lists(st.sampled_from(signs), min_size=8, max_size=90)))
    starts = draw(st.lists(st.integers(0, len(text) - 8), max_size=7))
    lengths = [draw(st.integers(0, len(text) - 8 - start)) for start in starts]
    if starts and draw(st.integers(0, 9)) == 0:
        draw(st.sampled_from([starts, lengths]))[draw(st.integers(0, len(starts) - 1))] = draw(st.integers(-2, len(text) + 2))
    return {"text": octets(text), "starts": integers(*starts), "lengths": integers(*lengths)}


@st.composite
def some_csv(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(written('",;a\r\n', 60))
    end = draw(st.sampled_from([len(text), *(line_end.end() for line_end in re.finditer(rb"\n", text))]))
    room = draw(st.integers(0, 4))
    starts, lengths = np.full((2, draw(st.integers(0, 4)), room), -1)
    return {
        "text": octets(b"\n" + text + BEHIND[: draw(st.sampled_from([8, 8, 8, 7]))]),
        "begin": draw(st.sampled_from([1, 1, 1, 0, 4])),
        "end": end + 1,
        "delimiter": ord(draw(st.sampled_from(",;"))),
        "record": draw(st.integers(-1, room)),
        "starts": starts,
        "lengths": lengths,
        "counts": np.zeros(draw(st.sampled_from([2, 2, 2, 2, 1])), np.int64),
        "longest_cell": draw(st.sampled_from([3, ENOUGH])),
        "longest_record": draw(st.sampled_from([9, ENOUGH])),
    }


@st.composite
def some_numbering(draw: st.DrawFn) -> dict[str, Any]:
    cells = draw(some_cells(b"00123a.,-\xc3"))
    keys = draw(st.integers(0, 8))
    return {
        **cells,
        "first": draw(st.integers(-1, 2)),
        "by_shape": draw(st.booleans()),
        "multiplier": draw(st.integers(0, 2**63 - 1)) * 2 + 1,
        "slots": np.zeros(draw(st.sampled_from([0, 1, 2, 3, 4, 8, 16])), np.int32),
        "hashes": np.zeros(keys, np.uint64),
        "heads": np.zeros(keys, np.uint64),
        "ends": np.zeros(max(0, keys - draw(st.integers(0, 1))), np.int64),
        "keys": np.zeros(draw(st.integers(0, 300)), np.uint8),
        "known": 0,
        "most": draw(st.sampled_from([0, 1, 2, ENOUGH])),
        "numbers": np.zeros(len(cells["starts"]), np.int64),
        "new": np.zeros(draw(st.integers(0, 8)), np.int64),
    }


@st.composite
def some_amounts(draw: st.DrawFn) -> dict[str, Any]:
    cells = draw(some_cells(b"0012345678.-").filter(lambda cells: (cells["lengths"] <= 16).all()))
    rows, shapes = len(cells["starts"]), draw(st.integers(1, 4))
    constants = draw(st.lists(st.integers(0, 99), min_size=3 * shapes, max_size=3 * shapes))
    return {
        **cells,
        "numbers": integers(*draw(st.lists(st.integers(0, shapes - 1) | st.integers(0, 4), min_size=rows, max_size=rows))),
        "factors": integers(*draw(st.lists(st.sampled_from([0, 1, 10, 100, -1, -10, -100]), min_size=shapes, max_size=shapes))),
        "constants": integers(*constants).reshape(3, shapes),
        "amounts": np.zeros(rows, np.int64),
        "out": np.zeros(draw(st.integers(60, 300)), np.uint8),
        "place": draw(st.integers(-1, 20)),
        "places": np.zeros(rows, np.int64),
        "sizes": np.zeros(rows, np.int64),
    }


@st.composite
def some_laying(draw: st.DrawFn) -> dict[str, Any]:
    cells = draw(some_cells())
    rows = len(cells["starts"])
    ats = draw(st.lists(st.integers(-1, 100), min_size=rows, max_size=rows))
    return {"out": np.zeros(draw(st.integers(90, 200)), np.uint8), "ats": integers(*ats), "lead": 9, **cells}


@st.composite
def some_quoted(draw: st.DrawFn) -> dict[str, Any]:
    laying = draw(some_laying())
    rows = len(laying["starts"])
    return {**laying, "marks": np.array(draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows)), np.uint8)}


def some_looks(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Cells whose beginnings are looked up among some that are marked."""
    marks = st.integers(0, 2**32 - 1).map(lambda seed: np.random.default_rng(seed).integers(0, 2, 1 << 16, np.uint8))
    fixed = st.fixed_dictionaries(
        {"multiplier": st.integers(0, 2**64 - 1), "found": st.just(7).map(lambda size: np.full(size, 7, np.uint8)), **more}
    )
    cells = some_cells(b" \t~\x7f\x80Aa'=.,e\\-12") | some_cells(b"aA ")
    return st.tuples(marks, fixed, cells).map(lambda drawn: {"marks": drawn[0], **drawn[1], **drawn[2]})


CALLS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "tally": st.fixed_dictionaries({"text": written('a"\r\0é', 300).map(octets)}),
    "is_utf8": st.fixed_dictionaries({"text": (st.binary(max_size=30) | st.text(max_size=20).map(str.encode)).map(octets)}),
    "cut": some_csv(),
    "number": some_numbering(),
    "spread_keys": st.fixed_dictionaries(
        {
            "hashes": st.lists(st.integers(0, 2**64 - 1), max_size=9).map(lambda hashes: np.array(hashes, np.uint64)),
            "known": st.integers(0, 9),
            "slots": st.sampled_from([0, 1, 2, 3, 4, 8, 16, 32]).map(lambda size: np.zeros(size, np.int32)),
        }
    ),
    "take_amounts": some_amounts(),
    "lay": some_laying(),
    "lay_ids": st.fixed_dictionaries(
        {
            "out": st.integers(0, 90).map(lambda size: np.zeros(size, np.uint8)),
            "ats": st.lists(st.integers(-2, 60), max_size=4).map(lambda ats: integers(*ats)),
            "head": st.binary(max_size=12).map(octets),
            "counter": st.integers(0, 2**64 - 9),
        }
    ),
    "undouble": some_cells(b'"a').map(lambda cells: {**cells, "lengths": -cells["lengths"]}),
    "lay_quoted": some_quoted(),
    "look": st.tuples(some_cells(b'a,;=" '), st.binary(min_size=256, max_size=256)).map(
        lambda drawn: {**drawn[0], "class_of": octets(drawn[1]), "found": np.zeros(7, np.uint8)}
    ),
    "repeat": some_looks().map(lambda call: {"blank": call.pop("marks"), **call}),
    "are_kept": some_looks(longest=st.sampled_from([3, 99]), is_id=st.booleans()).map(lambda call: {"empty": call.pop("marks"), **call}),
}


def test_every_loop_is_held_to_its_source() -> None:
    assert {name for name in loops.__all__ if callable(getattr(loops, name))} == set(CALLS)


@pytest.mark.parametrize("name", sorted(CALLS))
@many
@given(data=st.data())
def test_compiled_and_uncompiled_a_loop_does_the_same(name: str, data: st.DataObject) -> None:
    with_places = data.draw(CALLS[name])
    try:
        twice(name, **with_places)
    except IndexError:
        assert name not in ("tally", "is_utf8")


def test_the_reasons_to_stop_have_the_same_names() -> None:
    for name in ("FULL", "MORE", "UNEVEN", "LINES", "ODD", "LONGEST_SHAPE"):
        assert getattr(loops, name) == getattr(UNCOMPILED, name)


# Bytes


@given(text=written('aé"\r\0', 40) | st.binary(max_size=40), times=st.integers(0, 30))
@example(text=b'"' * 240, times=3)
@example(text=b"\r" * 255 + b"\0", times=2)
def test_the_tally_is_that_of_bytes_count(text: bytes, times: int) -> None:
    whole = text * times
    assert loops.tally(whole) == (whole.count(b'"'), whole.count(b"\r"), b"\0" in whole)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_the_edges_of_utf8_are_those_of_the_standard() -> None:
    leads = bytes.fromhex("00 7f 80 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 f8 ff")
    seconds = bytes.fromhex("00 7f 80 8f 90 9f a0 bf c0 ff")
    others = bytes.fromhex("7f 80 bf c0")
    sequences = [bytes(signs) for size in range(1, 5) for signs in product(*(leads, seconds, others, others)[:size])]
    for sequence in sequences:
        expected = _is_utf8(sequence)
        for before in range(9):
            text = b"a" * before + sequence
            assert loops.is_utf8(text) is expected, text
            assert loops.is_utf8(text + b"bcdefghi") is expected, text


@many
@given(
    text=st.text(st.sampled_from("aé€😀\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"), max_size=24),
    changes=st.lists(st.tuples(st.integers(0, 95), st.integers(0, 255)), max_size=3),
    end=st.integers(0, 99),
)
def test_a_text_is_utf8_where_python_can_decode_it(text: str, changes: list[tuple[int, int]], end: int) -> None:
    changed = bytearray(text.encode())
    for at, byte in changes:
        if at < len(changed):
            changed[at] = byte
    assert loops.is_utf8(changed) is _is_utf8(changed)
    assert loops.is_utf8(changed[:end]) is _is_utf8(changed[:end])


# Records


class Cut:
    """A text cut into records, as the reader does it: batch after batch, those of another width in arrays of their own."""

    def __init__(self, text: bytes, delimiter: str, width: int, room: int = 3, *, line_by_line: bool = False, **limits: int) -> None:
        self.rows: list[list[bytes]] = []
        self.stops: list[tuple[int, int]] = []
        self.counts = np.zeros(2, np.int64)
        self.text = octets(b"\n" + text + BEHIND)
        self.at = 1
        self._always = {"delimiter": ord(delimiter), "counts": self.counts, "longest_cell": ENOUGH, "longest_record": ENOUGH, **limits}
        self._tables = np.full((2, width, room), -1)
        self._record = 0
        for line_end in list(re.finditer(rb"\n", text))[slice(None) if line_by_line else slice(-1, None)]:
            self._go_on(1 + line_end.end())
        self.is_plain = (
            self.stops[-1][0] == loops.MORE and self.at == 1 + len(text) and (*self.counts.tolist(), b"\0" in text) == loops.tally(text)
        )

    def _go_on(self, end: int) -> None:
        why = loops.LINES
        while why not in (loops.MORE, loops.ODD):
            before = self._record
            why, self._record, cells = self._cut(end, before, self._tables)
            self.stops.append((why, cells))
            self.rows += [self._row(self._tables, record) for record in range(before, self._record)]
            if why == loops.UNEVEN:
                wide = np.full((2, cells, 1), -1)
                assert self._cut(end, 0, wide)[1:] == (1, cells)
                self.rows.append(self._row(wide, 0))
                self._record += 1
            if why == loops.FULL:
                self._record = 0

    def _cut(self, end: int, record: int, tables: np.ndarray) -> tuple[int, int, int]:
        before = self.text.tobytes()
        starts, lengths = tables
        given = twice("cut", text=self.text, begin=self.at, end=end, record=record, starts=starts, lengths=lengths, **self._always)
        why, self.at, record, cells = given
        assert self.text.tobytes() == before
        return why, record, cells

    def _row(self, tables: np.ndarray, record: int) -> list[bytes]:
        starts, lengths = (column.copy() for column in tables[:, :, record])
        assert all(
            b'""' in self.text[start : start - length].tobytes() for start, length in zip(starts, lengths, strict=True) if length < 0
        )
        text = self.text.copy()
        twice("undouble", text=text, starts=starts, lengths=lengths)
        return [text[start : start + length].tobytes() for start, length in zip(starts, lengths, strict=True)]


def by_csv(text: bytes, delimiter: str) -> list[list[bytes]]:
    """The records that the csv module reads; a blank line is one with an empty cell."""
    rows = csv.reader(StringIO(text.decode(), newline=""), delimiter=delimiter, strict=True)
    return [[cell.encode() for cell in row or [""]] for row in rows]


@st.composite
def plain_csv(draw: st.DrawFn) -> tuple[bytes, str]:
    """A text that leaves no doubt, and its delimiter."""
    delimiter = draw(st.sampled_from(",;\t|"))
    inner = st.text(f'{delimiter}"\r\na', max_size=4) | st.text(f'ab é€,;|\t\r\n"{delimiter}', max_size=12)
    text = ""
    for width in draw(st.lists(st.sampled_from([3, 3, 3, 3, 1, 2, 4]), min_size=1, max_size=6)):
        cells = [draw(inner) for _ in range(width)]
        must_be_quoted = re.compile(f'["\r\n{re.escape(delimiter)}]')
        doubled = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        whole = zip(cells, doubled, strict=True)
        quoted = [marked if must_be_quoted.search(cell) or draw(st.booleans()) else cell for cell, marked in whole]
        text += delimiter.join(quoted) + draw(st.sampled_from(["\n", "\r\n"]))
    return text.encode(), delimiter


@many
@given(drawn=plain_csv(), width=st.integers(1, 4), room=st.integers(1, 4), line_by_line=st.booleans())
@example(drawn=(b'"",""""\r\n"a\r\n""b,""",\r\n\r\n\n"",\n', ","), width=2, room=2, line_by_line=True)
def test_plain_text_is_cut_as_the_csv_module_cuts_it(drawn: tuple[bytes, str], width: int, room: int, *, line_by_line: bool) -> None:
    text, delimiter = drawn
    found = Cut(text, delimiter, width, room, line_by_line=line_by_line)

    assert found.rows == by_csv(text, delimiter)
    assert found.is_plain


@many
@given(drawn=plain_csv(), width=st.integers(1, 4), room=st.integers(1, 4))
def test_cutting_stops_where_something_has_to_be_said(drawn: tuple[bytes, str], width: int, room: int) -> None:
    text, delimiter = drawn
    expected: list[tuple[int, int | None]] = []
    filled = 0
    for row in by_csv(text, delimiter):
        if filled == room:
            expected.append((loops.FULL, None))
            filled = 0
        whole = b"".join(row)
        if len(row) != width:
            expected.append((loops.UNEVEN, len(row)))
        elif re.search(rb"[\r\n]", whole) and whole.count(delimiter.encode()) >= width - 1:
            expected.append((loops.LINES, width))
        filled += 1
    if filled == room:
        expected.append((loops.FULL, None))
    expected.append((loops.MORE, None))

    stops = Cut(text, delimiter, width, room).stops
    assert [(why, cells if why in (loops.UNEVEN, loops.LINES) else None) for why, cells in stops] == expected


@many
@given(text=written('",\r\na', 24), width=st.integers(1, 3), line_by_line=st.booleans())
def test_text_that_nothing_is_objected_to_is_read_by_the_csv_module_in_the_same_way(text: bytes, width: int, *, line_by_line: bool) -> None:
    found = Cut(text + b"\n", ",", width, line_by_line=line_by_line)
    if found.is_plain:
        assert found.rows == by_csv(text + b"\n", ",")


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        (b'a"b,c\n', False), (b'a,b"\n', False), (b'a,b"\r\n', False), (b' "a",b\n', False), (b'a,"\n', False), (b'"a,b\n', False),
        (b'a,""",b\n', False), (b"a\rb,c\n", False), (b"a,b\r\r\n", False), (b"\ra,b\n", False), (b"a,b\rc,d\n", False),
        (b'"a"b,c\n', True), (b'a,"b" \n', True), (b'"a"\r,b\n', True), (b'a,"b"\r\r\n', True), (b'"a" "b",c\n', True),
    ],
)  # fmt: skip
def test_an_odd_mark_is_met_or_missing_in_the_counts(text: bytes, *, is_odd: bool) -> None:
    found = Cut(b"1,2\n" + text + b"3,4\n", ",", 2)

    assert not found.is_plain
    assert (found.stops[-1][0] == loops.ODD) is is_odd
    assert found.rows[0] == [b"1", b"2"]


@given(drawn=plain_csv(), room=st.integers(1, 9))
def test_the_text_stands_as_it_was_and_counts_are_of_what_was_cut(drawn: tuple[bytes, str], room: int) -> None:
    text, delimiter = drawn
    found, counts = octets(b"\n" + text + BEHIND), np.zeros(2, np.int64)
    starts, lengths = np.full((2, 3, room), -1)
    limits = {"longest_cell": ENOUGH, "longest_record": ENOUGH}
    places = {"begin": 1, "end": 1 + len(text), "record": 0, "starts": starts, "lengths": lengths, "counts": counts}
    _, at, record, _ = twice("cut", text=found, delimiter=ord(delimiter), **places, **limits)

    assert found.tobytes() == b"\n" + text + BEHIND
    assert counts.tolist() == [text[: at - 1].count(b'"'), text[: at - 1].count(b"\r")]
    assert by_csv(text[: at - 1], delimiter) == by_csv(text, delimiter)[:record]


@pytest.mark.parametrize(("cell", "length"), [(b"abcd", 4), (b'"abcd"', 4), (b'"a""b"', 4), (b'"a\r\nb"', 4), ("é€".encode(), 5)])
def test_a_cell_may_be_as_long_as_the_limit_and_no_longer(cell: bytes, length: int) -> None:
    for text in (b"1,2\r\n" + cell + b",x\r\n", b"1,2\r\nx," + cell + b"\r\n"):
        assert Cut(text, ",", 2, longest_cell=length).is_plain

        found = Cut(text, ",", 2, longest_cell=length - 1)
        assert (found.stops[-1][0], found.rows, found.at) == (loops.ODD, [[b"1", b"2"]], 6)


@pytest.mark.parametrize("record", [b"abc,d\n", b'"a""b",c\r\n', b"a,b,c\n"])
def test_a_record_may_be_as_long_as_the_limit_and_no_longer(record: bytes) -> None:
    assert Cut(b"1,2\n" + record, ",", 2, longest_record=len(record)).is_plain

    found = Cut(b"1,2\n" + record, ",", 2, longest_record=len(record) - 1)
    assert (found.stops[-1][0], found.rows, found.at) == (loops.ODD, [[b"1", b"2"]], 5)


def test_what_stands_before_the_text_belongs_to_no_cell() -> None:
    starts, lengths, counts = np.zeros((1, 1), np.int64), np.full((1, 1), 7), integers(0, 0)
    places = {"begin": 1, "end": 2, "record": 0, "starts": starts, "lengths": lengths, "counts": counts}
    twice("cut", text=octets(b"\r\n" + BEHIND), delimiter=ord(","), **places, longest_cell=ENOUGH, longest_record=ENOUGH)
    assert (lengths.tolist(), counts.tolist()) == ([[0]], [0, 0])


def test_a_record_may_have_a_hundred_line_breaks() -> None:
    assert Cut(b'"' + b"\n" * 60 + b'","' + b"\r" * 40 + b'"\n', ",", 2).is_plain
    assert Cut(b'"' + b"\n" * 60 + b'","' + b"\r" * 41 + b'"\n', ",", 2).stops[-1][0] == loops.ODD


# Numbers of equal cells


@st.composite
def alike(draw: st.DrawFn) -> bytes:
    """A cell of a length at which a word ends or begins, that differs from the others in at most two signs."""
    size = draw(st.sampled_from([0, 1, 7, 8, 9, 15, 16, 17, 24, 63, 64, 65, 73, 200]))
    cell = bytearray(b"0,1a05-0" * 25)[:size]
    for _ in range(draw(st.integers(0, 2)) if size else 0):
        cell[draw(st.integers(0, size - 1))] = draw(st.sampled_from(b"0917a."))
    return bytes(cell)


numbered_cells = st.lists(alike() | written("0012.,-€a", 20), max_size=20)


def numbered(batches: Sequence[Sequence[Any]], most: int) -> tuple[list[list[int]], list[Any]]:
    """The numbers of equal things, counted from 1, and those with a number; None and what comes too late is 0."""
    known: dict[Any, int] = {}
    for thing in (thing for batch in batches for thing in batch if thing is not None):
        if len(known) < most:
            known.setdefault(thing, len(known) + 1)
    return [[known.get(thing, 0) for thing in batch] for batch in batches], list(known)


def shape_of(cell: bytes) -> bytes | None:
    """The digits from the first to the last that is not 0 are ones; of a longer cell there is no shape."""
    if len(cell) > loops.LONGEST_SHAPE:
        return None
    found = re.search(rb"[1-9](.*[1-9])?", cell, re.DOTALL)
    return cell[: found.start()] + re.sub(rb"[0-9]", b"1", found[0]) + cell[found.end() :] if found else cell


def check_numbers(batches: Sequence[Sequence[bytes]], most: int, *, of_shapes: bool) -> None:
    things = [list(map(shape_of, batch)) for batch in batches] if of_shapes else batches
    expected, known = numbered(things, most)
    classes, seen = Classes(most, of_shapes=of_shapes), 0
    for batch, numbers in zip(batches, expected, strict=True):
        found, new = classes.number(ByteCells.of_bytes(batch))

        assert found.tolist() == numbers
        assert new.tolist() == [numbers.index(number) for number in range(seen + 1, len(classes) + 1)]
        seen = len(classes)
    assert [classes.key(number).encode() for number in range(1, seen + 1)] == known


@many
@given(batches=st.lists(numbered_cells, min_size=1, max_size=3), most=st.sampled_from([0, 1, 5, ENOUGH]), of_shapes=st.booleans())
@example(batches=[[b"", b"0", b"", b"00"], [b"000", b"0", b"7", b"9"]], most=ENOUGH, of_shapes=True)
def test_equal_cells_or_shapes_have_equal_numbers(batches: list[list[bytes]], most: int, *, of_shapes: bool) -> None:
    check_numbers(batches, most, of_shapes=of_shapes)


@pytest.mark.parametrize("of_shapes", [False, True])
@pytest.mark.parametrize("most", [1_500, ENOUGH])
def test_tables_grow_with_what_they_hold(most: int, *, of_shapes: bool) -> None:
    letters = [bytes(signs) for signs in product(b"abcdefghij", repeat=3)]
    batches = [[letter * times for letter in letters] for times in (1, 2, 3, 6, 20, 30)]
    check_numbers([*batches, *batches], most, of_shapes=of_shapes)
    check_numbers([[b"x" * 5_000, b"y" * 20_000, b"x" * 5_000, b"y" * 19_999 + b"x"]], most, of_shapes=of_shapes)


@many
@given(digits=written("0019", 8) | written("0" * 9 + "1", 8) | written("0019a.,$-é\0/:", 24) | written("0" * 30 + "12", 64))
@example(digits=b"1000009")
def test_the_shape_of_a_cell_is_what_shapes_py_says(digits: bytes) -> None:
    classes = Classes(of_shapes=True)
    for cell in (digits, b"0" + digits, digits + b"0", b"a" + digits):
        if (shape := shape_of(cell)) is not None:
            assert classes.key(int(classes.number(ByteCells.of_bytes([cell]))[0][0])).encode() == shape


@many
@given(
    batches=st.lists(numbered_cells, min_size=1, max_size=2),
    by_shape=st.booleans(),
    multiplier=st.integers(0, 2**63 - 1).map(lambda half: 2 * half + 1),
    sizes=st.tuples(st.integers(1, 12), st.sampled_from([8, 16, 32]), st.integers(0, 400), st.integers(0, 9)),
)
@example(batches=[[b"a", b"b" * 9]], by_shape=False, multiplier=1, sizes=(4, 8, 64, 4))
@example(batches=[[b"a" * 8 + b"b", b"a" * 8, b"a" * 9 + b"b", b"a" * 8, b"a", b"a\0"]], by_shape=False, multiplier=1, sizes=(9, 16, 99, 9))
def test_numbering_ends_before_a_cell_for_which_a_table_has_no_room(
    batches: list[list[bytes]], multiplier: int, sizes: tuple[int, int, int, int], *, by_shape: bool
) -> None:
    most_keys, slots, bytes_of_keys, news = sizes
    tables = {
        "slots": np.zeros(slots, np.int32),
        "hashes": np.zeros(most_keys, np.uint64),
        "heads": np.zeros(most_keys, np.uint64),
        "ends": np.zeros(most_keys, np.int64),
        "keys": np.zeros(bytes_of_keys, np.uint8),
    }
    expected, keys = numbered([list(map(shape_of, batch)) for batch in batches] if by_shape else batches, ENOUGH)
    known = 0
    for cells, numbers in zip(batches, expected, strict=True):
        found, new, before = np.zeros(len(cells), np.int64), np.zeros(news, np.int64), known
        always = {"first": 0, "by_shape": by_shape, "multiplier": multiplier, "most": ENOUGH}
        at, known = twice("number", **packed(cells), **tables, **always, known=known, numbers=found, new=new)

        assert found[:at].tolist() == numbers[:at]
        assert new[: known - before].tolist() == [numbers.index(number) for number in range(before + 1, known + 1)]
        if at < len(cells):
            is_full = known + 1 == most_keys or 2 * (known + 1) > slots or known - before == news
            used, length = sum(map(len, keys[:known])), len(cells[at])
            is_scratch_full = by_shape and length > loops.WORD and used + loops.LONGEST_SHAPE + loops.WORD > bytes_of_keys
            assert is_scratch_full or (numbers[at] > known and (is_full or used + length + 2 * loops.WORD > bytes_of_keys))
            return


# Amounts


@st.composite
def amounts(draw: st.DrawFn) -> tuple[bytes, int]:
    """A cell with one to sixteen digits behind zeros, among other signs, and the number that its digits make."""
    digits = "0" * draw(st.sampled_from([0, 0, 1, 2, 9])) + str(
        draw(st.integers(1, 10 ** draw(st.sampled_from([1, 2, 4, 7, 8, 9, 16])) - 1))
    )
    noise = st.sampled_from(["", "", "", "", "", ".", ",", "-", " ", "/", ":", "€", "USD "])
    return "".join(draw(noise) + digit for digit in [*digits, ""]).encode(), int(digits)


@many
@given(
    rows=st.lists(st.tuples(amounts(), st.sampled_from([1, 10, 100, -1, -10, -100, 0])), max_size=12),
    constant=st.integers(-(10**17), 10**17),
    place=st.integers(0, 20),
)
@example(
    rows=[
        ((digits, int(re.sub(rb"\D", b"", digits))), 1)
        for digits in (b"9" * 8, b"9" * 9, b"9" * 15, b"9" * 16, b"0" * 30 + b"1,5", b"0000000,1")
    ],
    constant=0,
    place=0,
)
def test_an_amount_is_the_number_of_its_digits_times_a_factor(rows: list[tuple[tuple[bytes, int], int]], constant: int, place: int) -> None:
    factors = (0, 1, 10, 100, -1, -10, -100)
    cells = [cell for (cell, _), _ in rows]
    before, out = bytes(range(place)), np.zeros(place + sum(map(len, cells)) + 4 * len(cells) + 16, np.uint8)
    out[:place] = octets(before)
    outputs = {name: np.zeros(len(rows), np.int64) for name in ("amounts", "places", "sizes")}
    tables = {"factors": integers(*factors), "constants": np.array([[constant] * 7, [3] * 7, [4] * 7])}
    end = twice(
        "take_amounts",
        **packed(cells),
        numbers=integers(*(factors.index(factor) for _, factor in rows)),
        **tables,
        out=out,
        place=place,
        **outputs,
    )

    expected, at = [], place
    for (_, value), factor in rows:
        size = len(str(value * factor))
        expected.append((value * factor, at, size) if factor else (constant, 3, 4))
        at += size if factor else 0
    assert list(zip(*(array.tolist() for array in outputs.values()), strict=True)) == expected
    assert end == at
    assert out[:end].tobytes() == before + "".join(str(value * factor) for (_, value), factor in rows if factor).encode()


# Rows


@given(
    rows=st.lists(st.tuples(st.lists(st.binary(max_size=20), min_size=3, max_size=3), st.booleans()), max_size=8),
    head=st.binary(max_size=12),
    counter=st.integers(0, 2**48 - 1) | st.sampled_from([9, 15, 0xFFFF, 2**48 - 1]),
)
def test_cells_and_ids_are_laid_side_by_side_where_a_row_has_a_place(
    rows: list[tuple[list[bytes], bool]], head: bytes, counter: int
) -> None:
    expected, ats, used = b"", [], 0
    for cells, has_place in rows:
        ats.append(len(expected) if has_place else -1)
        if has_place:
            expected += b"\t".join([head + f"{(counter + used) % 2**48:012x}".encode(), *cells])
            used += 1
    out = np.zeros(len(expected) + loops.WORD, np.uint8)
    starts = integers(*ats)
    places = np.where(starts < 0, -1, starts + len(head) + 12)
    for column in range(3):
        twice("lay", out=out, ats=places, lead=9, **packed([cells[column] for cells, _ in rows]))
    given_next = twice("lay_ids", out=out, ats=starts, head=octets(head), counter=counter)

    assert out[: len(expected)].tobytes() == expected
    assert given_next == counter + used
    assert [at >= 0 for at in places] == [has_place for _, has_place in rows]


@given(
    rows=st.lists(st.tuples(st.text(max_size=12), st.text(max_size=3), st.booleans()), min_size=1, max_size=20),
    constant=st.binary(max_size=9),
)
def test_the_good_rows_are_a_join_of_their_cells(rows: list[tuple[str, str, bool]], constant: bytes) -> None:
    names = [f"00000000-0000-4000-8000-{number:012x}" for number in range(0xFFF8, 0x10020)]
    columns = [ByteCells.of([row[column] for row in rows]) for column in (0, 1)]
    found = side_by_side(Ids(iter(names)), [columns[0], constant, columns[1]], np.array([row[2] for row in rows]))

    good = zip(names, (at for at, row in enumerate(rows) if row[2]), strict=False)
    lines = [b"\t".join([name.encode(), columns[0].bytes_at(at), constant, columns[1].bytes_at(at)]) for name, at in good]
    assert found.tobytes() == b"".join(b"\n" + line for line in lines) + b"\n"


@given(
    rows=st.lists(st.lists(st.tuples(written('a,é"\n', 20), st.integers(0, 3)), min_size=2, max_size=2), min_size=1, max_size=9),
    block=st.sampled_from([1, 30, 1 << 20]),
)
def test_the_lines_of_a_csv_file_are_a_join_of_their_cells_and_what_stands_around_them(
    rows: list[list[tuple[bytes, int]]], block: int
) -> None:
    columns = [Quoted(ByteCells.of_bytes([row[at][0] for row in rows]), np.array([row[at][1] for row in rows], np.uint8)) for at in (0, 1)]
    around = [(b"", b""), (b'"', b'"'), (b"'", b""), (b"\"'", b'"')]
    lines = [b",".join([around[mark][0] + cell + around[mark][1] for cell, mark in row]) + b"\r\n" for row in rows]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_rows, "_BLOCK_BYTES", block)
        assert b"".join(map(bytes, in_lines(columns))) == b"".join(lines)


@given(texts=st.lists(st.tuples(written('"a,', 12), st.booleans()), max_size=6))
def test_doubled_quotation_marks_are_made_single_where_a_length_says_so(texts: list[tuple[bytes, bool]]) -> None:
    cells = packed([text.replace(b'"', b'""') if is_doubled else text for text, is_doubled in texts])
    cells["lengths"] *= np.where([is_doubled for _, is_doubled in texts], -1, 1).astype(np.int64)
    twice("undouble", **cells)

    places = zip(cells["starts"].tolist(), cells["lengths"].tolist(), strict=True)
    assert [cells["text"][start : start + length].tobytes() for start, length in places] == [text for text, _ in texts]


# Looks


@many
@given(cells=st.lists(written('ab,;="\n ', 12), max_size=8))
def test_a_look_finds_the_classes_of_all_bytes_and_where_one_may_begin(cells: list[bytes]) -> None:
    classes = [b",", b'"', b"\n", b";", b" ="]
    class_of = np.array([sum((byte in members) << bit for bit, members in enumerate(classes)) for byte in range(256)], np.uint8)
    found = np.full(len(cells), 7, np.uint8)
    twice("look", **packed(cells), class_of=class_of, found=found)

    expected = [
        sum(any(sign in members for sign in cell) << bit for bit, members in enumerate(classes[:4]))
        + (cell[:1] in (b" ", b"=")) * 16
        + (re.search(rb";[ =]", cell) is not None) * 32
        for cell in cells
    ]
    assert found.tolist() == expected


MULTIPLIER = Beginnings([]).table[1]


def beginning(text: bytes) -> int:
    """The first eight bytes as a number, letters small."""
    return int.from_bytes(text[:8].ljust(8, b"\0"), "little") | 0x2020202020202020


def place_of(text: bytes) -> int:
    return beginning(text) * MULTIPLIER % 2**64 >> 48


class Known:
    """Texts that stand for nothing: their beginnings, and the places where these are marked."""

    def __init__(self, texts: frozenset[str]) -> None:
        self.beginnings = {beginning(text.encode()) for text in texts}
        self.places = {place_of(text.encode()) for text in texts}
        self.marks = Beginnings(texts).table[0]

    def meets(self, text: bytes) -> bool:
        """Whether another text is marked in the same place by chance."""
        return place_of(text) in self.places and beginning(text) not in self.beginnings

    def met(self) -> bytes:
        return next(text for text in (b"id-%d" % number for number in count()) if self.meets(text))


EMPTY, NOTHING = Known(NO_VALUE), Known(BLANK)
guarded = st.tuples(*map(st.sampled_from, ("a'=-Né !~", ["", *"1.,-/Eeé\\\t\x7f +="], ["", " ", "1", "é", "aé1", "\x1f0", " 1234567\\"])))
looked_at = st.one_of(
    written("a -~/'=.,Ee12\\\t\n\x7fé", 12),
    guarded.map("".join).map(str.encode),
    st.tuples(guarded.map("".join), st.integers(0, 9)).map(lambda drawn: f"x{'y' * drawn[1]}{drawn[0]}z".encode()),
    st.lists(st.sampled_from(["n/a", "N/A", "none", "null", "-", "–", "nothing", "not available", " ", "(", "1"]), max_size=3)
    .map("".join)
    .map(str.encode),
    st.sampled_from(sorted(NO_VALUE | BLANK)).map(str.encode),
    st.sampled_from([EMPTY.met(), NOTHING.met(), b"a" * 30, b"a" * 31, b"a" * 15 + b"\\", b"a" * 8 + b"\t" + b"a"]),
)


def is_kept(text: bytes, longest: int, *, is_id: bool) -> bool:
    """The rule itself, as the docstring of `are_kept` has it."""
    return (
        0 < len(text) <= longest
        and all(0x20 < sign < 0x7F for sign in (text[0], text[-1]))
        and not any(sign < 0x20 or sign == ord("\\") for sign in text)
        and beginning(text) not in EMPTY.beginnings
        and not (is_id and (text[:1] in (b"'", b"=") or text[1:2] in (b".", b",", b"E", b"e")))
    )


@many
@given(cells=st.lists(looked_at, max_size=12), is_id=st.booleans())
@example(cells=[EMPTY.met(), b"a" * 30, b"a" * 31], is_id=False)
@example(cells=[b"A", b".5", b"A", b"E1"], is_id=True)  # what stands behind a cell is not its second sign
def test_what_is_kept_is_kept_by_the_rule_and_missed_only_where_beginnings_meet(cells: list[bytes], *, is_id: bool) -> None:
    found = np.full(len(cells), 7, np.uint8)
    twice("are_kept", **packed(cells), longest=30, empty=EMPTY.marks, multiplier=MULTIPLIER, is_id=is_id, found=found)

    assert found.tolist() == [is_kept(cell, 30, is_id=is_id) and not EMPTY.meets(cell) for cell in cells]


def test_a_text_that_begins_like_one_that_is_empty_is_left_to_the_rules() -> None:
    cells = [b"not available", b"not avain", b"not avoided", b"NONE", b"nones", b"-\r", b"- 1", EMPTY.met()]
    found = np.zeros(len(cells), np.uint8)
    twice("are_kept", **packed(cells), longest=30, empty=EMPTY.marks, multiplier=MULTIPLIER, is_id=False, found=found)
    assert found.tolist() == [0, 0, 1, 0, 1, 0, 1, 0]


@many
@given(
    cells=st.lists(looked_at, max_size=6).flatmap(
        lambda pool: st.lists(st.sampled_from([*pool, b"a", b"a" * 17, b"a" * 16 + b"b"]), max_size=14)
    )
)
@example(cells=[b"a", NOTHING.met(), b"b", b"b", b"NULL", b"c"])
def test_a_row_that_may_repeat_the_one_above_is_marked_and_few_others(cells: list[bytes]) -> None:
    found = np.full(len(cells), 7, np.uint8)
    twice("repeat", **packed(cells), blank=NOTHING.marks, multiplier=MULTIPLIER, found=found)

    blanks = {text.encode() for text in BLANK}
    for at, (before, cell) in enumerate(zip([b"", *cells], cells, strict=False)):
        does_repeat = at == 0 or cell == before or not blanks.isdisjoint((cell, before))
        may_repeat = any(place_of(text) in NOTHING.places for text in (cell, before))
        assert found[at] == (does_repeat or may_repeat)
        if all(text in blanks or place_of(text) not in NOTHING.places for text in (cell, before)):
            assert found[at] == does_repeat


# Places outside


def _tables(keys: int = 4, slots: int = 8) -> dict[str, Any]:
    of_keys = {name: np.zeros(keys, np.uint64) for name in ("hashes", "heads")}
    return {**of_keys, "ends": np.zeros(keys, np.int64), "slots": np.zeros(slots, np.int32), "keys": np.zeros(64, np.uint8)}


TEXT = b"\nab,cd\n"
CELLS = {"text": octets(TEXT + BEHIND), "starts": integers(1, 4), "lengths": integers(2, 3)}  # the last one ends with the text
INSIDE: dict[str, Callable[[], dict[str, Any]]] = {
    "cut": lambda: {
        "text": octets(TEXT + BEHIND), "begin": 1, "end": len(TEXT), "delimiter": ord(","), "record": 0,
        "starts": np.zeros((2, 1), np.int64), "lengths": np.zeros((2, 1), np.int64), "counts": integers(0, 0),
        "longest_cell": 9, "longest_record": 9,
    },
    "number": lambda: {
        **CELLS, "first": 0, "by_shape": False, "multiplier": 3, **_tables(), "known": 0, "most": 9,
        "numbers": integers(0, 0), "new": integers(0, 0),
    },
    "spread_keys": lambda: {"hashes": np.zeros(3, np.uint64), "known": 2, "slots": np.zeros(4, np.int32)},
    "take_amounts": lambda: {
        **CELLS, "numbers": integers(1, 0), "factors": integers(0, 1), "constants": np.zeros((3, 2), np.int64),
        "amounts": integers(0, 0), "out": np.zeros(25, np.uint8), "place": 0, "places": integers(0, 0), "sizes": integers(0, 0),
    },
    "lay": lambda: {"out": np.zeros(30, np.uint8), "ats": integers(0, 18), "lead": 9, **CELLS},
    "lay_quoted": lambda: {"out": np.zeros(32, np.uint8), "ats": integers(0, 25), "lead": 9, **CELLS, "marks": np.array([3, 3], np.uint8)},
    "undouble": lambda: {"text": octets(b"\nab"), "starts": integers(1, 3), "lengths": integers(-2, 0)},
    "look": lambda: {**CELLS, "class_of": np.zeros(256, np.uint8), "found": np.zeros(2, np.uint8)},
    "lay_ids": lambda: {"out": np.zeros(30, np.uint8), "ats": integers(0, 15), "head": octets(b"id "), "counter": 7},
    "repeat": lambda: {**CELLS, "blank": np.zeros(1 << 16, np.uint8), "multiplier": 3, "found": np.zeros(2, np.uint8)},
    "are_kept": lambda: {
        **CELLS, "longest": 9, "empty": np.zeros(1 << 16, np.uint8), "multiplier": 3, "is_id": False, "found": np.zeros(2, np.uint8),
    },
}  # fmt: skip
OF_CELLS = [
    {"starts": integers(-1, 4)}, {"starts": integers(1, 5)}, {"starts": integers(1, len(TEXT) + 1)},
    {"lengths": integers(2, -1)}, {"lengths": integers(2, 4)}, {"text": octets(TEXT + BEHIND[:7])},
    {"lengths": integers(2)}, {"lengths": integers(2, 3, 0)}, {"starts": integers(1)},
    {"starts": integers(1, FAR)}, {"lengths": integers(FAR, 3)},
    {"starts": integers(FAR, 4), "lengths": integers(FAR, 3)}, {"text": octets(b"")}, {"text": octets(b""), "lengths": integers(FAR, 3)},
]  # fmt: skip
OUTSIDE: dict[str, list[dict[str, Any]]] = {
    "cut": [
        {"begin": 0}, {"begin": -1}, {"begin": 8}, {"begin": 9, "end": 8}, {"end": 8}, {"end": 6}, {"end": 0, "begin": 0},
        {"end": -1}, {"end": FAR}, {"begin": FAR, "end": FAR}, {"delimiter": ord("\n")},
        {"text": octets(TEXT + BEHIND[:7])}, {"record": -1}, {"counts": integers(0)},
        {"lengths": np.zeros((1, 1), np.int64)}, {"lengths": np.zeros((2, 2), np.int64)}, {"starts": np.zeros((3, 1), np.int64)},
    ],
    "number": [
        *OF_CELLS, {"numbers": integers(0)}, {"first": -1}, {"known": -1}, {"known": 4}, {"known": FAR},
        {"known": 3, "slots": np.zeros(4, np.int32)},
        *({"slots": np.zeros(size, np.int32)} for size in (0, 1, 3, 6)), {"hashes": np.zeros(3, np.uint64)},
        {"heads": np.zeros(3, np.uint64)}, {"ends": np.zeros(0, np.int64)}, {"ends": np.zeros(5, np.int64)},
    ],
    "spread_keys": [
        {"known": 3}, {"known": FAR}, {"known": 0, "slots": np.zeros(0, np.int32)}, {"known": 0, "slots": np.zeros(1, np.int32)},
        *({"slots": np.zeros(size, np.int32)} for size in (0, 1, 2, 3, 5, 6)),
    ],
    "take_amounts": [
        *OF_CELLS, {"place": -1}, {"place": 8}, {"place": FAR}, {"out": np.zeros(17, np.uint8)}, {"numbers": integers(0)},
        {"numbers": integers(1, -1)}, {"numbers": integers(2, 0)}, {"constants": np.zeros((2, 2), np.int64)},
        {"constants": np.zeros((3, 1), np.int64)}, *({name: integers(0)} for name in ("amounts", "places", "sizes")),
    ],
    "lay": [*OF_CELLS, {"ats": integers(0, 19)}, {"ats": integers(FAR, 0)}, {"ats": integers(0)}, {"out": np.zeros(29, np.uint8)}],
    "lay_quoted": [
        *OF_CELLS, {"ats": integers(0, 26)}, {"ats": integers(FAR, 0)}, {"ats": integers(0, -1)}, {"ats": integers(0)},
        {"out": np.zeros(31, np.uint8)}, {"marks": np.zeros(1, np.uint8)},
    ],
    "undouble": [
        {"starts": integers(-1, 3)}, {"starts": integers(2, 3)}, {"starts": integers(FAR, 3)}, {"lengths": integers(-3, 0)},
        {"lengths": integers(-FAR, 0)}, {"lengths": integers(-2)},
    ],
    "look": [*OF_CELLS, {"class_of": np.zeros(255, np.uint8)}, {"found": np.zeros(1, np.uint8)}],
    "lay_ids": [{"ats": integers(0, 16)}, {"ats": integers(FAR, 0)}, {"head": octets(b"long")}, {"out": np.zeros(29, np.uint8)}],
    "repeat": [*OF_CELLS, {"blank": np.zeros(65_535, np.uint8)}, {"blank": np.zeros(65_537, np.uint8)}, {"found": np.zeros(1, np.uint8)}],
    "are_kept": [*OF_CELLS, {"empty": np.zeros(65_535, np.uint8)}, {"empty": np.zeros(65_537, np.uint8)}, {"found": np.zeros(1, np.uint8)}],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_arrays_need_be_no_longer_than_that(name: str) -> None:
    twice(name, **INSIDE[name]())


@pytest.mark.parametrize(("name", "change"), [(name, change) for name, changes in OUTSIDE.items() for change in changes])
def test_a_place_outside_is_an_index_error(name: str, change: dict[str, Any]) -> None:
    arguments = {**INSIDE[name](), **{key: value.copy() if isinstance(value, np.ndarray) else value for key, value in change.items()}}
    with pytest.raises(IndexError):
        twice(name, **arguments)
