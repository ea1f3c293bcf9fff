from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.records import record_type
from takeback.rules.fits import ColumnSample
from takeback.rules.lines import LineRule, OrderLines, line_rule

FIELDS = record_type("bookkeeping").columns()
HEADERS = ["Order", "Date", "Item", "Total", "Status"]
MAPPING = {"Order": "ebay_order_id", "Date": "sale_date", "Item": "item_name", "Total": "sale_price_cents", "Status": "status"}


def samples(headers: list[str], rows: list[list[str]]) -> list[ColumnSample]:
    return [ColumnSample(header, [(row[place], "t") for row in rows]) for place, header in enumerate(headers)]


def rule(rows: list[list[str]], headers: list[str] = HEADERS, mapping: dict[str, str] = MAPPING) -> LineRule:
    found = line_rule(samples(headers, rows), mapping, FIELDS, "ebay_order_id")
    assert found is not None
    return found


def applied(
    rows: list[list[str]], headers: list[str] = HEADERS, mapping: dict[str, str] = MAPPING, chunk: int = 100
) -> tuple[list[list[str]], list[str]]:
    lines = OrderLines(rule(rows, headers, mapping), headers)
    found: list[list[str]] = []
    for start in range(0, len(rows), chunk):
        part = rows[start : start + chunk]
        columns = [[row[place] for row in part] for place in range(len(headers))]
        for place, changes in lines.changes(columns, range(start + 2, start + 2 + len(part))).items():
            for at, text in changes.items():
                columns[place][at] = text
        found += [list(row) for row in zip(*columns, strict=True)]
    return found, lines.warnings()


def test_a_further_line_takes_over_what_belongs_to_its_order() -> None:
    rows = [["A", "1/24/26", "Lens", "10", "Returned"], ["A", "", "Cap", "5", ""], ["B", "", "Box", "7", ""]]
    found, warnings = applied(rows)

    assert found == [["A", "1/24/26", "Lens", "10", "Returned"], ["A", "1/24/26", "Cap", "5", "Returned"], ["B", "", "Box", "7", ""]]
    assert warnings == [
        "Row 3: “Date” is empty on a further line of an order; it was taken over from the order's first line.",
        "Row 3: “Status” is empty on a further line of an order; it was taken over from the order's first line.",
    ]


def test_an_order_number_is_not_invented() -> None:
    rows = [["A", "1/24/26", "Lens", "10", ""], ["", "1/24/26", "Cap", "5", ""]]

    assert applied(rows) == (rows, [])


def test_a_total_that_every_line_repeats_counts_once() -> None:
    headers = ["Order", "Date", "Item", "Order total", "Status"]
    mapping = {**MAPPING, "Order total": "sale_price_cents"}
    del mapping["Total"]
    rows = [["A", "d", "Lens", "15", ""], ["A", "d", "Cap", "15", ""], ["A", "d", "Box", "15", ""], ["B", "d", "Box", "7", ""]]
    found, warnings = applied(rows, headers, mapping)

    assert [row[3] for row in found] == ["15", "0", "0", "7"]
    assert warnings == ["Rows 3, 4: “Order total” is the amount of the whole order; it counts on the order's first line only."]


def test_a_total_that_differs_from_line_to_line_is_the_lines_own() -> None:
    rows = [["A", "d", "Lens", "15", ""], ["A", "d", "Cap", "12", ""], ["B", "d", "Lens", "15", ""], ["B", "d", "Cap", "15", ""]]

    assert applied(rows) == (rows, [])


def test_prices_of_two_equal_items_are_both_counted() -> None:
    headers = ["Order", "Date", "Item", "Price", "Status"]
    mapping = {**MAPPING, "Price": "sale_price_cents"}
    del mapping["Total"]
    rows = [["A", "d", "Lens", "15", ""], ["A", "d", "Lens", "15", ""]]

    assert applied(rows, headers, mapping) == (rows, [])


