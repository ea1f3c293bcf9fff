from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.errors import Refused
from takeback.tabular.encoding import BLOCK_BYTES
from takeback.tabular.limits import Limits

ORDERS = [{"order": "1", "price": "12.50"}, {"order": "2", "price": "3.00", "note": "gift"}]
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), TEXTS)


def spelled(value: Any) -> str:
    if value is None:
        return ""
    return str(value).upper() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ORDERS),
        json.dumps(ORDERS, indent=2),
        json.dumps({"orders": ORDERS, "count": 2}),
        json.dumps({"status": "ok", "data": {"page": 1, "orders": ORDERS}}),
        "\n".join(map(json.dumps, ORDERS)),
        "\ufeff" + json.dumps(ORDERS),
        json.dumps([["order", "price", "note"], ["1", "12.50", ""], ["2", "3.00", "gift"]]),
    ],
)
def test_one_table_is_read_from_every_usual_form(seen: Callable, content: str) -> None:
    got = seen(content)

    assert got.table.headers == ["order", "price", "note"]
    assert got.rows == [("1", "12.50", ""), ("2", "3.00", "gift")]
    assert got.table.facts.format == "json"


@given(
    records=st.lists(st.dictionaries(st.sampled_from("abcdef"), SCALARS, min_size=1), min_size=2, max_size=30),
    indent=st.sampled_from([None, 1]),
)
def test_flat_objects_read_back_equal_whatever_keys_are_missing(seen: Callable, records: list[dict[str, Any]], indent: int | None) -> None:
    got = seen(json.dumps(records, indent=indent))

    keys = list(dict.fromkeys(key for record in records for key in record))
    assert got.table.headers == keys
    assert got.rows == [tuple(spelled(record.get(key)) for key in keys) for record in records]


def test_numbers_keep_every_digit_and_zero(seen: Callable) -> None:
    got = seen('[{"a": 12.30, "b": 123456789012345678901234567890, "c": -0, "d": 1e3}, {"a": 0.1}]')

    assert got.rows[0] == ("12.30", "123456789012345678901234567890", "-0", "1e3")
    assert got.kinds[0] == "nnnn"


def test_a_number_of_ten_thousand_digits_is_text_and_no_crash(seen: Callable) -> None:
    assert seen('[{"a": ' + "7" * 10_000 + "}]").rows == [("7" * 10_000,)]


def test_an_order_with_items_is_one_row_for_each_item(seen: Callable) -> None:
    order = {
        "name": "#1",
        "customer": {"id": 7},
        "line_items": [{"title": "Lamp", "price": "2.00"}, {"title": "Cup", "price": "3.00"}],
        "shipping_lines": [{"price": "5.00"}, {"price": "1.00"}],
        "tags": ["a", "b"],
    }

    got = seen(json.dumps({"orders": [order, {"name": "#2", "line_items": []}]}))

    assert got.table.headers == ["name", "customer.id", "line_items.title", "line_items.price", "shipping_lines.price", "tags"]
    assert got.rows == [
        ("#1", "7", "Lamp", "2.00", "5.00 | 1.00", "a, b"),
        ("#1", "7", "Cup", "3.00", "5.00 | 1.00", "a, b"),
        ("#2", "", "", "", "", ""),
    ]
    assert got.numbers == [1, 2, 3]


def test_a_dotted_key_and_a_nested_one_stay_two_columns(seen: Callable) -> None:
    got = seen('[{"a.b": 1, "a": {"b": 2}}, {"a.b": 3}]')

    assert got.table.headers == ["a.b", "a.b#2"]
    assert got.rows == [("1", "2"), ("3", "")]


@pytest.mark.parametrize(
    "content", ["[]", "{}", "[1, 2]", "[null]", '{"a": 1}', '["a"]', "[[1, 2], [3]]", '[{}, {"a": 1}, 3]', "null", '"x"']
)
def test_json_without_a_list_of_records_is_refused(refusal: Callable, content: str) -> None:
    assert refusal(content) == "not_a_table"


