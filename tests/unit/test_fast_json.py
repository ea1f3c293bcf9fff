"""The fast reader of JSON gives what the exact one gives, to the last cell, or objects."""

from __future__ import annotations

import io
import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.errors import Refused
from takeback.records import record_type
from takeback.rules.options import Options
from takeback.tabular import guarded_json, json_file
from takeback.tabular.guarded_json import open_guarded_json
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection
from takeback.tabular.plan import Asked
from takeback.tabular.raw import JSON_CHUNK_ROWS
from takeback.tabular.reader import open_table
from takeback.tabular.validation import Outputs, validate
from tests.unit.test_fast_equals_rules import (
    DATA,
    ENTROPY,
    HEADERS,
    LIMITS,
    MAPPING,
    NO_OPTIONS,
    TODAY,
    Object,
    compare_engines,
    needs_data,
    read,
    sheets,
)

PLAIN = [
    '"Lens"',
    '""',
    '"12.50"',
    '"say \\"hi\\""',
    '"back\\\\slash"',
    '"ends in one\\\\"',
    '"\\u00fc\\ud83d\\ude00"',
    '"ü€😀"',
    '"two\\nlines\\t"',
    '"], {[:,}"',
    '"\\/"',
]
NUMBERS = [
    "0",
    "-0",
    "7",
    "12.30",
    "-1.50",
    "0.005",
    "100",
    "1e5",
    "1E+10",
    "20.10e-03",
    "123456789012345678901234567890",
    "0.30000000000000004",
]
NESTED = ['{"a": 1}', '{"b": "x", "a": {"b": "y", "a": {"b": null}}}', '{ "": {"order": true } }', '{"a": {"b": 1}, "c": 2, "d": {"b": 3}}']
VALUES = [*PLAIN, *NUMBERS, *NESTED, "null", "true", "false", '"' + "x" * 70 + '"']
ODD = [
    "01",
    "1.",
    ".5",
    "+1",
    "NaN",
    "-Infinity",
    "tru",
    "1e",
    "--1",
    "[]",
    "{}",
    "[1]",
    '{"a": {}}',
    '{"a": 1, "b": {"a": 1, "a": 2}}',
    '{"a": {"b": 1}, "a": {"c": 1}}',
    '{"a": 1}}',
    '{"a": {"b": 1}',
    '"\\x"',
    '"\\ud83d"',
    '"\\u0000"',
    '"\t"',
    "'a'",
    "",
    '"a" "b"',
]
BLANKS = ["", " ", "\n  ", "\t", "\r\n", "\n" + " " * 16]
SPOILT = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b":",
    b" ",
    b"1",
    b"0",
    b"\xe2\x80",
    b"\xef\xbb\xbf",
    b"\t",
    b'{"a": 1}',
]
KEYS = ['"order"', '"price"', '"a note"', '""', '"\\u0061"', '"a"', '"Kaufpreis in €"', '"' + "k" * 40 + '"', '"x.y"', '"back\\\\slash"']