def test_in_nested_json_the_amounts_outside_of_the_items_belong_to_the_order() -> None:
    headers = ["order_id", "line_items.title", "line_items.price", "fee"]
    mapping = {
        "order_id": "ebay_order_id",
        "line_items.title": "item_name",
        "line_items.price": "sale_price_cents",
        "fee": "ebay_fees_cents",
    }
    rows = [["A", "Lens", "10", "1.50"], ["A", "Cap", "10", "1.50"]]

    assert applied(rows, headers, mapping)[0] == [["A", "Lens", "10", "1.50"], ["A", "Cap", "10", ""]]


def test_ebay_leaves_the_order_number_out_and_repeats_the_total() -> None:
    headers = ["Order Number", "Item Title", "Sold For", "Total Price", "Sale Date"]
    mapping = {"Order Number": "ebay_order_id", "Item Title": "item_name", "Total Price": "sale_price_cents", "Sale Date": "sale_date"}
    rows = [
        ["A", "Lens", "8.99", "$72.96", "Jun 22, 2024 12:14 PM"],
        ["", "Cap", "45.99", "$72.96", "Jun 22, 2024 12:14 PM"],
        ["", "Other", "10.00", "$10.00", "Jun 23, 2024 1:00 PM"],
    ]
    found, warnings = applied(rows, headers, mapping)

    assert [row[0] for row in found] == ["A", "A", ""]
    assert [row[3] for row in found] == ["$72.96", "0", "$10.00"]
    assert warnings[0] == "Row 3: no “Order Number” of their own; they continue the order above and were given its number."


def test_shopify_writes_the_subtotal_on_the_first_line_only() -> None:
    headers = ["Name", "Subtotal", "Created at", "Lineitem name", "Lineitem price"]
    mapping = {"Name": "ebay_order_id", "Subtotal": "sale_price_cents", "Created at": "sale_date", "Lineitem name": "item_name"}
    rows = [["#1", "54.50", "d", "Lens", "12.50"], ["#1", "", "d", "Cap", "42.00"], ["#2", "", "d", "Box", "1"]]

    assert [row[1] for row in applied(rows, headers, mapping)[0]] == ["54.50", "0", ""]


def test_without_a_column_of_order_numbers_there_are_no_lines() -> None:
    assert line_rule(samples(HEADERS, []), {"Item": "item_name"}, FIELDS, "ebay_order_id") is None


def test_an_order_goes_on_in_the_next_chunk() -> None:
    rows = [["A", "1/24/26", "Lens", "10", ""], ["A", "", "Cap", "5", ""], ["A", "", "Box", "5", ""], ["B", "", "Box", "5", ""]]

    assert applied(rows, chunk=1) == applied(rows)


CELL = st.sampled_from(["", "A", "B", "--", "7"])


@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL).map(list), max_size=12), chunk=st.integers(1, 5))
def test_chunks_make_no_difference(rows: list[list[str]], chunk: int) -> None:
    if rows:
        lines = applied(rows, chunk=chunk)

        assert lines == applied(rows)


@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL).map(list), min_size=1, max_size=12))
def test_a_cell_changes_only_where_it_was_empty_or_repeats_an_order(rows: list[list[str]]) -> None:
    found, warnings = applied(rows)

    for place, (before, after) in enumerate(zip(rows, found, strict=True)):
        for column, header in enumerate(HEADERS):
            if before[column] != after[column]:
                assert place > 0
                assert header != "Item"
                assert before[column] in ("", "--") or (header == "Total" and after[column] == "0")
                assert warnings


@pytest.mark.parametrize("empty", ["", " ", "--", "N/A"])
def test_what_stands_for_nothing_is_taken_over_as_well(empty: str) -> None:
    assert applied([["A", "1/24/26", "Lens", "1", ""], ["A", empty, "Cap", "1", ""]])[0][1][1] == "1/24/26"