@pytest.mark.parametrize(
    "content",
    [
        '[{"a": NaN}]',
        '[{"a": Infinity}]',
        '[{"a": 1}',
        '[{"a": 1},]',
        '[{"a": 1}] x',
        '[{"a": 01}]',
        '[{"a": "\t"}]',
        "{'a': 1}",
        '[{"a": 1} {"a": 2}]',
    ],
)
def test_what_breaks_the_rules_of_json_gives_no_row_at_all(refusal: Callable, content: str) -> None:
    assert refusal(content) == "invalid_json"


def test_a_late_fault_in_a_long_list_is_found_before_the_first_row(refusal: Callable) -> None:
    records = json.dumps([{"order": str(number), "note": "x" * 100} for number in range(20_000)])
    assert len(records) > 2 * BLOCK_BYTES

    assert refusal(records[:-1]) == "invalid_json"


def test_values_of_any_length_cross_the_blocks(seen: Callable) -> None:
    records = [{"order": number, "note": "y" * (number * 37 % 3000)} for number in range(2500)]

    got = seen(json.dumps(records))

    assert [len(row[1]) for row in got.rows] == [len(record["note"]) for record in records]


@pytest.mark.parametrize("content", ["[" * 100_000, '[{"a":' * 50_000, '{"a":' * 100_000, '[{"a":' + "[" * 500 + "]" * 500 + "}]"])
def test_nesting_beyond_reason_is_refused(refusal: Callable, content: str) -> None:
    assert refusal(content) in {"too_deep", "invalid_json"}


def test_a_record_longer_than_the_limit_is_refused(refusal: Callable) -> None:
    assert refusal('[{"a": "' + "x" * 5_000_000 + '"}]', Limits(record_chars=1_000_000)) == "record_too_long"


def test_a_lone_surrogate_is_flagged_in_its_row(seen: Callable) -> None:
    got = seen('[{"a": "\\ud83d", "b": 1}, {"a": "\\ud83d\\ude00", "b": 2}]')

    assert got.flagged("bad_text") == [1]
    assert got.rows == [("\ufffd", "1"), ("😀", "2")]


def test_a_nul_escape_is_flagged(seen: Callable) -> None:
    assert seen('[{"a": "x\\u0000y"}, {"a": "z"}]').flagged("nul_byte") == [1]


def test_a_key_given_twice_is_flagged_and_not_settled_in_silence(seen: Callable) -> None:
    assert seen('[{"price": 1, "price": 2}, {"price": 3}]').flagged("duplicate_key") == [1]


def test_a_broken_line_among_lines_is_an_issue_of_its_row(seen: Callable) -> None:
    got = seen('{"order": 1}\n{"order": 2\n{"order": 3}\n')

    assert got.flagged("invalid_json") == [2]
    assert [row[0] for row in got.rows] == ["1", "", "3"]


def test_an_object_with_an_identity_beside_its_list_is_one_record_and_no_table(refusal: Callable) -> None:
    assert refusal('{"id": 1, "parts": [{"id": 2}, {"id": 3}]}') == "not_a_table"


def test_several_lists_are_a_question_that_the_option_answers(seen: Callable) -> None:
    content = json.dumps({"orders": ORDERS, "customers": [{"who": "Buyer One"}]})

    with pytest.raises(Refused, match="several_tables"):
        seen(content)
    assert seen(content, sheet="customers").rows == [("Buyer One",)]


def test_a_header_cell_in_brackets_is_csv(seen: Callable) -> None:
    got = seen("[order],item\n1,Lamp\n2,Cup\n")

    assert got.table.facts.format == "csv"
    assert got.table.headers == ["[order]", "item"]


def test_half_characters_and_nuls_in_keys_become_signs_that_every_program_can_write(seen: Callable) -> None:
    got = seen('[{"order\\u0000": "1", "it\\ud800em": "Lamp", "it\\ud801em": "Cup"}]')

    assert got.table.headers == ["order\ufffd", "it\ufffdem", "it\ufffdem#2"]
    assert got.rows == [("1", "Lamp", "Cup")]


def test_a_list_under_such_a_key_can_be_chosen(seen: Callable) -> None:
    content = '{"a\\ud800": [{"order": "1"}], "b\\u0000": [{"who": "Buyer One"}]}'

    with pytest.raises(Refused, match="a\ufffd, b\ufffd"):
        seen(content)
    assert seen(content, sheet="b\ufffd").rows == [("Buyer One",)]
