from __future__ import annotations

import io
import json
from datetime import date
from typing import Any, Self

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
