from __future__ import annotations

import io
import json
from datetime import date
from typing import Any, Self

import pytest

from takeback.records import record_type
from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.plan import Asked
from takeback.tabular.validation import Outputs, Understood, validate


class Nowhere(io.BytesIO):
    """What is written is not looked at."""

    def __exit__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self


def understood(data: str, **options: Any) -> Understood:
    """A file as the validation understands it: the whole way from bytes to decisions."""
    asked = Asked(record_type("bookkeeping"), None, Options(**options), Limits(), date(2026, 11, 22), 1, b"0123456789")
    return validate(io.BytesIO(data.encode()), asked, Outputs(Nowhere(), Nowhere(), lambda _: None, lambda _: None))


def test_rows_of_another_currency_are_no_part_of_the_sum() -> None:
    found = understood(
        "Order number,Sale date,Item,Price,Currency\n"
        "A-1,2026-01-24,Vintage camera lens,10.00,USD\n"
        "A-2,2026-01-25,Vintage camera case,20.00,EUR\n"
        "A-3,2026-01-26,Vintage camera strap,30.00,USD\n"
    )

    assert found.done.findings.totals["sale_price_cents"] == 4000
    (error,) = found.done.findings.errors
    assert (error.row, error.code, error.header) == (3, "mixed_currency", "Currency")


def test_a_payment_service_that_counts_cents_is_read_in_cents() -> None:
    charge = {"object": "charge", "amount": 4599, "amount_captured": 4599, "balance_transaction": "txn_1", "created": 1767571200}
    found = understood(json.dumps([charge | {"id": f"ch_{number}", "description": "Vintage camera lens"} for number in range(3)]))

    assert found.done.findings.totals["sale_price_cents"] == 3 * 4599
    assert found.done.findings.invalid == 0


def test_a_price_of_one_piece_is_told_in_the_warnings() -> None:
    found = understood(
        "Order Number,Item Title,Quantity,Sold For,Total Price,Sale Date\n"
        "20-11840-79632,Vintage camera lens,2,$129.00,$258.00,Jul-28-25\n"
        "20-11840-79633,Vintage camera case,1,$12.00,$12.00,Jul-29-25\n"
    )

    assert any("“Sold For” is the price of one piece" in warning for warning in found.warnings)


def test_dates_of_another_column_settle_the_order_of_the_sale_date() -> None:
    found = understood(
        "Order number,Sale date,Shipped,Item,Price\n"
        "A-1,01/02/2026,28/02/2026,Vintage camera lens,10.00\n"
        "A-2,03/02/2026,05/03/2026,Vintage camera case,20.00\n"
    )

    (decision,) = [decision for decision in found.decisions if decision.kind == "date_order"]
    assert (decision.value, decision.needs_answer) == ("DMY", False)
    assert "“Shipped”" in decision.evidence
    assert [row.data["sale_date"] for row in found.done.findings.rows] == ["2026-02-01", "2026-02-03"]


def test_an_order_spread_over_lines_is_counted_once_and_that_is_told() -> None:
    found = understood(
        "Order number,Date,Item name,Order total,Fees\n"
        "A-1,2026-01-24,Vintage camera lens,30.00,3.00\n"
        "A-1,,Vintage camera case,30.00,0.50\n"
        "A-2,2026-01-25,Vintage camera strap,5.00,0.75\n"
    )

    assert found.done.findings.totals == {"sale_price_cents": 3500, "ebay_fees_cents": 425}
    assert any("“Order total” is the amount of the whole order" in warning for warning in found.warnings)
    assert any("“Date” is empty on a further line" in warning for warning in found.warnings)


def test_lines_of_an_order_that_do_not_stand_together_are_told() -> None:
    found = understood(
        "Order ID,Order date,Title,Order total\n"
        "A-1,2026-01-24,Vintage camera lens,30.00\n"
        "A-2,2026-01-25,Vintage camera strap,5.00\n"
        "A-1,2026-01-24,Vintage camera case,30.00\n"
    )

    assert any("do not stand together" in warning and "A-1" in warning for warning in found.warnings)


def test_two_items_of_one_price_in_an_order_are_two_amounts() -> None:
    found = understood(
        "Order ID,Order date,Title,Item total\n"
        "A-1,2026-01-24,Vintage camera lens,30.00\n"
        "A-1,2026-01-24,Vintage camera case,30.00\n"
        "A-2,2026-01-25,Vintage camera strap,5.00\n"
    )

    assert found.done.findings.totals["sale_price_cents"] == 6500
    assert found.warnings == []


def test_of_two_columns_of_currencies_the_prices_own_counts() -> None:
    found = understood(
        "Order number,Sale date,Item,Gross,Net Currency,Gross Currency\n"
        "A-1,2026-01-24,Vintage camera lens,10.00,USD,USD\n"
        "A-2,2026-01-25,Vintage camera case,20.00,USD,EUR\n"
        "A-3,2026-01-26,Vintage camera strap,30.00,USD,USD\n"
    )

    assert [(error.row, error.header) for error in found.done.findings.errors] == [(3, "Gross Currency")]


@pytest.mark.parametrize(
    ("dates", "is_told"),
    [(("2027-05-05", "2026-01-02"), True), (("05/13/2027", "01/24/2026"), True), (("2026-11-23", "2026-01-02"), False)],
)
def test_a_sale_in_the_future_is_told(dates: tuple[str, str], is_told: bool) -> None:  # noqa: FBT001
    found = understood("Order number,Sale date,Item,Price\n" + "".join(f"A-{day},{day},Vintage camera lens,10.00\n" for day in dates))

    assert any(f"Row 2 “{dates[0]}” of “Sale date” lies in the future" in warning for warning in found.warnings) == is_told


def test_three_decimals_beside_a_column_of_two_are_asked_about() -> None:
    rows = "A-1,2026-01-24,Vintage camera lens,1.000,{}\nA-2,2026-01-25,Vintage camera case,2.500,{}\n"
    for fees, value, asks in ((("1.25", "2.50"), ",", True), (('"1,25"', '"2,50"'), ",", False)):
        found = understood("Order number,Sale date,Item,Price,Fees\n" + rows.format(*fees))
        (decision,) = [each for each in found.decisions if (each.header, each.kind) == ("Price", "decimal_mark")]

        assert (decision.value, decision.needs_answer) == (value, asks)
