from __future__ import annotations

from takeback.records import record_type
from takeback.rules.currency_column import currency_column
from takeback.rules.fits import ColumnSample
from takeback.rules.notices import notices
from takeback.rules.totals import NetCheck, net_header

FIELDS = record_type("bookkeeping").columns()
MAPPING = {"Price": "sale_price_cents", "Fees": "ebay_fees_cents", "Net": None}


def column(header: str, *cells: str) -> ColumnSample:
    return ColumnSample(header, [(cell, "t") for cell in cells])


def test_the_column_of_what_is_left_after_fees_is_found() -> None:
    assert net_header(["Price", "Fees", "Net"], MAPPING) == "Net"
    assert net_header(["Price", "Fees", "Net"], {**MAPPING, "Fees": None}) is None
    assert net_header(["Price", "Fees", "Net weight"], MAPPING) is None


def test_a_row_that_does_not_add_up_among_many_that_do_is_told() -> None:
    check = NetCheck()
    check.add((row, 1000, 100, 900) for row in range(2, 11))
    check.add([(11, 1000, 100, 950)])

    assert check.warning("Net") == "In 1 of 10 rows price less fees is not “Net”, first in row 11: 10.00 − 1.00 ≠ 9.50."


def test_a_file_in_which_nothing_adds_up_has_no_such_relation() -> None:
    check = NetCheck()
    check.add((row, 1000, 100, 950) for row in range(2, 20))

    assert check.warning("Net") is None
    assert NetCheck().warning("Net") is None


def test_rows_in_another_currency_than_most_are_told() -> None:
    found = currency_column([column("Currency", "USD", "USD", "EUR", "USD")])

    assert found is not None
    assert (found.header, found.currency) == ("Currency", "USD")
    ((at, issue),) = found.issues(["USD", "EUR", "", "usd"], [2, 3, 4, 5])
    assert (at, issue.code, issue.row, issue.value) == (1, "mixed_currency", 3, "EUR")
    assert issue.message.startswith("This row is in EUR, the file in USD")


def test_the_currency_of_something_else_does_not_count() -> None:
    assert currency_column([column("Payout currency", "USD")]) is None
    assert currency_column([column("Currency", "USD"), column("Currency#2", "EUR")]) is None
    assert currency_column([column("Currency", "USD"), column("Converted currency", "EUR")], "Amount") is not None
    assert currency_column([column("Currency", "strong", "weak")]) is None
    assert currency_column([column("Currency", "", "")]) is None


def test_a_price_of_one_piece_beside_quantities_is_told() -> None:
    with_quantity = {"Unit price": "sale_price_cents", "Qty": "qty"}

    assert notices(["Unit price", "Qty"], with_quantity, FIELDS) == [
        "“Unit price” is the price of one piece. Where the quantity is above 1, the buyer paid more than the amount that is imported."
    ]
    assert notices(["Unit price"], {"Unit price": "sale_price_cents"}, FIELDS) == []
    assert notices(["Price", "Qty"], {"Price": "sale_price_cents", "Qty": "qty"}, FIELDS) == []


def test_a_known_sources_price_of_one_piece_is_told() -> None:
    headers = ["Order Number", "Item Title", "Sold For", "Sale Date", "Quantity"]

    assert notices(headers, {"Sold For": "sale_price_cents", "Quantity": "qty"}, FIELDS)
    assert not notices(headers, {"Item Title": "item_name", "Quantity": "qty"}, FIELDS)
