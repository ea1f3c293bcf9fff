"""What a column is may depend on its neighbours, its sums and its spelling."""

from __future__ import annotations

import pytest

from takeback.rules.mapping import ColumnSample, suggest
from tests.unit.rules.test_mapping import FIELDS, mapped


def test_a_bare_total_beside_any_fee_or_payout_is_not_the_price() -> None:
    assert "sale_price_cents" not in mapped(("Order", "i"), ("Total", "m"), ("Listing fee adjustments", "x"))
    assert "sale_price_cents" not in mapped(("Order", "i"), ("Total", "m"), ("Payout date", "d"))


def test_a_purchase_date_is_the_sales_only_in_a_sheet_without_costs() -> None:
    assert mapped(("Order #", "i"), ("Purchase date", "d"))["sale_date"] == "Purchase date"
    assert "sale_date" not in mapped(("Order #", "i"), ("Purchase date", "d"), ("Cost", "m"))
    assert mapped(("Order #", "i"), ("Purchase date", "d"), ("Sold on", "d"))["sale_date"] == "Sold on"


def test_a_purchase_order_is_the_buyers_unless_a_cost_stands_beside_it() -> None:
    assert "amazon_order_id" not in mapped(("Invoice number", "i"), ("Purchase order", "i"), ("Price", "m"))
    assert mapped(("Order", "i"), ("Purchase order", "i"), ("Cost", "m"))["amazon_order_id"] == "Purchase order"


def test_small_numbers_that_come_again_and_again_are_no_order_numbers() -> None:
    counts = ColumnSample("Order #", [(text, "t") for text in "1 2 1 1 3 1 2 1".split()])
    lines = ColumnSample("Order #", [(text, "t") for text in "1 1 2 3 3 3 4 5".split()])

    assert "small numbers" in suggest([counts], FIELDS)[0].reason
    assert suggest([lines], FIELDS)[0].field == "ebay_order_id"


@pytest.mark.parametrize("header", ["Itme name", "Staus", "Reamrks", "Date soled", "Feees", "Quanity", "Purchace price"])
def test_a_slip_of_the_fingers_is_forgiven(header: str) -> None:
    (found,) = suggest([ColumnSample(header, [])], FIELDS)

    assert found.field is not None
    assert found.score is not None
    assert 0.7 <= found.score < 0.9


@pytest.mark.parametrize("header", ["Marque", "Variação", "Feet", "Prize", "Brands", "Stats", "Dato", "Corte"])
def test_another_word_is_no_slip_of_the_fingers(header: str) -> None:
    assert suggest([ColumnSample(header, [])], FIELDS)[0].field is None


def sums(charge: str, gross: list[int], taken: list[int], net: list[int]) -> list[ColumnSample]:
    return [
        ColumnSample(header, [(f"{cents / 100:.2f}", "t") for cents in amounts])
        for header, amounts in (("Bruto", gross), (charge, taken), ("Neto", net))
    ]


def test_what_is_taken_off_the_gross_amount_is_a_charge_whatever_its_name() -> None:
    for taken in ([100, 200, 35, 0], [-100, -200, -35, 0]):
        found = suggest(sums("Kosten", [1000, 2000, 350, 50], taken, [900, 1800, 315, 50]), FIELDS)

        assert [suggestion.field for suggestion in found] == ["sale_price_cents", "ebay_fees_cents", None]
        assert "difference" in found[1].reason


def test_what_does_not_add_up_is_not_taken_for_a_charge() -> None:
    found = suggest(sums("Kosten", [1000, 2000, 350, 50], [100, 200, 35, 10], [900, 1790, 300, 45]), FIELDS)

    assert found[1].field == "amazon_price_cents"