scalars = st.one_of(
    st.sampled_from(VALUES),
    st.sampled_from(NUMBERS),
    st.text(max_size=12).map(json.dumps),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
literals = st.recursive(
    scalars,
    lambda inner: st.lists(st.tuples(st.sampled_from(KEYS), inner), min_size=1, max_size=3).map(
        lambda members: "{" + ", ".join(f"{key}: {value}" for key, value in members) + "}"
    ),
    max_leaves=4,
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Records that look alike, as those of a real file do, sometimes with something odd among them, in a list or one a line."""
    rng = Random(draw(st.integers(0, 1 << 30)))  # noqa: S311 - a seed is drawn in place of a thousand digits
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=5, unique=True))
    usual = [draw(st.lists(literals, min_size=1, max_size=3)) for _ in keys]
    odd = draw(st.lists(st.sampled_from(ODD), max_size=1))
    missing, shuffled = draw(st.sampled_from([0, 0, 0.2])), draw(st.sampled_from([0, 0, 0.2]))
    one_a_line = draw(st.booleans())
    colon, comma, opening, closing = (draw(st.sampled_from(BLANKS[:2] if one_a_line else BLANKS)) for _ in range(4))
    records = []
    for _ in range(draw(st.integers(1, 40))):
        members = [
            f"{key}{colon}:{rng.choice(odd) if odd and rng.random() < 0.02 else rng.choice(values)}"
            for key, values in zip(keys, usual, strict=True)
            if rng.random() >= missing
        ]
        if rng.random() < shuffled:
            rng.shuffle(members)
        records.append("{" + opening + f"{comma},".join(members) + closing + "}")
    if one_a_line:
        return draw(st.sampled_from(["\n", "\r\n", "\n\n", " \n", "\r"])).join(records) + draw(st.sampled_from(["", "\n", "\r\n \n"]))
    return f"[{opening}" + f"{closing},{comma}".join(records) + f"{closing}]" + draw(st.sampled_from(["", "\n", " \r\n"]))


def compare(data: bytes | str, limits: Limits = LIMITS, options: Options = NO_OPTIONS) -> bool:
    """Compares the readers; whether the fast one dared."""
    data = data.encode() if isinstance(data, str) else data
    try:
        fast = read(lambda source, asked, _: open_guarded_json(source, asked, limits), data, options)
    except Objection:
        return False
    if fast is None:
        return False
    assert fast == read(lambda source, asked, _: open_table(source, asked, limits), data, options)
    return True


@settings(max_examples=300)
@given(
    text=texts(),
    block_bytes=st.sampled_from([1 << 19, 97, 13]),
    chunk_rows=st.sampled_from([JSON_CHUNK_ROWS, 7, 1]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    spoilt=st.lists(st.tuples(st.integers(0, 1 << 20), st.sampled_from(SPOILT)), max_size=2),
)
def test_the_fast_reader_equals_the_exact_one_or_objects(
    text: str, block_bytes: int, chunk_rows: int, encoding: str, spoilt: list[tuple[int, bytes]]
) -> None:
    data = bytearray(text.encode(encoding, "replace"))
    for place, sign in spoilt:
        data[place % len(data) : place % len(data)] = sign
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guarded_json, "_BLOCK_BYTES", block_bytes)
        for module in (guarded_json, json_file):
            patch.setattr(module, "JSON_CHUNK_ROWS", chunk_rows)
        compare(bytes(data))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", ["list", "lines"])
def test_the_fast_reader_dares_to_read_every_plain_value(value: str, form: str) -> None:
    records = [f'{{"order": "{number}", "value": {value}, "last": {value}}}' for number in range(30)]

    assert compare("[" + ",\n".join(records) + "]" if form == "list" else "\n".join(records))


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("form", ["list", "lines"])
def test_what_is_not_plain_is_left_to_the_exact_reader(value: str, form: str) -> None:
    records = [f'{{"order": "{number}", "value": {value if number == 20 else 1}}}' for number in range(30)]

    assert not compare("[" + ",\n".join(records) + "]" if form == "list" else "\n".join(records))


@pytest.mark.parametrize(
    "text",
    [
        '[{1 "a": 2}, {"a": 3}]',
        '[{{"a": 2}, {"a": 3}]',
        '[{}, {"a": 3}]',
        '[{"a": 1 "b": 2}, {"a": 3}]',
        '[{"a": "1" "b": 2}, {"a": 3}]',
        '[{"a": 2}, "b": {"a": 3}, {"a": 2}]',
        '[{"a": {"b": 2}, {"a": {"b": 3}}}]',
        '[{"a": 2}, {"a": 3},]',
        '[{"a": 2}, {"a": 3}',
        '[{"a": 2}, {"a": "3]',
        '[{"a": 2}, {"a": 3}]]',
        '{"a": 2}\n{"a": 3}\n]',
        '{"a": 2}\n{"a": 3},\n{"a": 4}',
        '{"a": 2}\n{"a":\n3}\n{"a": 4}',
        '{"a": 2}\n{"a": 3',
    ],
)
def test_what_breaks_the_rules_between_strings_is_left_to_the_exact_reader(text: str) -> None:
    assert not compare(text)


RECORDS = [
    {"order": f"20-{number:05}", "item": "Lens", "price": number} | ({"note": None} if number % 3 else {}) for number in range(41_000)
]


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("count", [1, 2, JSON_CHUNK_ROWS - 1, JSON_CHUNK_ROWS, JSON_CHUNK_ROWS + 1, 2 * JSON_CHUNK_ROWS])
def test_lists_are_read_alike_wherever_the_chunks_end(count: int, indent: int | None) -> None:
    assert compare(json.dumps(RECORDS[:count], indent=indent))


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("count", [2, 2 * JSON_CHUNK_ROWS, 41_000])
def test_lines_are_read_alike_wherever_the_chunks_end(count: int, separators: tuple[str, str]) -> None:
    assert compare("\r\n".join(json.dumps(record, separators=separators) for record in RECORDS[:count]))


@pytest.mark.parametrize(
    "last",
    [
        {"order": "1", "item": "Lens", "price": 1, "note": None, "new": 2},
        {"order": "1", "item": {"title": "Lens"}},
        {"order": "1", "item": ["Lens"]},
        {"order": "\0"},
        {"order": "\ud800"},
    ],
)
def test_what_only_the_last_record_has_is_seen(last: dict[str, Any]) -> None:
    assert not compare(json.dumps([*RECORDS, last]))


@pytest.mark.parametrize("size", [1, 7, 9_000])
def test_objects_in_records_are_read_alike_with_members_that_come_and_go(size: int) -> None:
    records = [
        {"id": number, "buyer": {"name": "Buyer One", "address": {"city": "Köln"}}, "total": {"amount": "12.50", "currency": "EUR"}}
        for number in range(size)
    ]
    varied = [
        {**record, "buyer": None if number % 3 else {"name": "Buyer Two"}, "note": {"text": "x"}} for number, record in enumerate(records)
    ]

    assert compare(json.dumps(records))
    assert compare(json.dumps([*records, *varied], indent=2))
    assert compare("\n".join(map(json.dumps, [*varied, *records])))


def test_objects_as_deep_as_the_limit_are_read_and_deeper_ones_left_to_the_exact_reader() -> None:
    for depth, dares in ((3, True), (4, False)):
        value: Any = "x"
        for _ in range(depth):
            value = {"a": value}
        assert compare(json.dumps([{"order": value}] * 3), Limits(nesting=4)) is dares


@pytest.mark.parametrize("limits", [Limits(rows=20_000), Limits(columns=3), Limits(cell_chars=5), Limits(record_chars=30)])
def test_what_breaks_a_limit_is_left_to_the_exact_reader(limits: Limits) -> None:
    assert not compare(json.dumps(RECORDS[:20_001]), limits)


def test_a_record_longer_than_the_limit_among_short_ones_is_left_to_the_exact_reader() -> None:
    assert not compare(json.dumps([{"a": "x" * 100}, {"a": "y"}]), Limits(record_chars=50))


def test_a_key_given_twice_is_left_to_the_exact_reader() -> None:
    assert not compare('[{"a": "1", "b": "2"}, {"a": "1", "a": "2"}]')
    assert not compare('[{"a": "1", "b": "2"}, {"a": "1"}, {"b": "1", "a": "2", "b": "3"}]')


def test_the_same_keys_in_other_objects_are_other_columns() -> None:
    assert compare('[{"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "c": 2}}, {"a": 1, "b": 2, "c": 3}]')
    assert compare('[{"a": 1, "b": {"c": 2}}, {"a": {"b": 1, "c": 2}}]')


def test_records_that_have_hardly_a_key_in_common_are_left_to_the_exact_reader() -> None:
    assert not compare(json.dumps([{f"key {number}": "1"} for number in range(900)]))


def test_a_list_beside_other_members_and_a_chosen_list_are_left_to_the_exact_reader() -> None:
    assert not compare(json.dumps({"orders": RECORDS[:3], "count": 3}))
    assert not compare(json.dumps(RECORDS[:3]), options=Options(sheet="orders"))


def test_a_file_that_breaks_off_after_many_rows_gives_no_row_at_all() -> None:
    rows, errors = Object(), Object()
    asked = Asked(record_type("bookkeeping"), None, NO_OPTIONS, LIMITS, TODAY, 1, ENTROPY)
    cut_short = json.dumps(RECORDS)[:-1].encode()

    with pytest.raises(Refused, match="invalid_json"):
        validate(io.BytesIO(cut_short), asked, Outputs(rows, errors, lambda _: None, lambda _: None))


def spelled(text: str) -> str:
    """A cell as a value: what is a number in JSON without quotation marks."""
    return text if re.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", text, re.ASCII) else json.dumps(text) if text != "n/a" else "null"


@settings(max_examples=60)
@given(rows=sheets(), one_a_line=st.booleans())
def test_columns_of_records_equal_the_rules_cell_by_cell(rows: list[list[str]], one_a_line: bool) -> None:  # noqa: FBT001
    records = ["{" + ", ".join(f"{json.dumps(key)}: {spelled(text)}" for key, text in zip(HEADERS, row, strict=True)) + "}" for row in rows]

    compare_engines(("\n".join(records) if one_a_line else "[" + ",".join(records) + "]").encode(), MAPPING)


@needs_data
def test_the_fast_reader_equals_the_exact_one_on_all_files_of_others() -> None:
    dared = [compare(path.read_bytes()) for path in DATA if "json" in path.suffix]
    assert any(dared)


@needs_data
def test_the_fast_reader_equals_the_exact_one_on_what_tries_parsers_of_json_as_a_value() -> None:
    values = [path.read_bytes() for path in DATA if path.name.startswith(("n_", "y_", "i_")) and path.suffix == ".json"]
    inner = [value.strip()[1:-1] for value in values if value.strip().startswith(b"[")]

    dared = [
        compare(b'[{"order": "1", "value": 1}%b{"order": "2", "value": %b}%b' % (between, value, end))
        for value in [*values, *inner]
        for between, end in [(b", ", b"]"), (b"\n", b"")]
    ]
    assert any(dared)
