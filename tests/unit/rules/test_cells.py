from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from takeback.records import Column, record_type
from takeback.rules.readings import Reading
from takeback.rules.values import Problem, is_empty, parse_cell

FIELDS = {column.name: column for column in record_type("bookkeeping").columns()}
READING = Reading(date_order="MDY", decimal_mark=".")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("ebay_order_id", " 0012 ", "0012"),
        ("sale_date", "01/24/2026", date(2026, 1, 24)),
        ("item_name", "1984", "1984"),
        ("qty", "2.0", 2),
        ("sale_price_cents", "$1,234.50", 123450),
        ("sale_price_cents", "0", 0),
        ("status", "Return closed", "RETURN_CLOSED"),
        ("qty", "", 1),
        ("status", "", "SUCCESSFUL"),
        ("ebay_fees_cents", "--", None),
        ("amazon_order_id", "N/A", None),
        ("order_remark", " ", None),
        ("order_remark", "none", "none"),
    ],
)
def test_a_cell_becomes_the_value_of_its_field(field: str, text: str, value: Any) -> None:
    assert parse_cell(FIELDS[field], READING, text) == value


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("ebay_order_id", "", "required"),
        ("sale_date", "N/A", "required"),
        ("item_name", "--", "required"),
        ("sale_price_cents", "--", "required"),
        ("sale_price_cents", "-129.00", "negative_amount"),
        ("ebay_fees_cents", "-1", "negative_amount"),
        ("qty", "0", "below_minimum"),
        ("qty", "-2", "below_minimum"),
        ("sale_date", "24/01/2026", "other_date_order"),
        ("status", "Canceled", "unknown_choice"),
    ],
)
def test_a_cell_that_cannot_be_read_says_what_to_do(field: str, text: str, code: str) -> None:
    found = parse_cell(FIELDS[field], READING, text)

    assert isinstance(found, Problem)
    assert found.code == code
    assert found.message.endswith(".")


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.name)
@pytest.mark.parametrize("text", ["", "  ", "\u00a0", "--", "—", "N/A", "n/a", "Not Available"])
def test_what_stands_for_nothing_is_empty_for_every_kind(field: Column, text: str) -> None:
    assert is_empty(text, field.kind)


@pytest.mark.parametrize("text", ["None", "null", "nil", "NaN", "NA"])
def test_a_word_that_may_be_a_title_is_empty_only_where_it_cannot_be(text: str) -> None:
    assert not is_empty(text, "text")
    assert all(is_empty(text, kind) for kind in ("id", "date", "money", "count", "choice"))


@pytest.mark.parametrize("text", ["0", "-0", "----", "n", "1"])
def test_nothing_else_is_empty(text: str) -> None:
    assert not any(is_empty(text, kind) for kind in ("id", "text", "date", "money", "count", "choice"))
