from __future__ import annotations

import pytest

from takeback.records import Column, record_type
from takeback.rules.headers import words
from takeback.rules.likeness import likeness
from takeback.rules.readings import Reading
from takeback.rules.values import Problem, parse_cell

FIELDS = record_type("bookkeeping").columns()


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_example_of_the_blank_sheet_is_a_value(field: Column) -> None:
    assert not isinstance(parse_cell(field, Reading(decimal_mark="."), field.example), Problem)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_field_is_known_by_its_label_and_by_its_name(field: Column) -> None:
    assert likeness(field.label, field) is not None
    assert likeness(field.name, field) is not None


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_no_alias_stands_in_a_fields_list_twice(field: Column) -> None:
    aliases = field.aliases + tuple(alias for given in field.given for alias in given.aliases)

    assert len(aliases) == len(set(aliases))
    assert all(words(alias) or len(alias) < 3 for alias in aliases)


def test_a_field_that_depends_on_another_names_one_that_exists() -> None:
    names = {field.name for field in FIELDS}

    given = [given for field in FIELDS for given in field.given]
    assert {name for condition in given for name in (*condition.beside, condition.apart) if name} <= names
    assert all(condition.aliases and (condition.beside or condition.apart or condition.absent) for condition in given)


def test_money_that_is_paid_is_money_that_the_reseller_pays() -> None:
    assert {field.name for field in FIELDS if field.outgoing} == {
        "ebay_fees_cents", "amazon_price_cents", "amazon_tax_cents", "amazon_shipping_cents",
    }  # fmt: skip
