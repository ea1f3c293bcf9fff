from __future__ import annotations

import pytest

from takeback.records import record_type
from takeback.rules.headers import fold
from takeback.rules.layouts import Layout, _layouts, cent_columns, layout_of
from takeback.rules.likeness import likeness

FIELDS = {column.name: column for column in record_type("bookkeeping").columns()}
LAYOUTS = _layouts()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_known_source_names_known_fields_and_no_column_twice(layout: Layout) -> None:
    fed = [header for headers in layout.fields.values() for header in headers]

    assert layout.recognised_by
    assert set(layout.fields) <= set(FIELDS)
    assert len(fed) == len(set(fed))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_known_source_feeds_its_fields_from_columns_it_is_recognised_by_or_knows(layout: Layout) -> None:
    spoken_of = {header for headers in layout.fields.values() for header in headers} | set(layout.ignored)

    assert set(layout.per_piece) | set(layout.money_unit) <= spoken_of
    assert "sale_date" in layout.fields or "amazon_order_id" in layout.fields


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_known_source_is_recognised_by_its_own_headers(layout: Layout) -> None:
    found = layout_of([header.upper() for header in layout.recognised_by])

    assert found is not None
    assert set(found.recognised_by) >= set(layout.recognised_by)


def test_no_two_known_sources_have_the_same_name_or_the_same_marks() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
    assert len({frozenset(layout.recognised_by) for layout in LAYOUTS}) == len(LAYOUTS)


def test_the_more_particular_source_wins() -> None:
    shopify = ["Name", "Lineitem name", "Lineitem price", "Created at"]

    assert getattr(layout_of(shopify), "name", None) == "Shopify's orders export"
    assert layout_of(shopify[:-1]) is None


def test_a_hand_made_sheet_is_no_known_source() -> None:
    assert layout_of(["Date", "Item", "Price", "Fees", "Order number"]) is None


def test_columns_of_cents_are_known_by_their_source() -> None:
    headers = ["receipt_id", "transactions.title", "transactions.quantity", "transactions.price.amount"]

    assert cent_columns(headers) == {"transactions.price.amount"}
    assert cent_columns(["Price"]) == frozenset()


def test_a_trap_is_listed_only_where_it_could_be_taken_for_something() -> None:
    """A column that no alias resembles needs no word of warning, unless a person could fall for it."""
    told = sum(any(likeness(header, field) for field in FIELDS.values()) for layout in LAYOUTS for header in layout.ignored)

    assert told > 50
    assert all(header == fold(header) for layout in LAYOUTS for header in layout.ignored)
