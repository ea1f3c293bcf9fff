from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from takeback.errors import InvalidOptions
from takeback.records import Column, record_type
from takeback.rules.decisions import Decision, Evidence, decide, reading_of
from takeback.rules.options import DateOrder, Options
from takeback.rules.values import Problem, parse_cell

FIELDS = {column.name: column for column in record_type("bookkeeping").columns()}
DATE, PRICE, FEES = FIELDS["sale_date"], FIELDS["sale_price_cents"], FIELDS["ebay_fees_cents"]
TODAY = date(2026, 11, 22)


def seen(header: str, column: Column, *cells: str, kind: str = "t", **more: Any) -> Evidence:
    evidence = Evidence(header, column, **more)
    for row, text in enumerate(cells, start=2):
        evidence.see(text, kind, row)
    return evidence


def decided(*evidence: Evidence, today: date = TODAY, **options: Any) -> dict[str, Decision]:
    return {decision.kind: decision for decision in decide(evidence, Options(**options), today=today)}


def date_order(*cells: str, today: date = TODAY, **options: Any) -> Decision:
    return decided(seen("Sold", DATE, *cells), today=today, **options)["date_order"]


# Dates


def test_one_row_proves_the_order_of_the_column_and_is_named() -> None:
    decision = date_order("01/02/2026", "03/04/2026", "01/24/2026")

    assert (decision.value, decision.needs_answer) == ("MDY", False)
    assert decision.evidence == "Row 4 “01/24/2026” fits no other order: month first."


def test_the_first_of_several_proving_rows_is_named() -> None:
    assert "Row 3" in date_order("01/02/2026", "24/01/2026", "25/01/2026").evidence


def test_days_that_fit_both_orders_are_asked_for() -> None:
    decision = date_order("01/02/2025", "03/04/2025")

    assert decision.needs_answer
    assert "row 2 “01/02/2025”" in decision.evidence.lower()


def test_an_answer_settles_an_open_order() -> None:
    decision = date_order("01/02/2025", "03/04/2025", date_order="DMY")

    assert (decision.value, decision.needs_answer) == ("DMY", False)


def test_an_answer_that_a_row_disproves_is_refused_with_that_row() -> None:
    with pytest.raises(InvalidOptions) as refusal:
        date_order("01/02/2026", "24/01/2026", date_order="MDY")

    assert refusal.value.extra["row"] == 3
    assert refusal.value.extra["header"] == "Sold"
    assert "row 3 “24/01/2026”" in refusal.value.detail


def test_rows_that_contradict_each_other_are_asked_about_where_others_are_open() -> None:
    assert date_order("24/01/2026", "01/24/2026", "02/03/2026").needs_answer
    assert not date_order("24/01/2026", "25/01/2026", "01/24/2026").needs_answer
    assert date_order("24/01/2026", "25/01/2026", "01/24/2026").value == "DMY"
    assert date_order("24/01/2026", "01/24/2026", "02/03/2026", date_order="MDY").value == "MDY"


def test_an_impossible_day_proves_nothing() -> None:
    assert date_order("13/13/2026", "31/02/2025", "01/02/2025").needs_answer
    assert date_order("13/13/2026", "31/02/2025", "30/01/2025").value == "DMY"


def test_a_sale_cannot_lie_in_the_future() -> None:
    decision = date_order("03/12/2026", "04/12/2026", "04/11/2026", today=date(2026, 11, 22))

    assert (decision.value, decision.needs_answer) == ("MDY", False)
    assert "future (2026-12-04)" in decision.evidence
    assert date_order("03/12/2026", "04/12/2026", "04/11/2026", today=date(2027, 1, 1)).needs_answer


def test_one_day_in_the_future_may_be_a_slip_and_is_asked_about() -> None:
    assert date_order("03/12/2026", "04/11/2026", today=date(2026, 11, 22)).needs_answer


def test_points_between_the_numbers_put_the_day_first() -> None:
    assert date_order("01.02.2025", "03.04.2025").value == "DMY"


def test_another_date_column_of_the_file_shows_how_it_writes_dates() -> None:
    shipped = seen("Shipped", Column(kind="date", label="", example=""), "05/02/2025", "28/02/2025", witness=True)
    decision = decided(seen("Sold", DATE, "01/02/2025", "03/02/2025"), shipped)["date_order"]

    assert (decision.value, decision.needs_answer) == ("DMY", False)
    assert "Row 3 “28/02/2025” in “Shipped”" in decision.evidence


def test_a_date_column_of_another_look_shows_nothing() -> None:
    shipped = seen("Shipped", Column(kind="date", label="", example=""), "28-02-25", witness=True)

    assert decided(seen("Sold", DATE, "01/02/2025", "03/02/2025"), shipped)["date_order"].needs_answer


def test_who_writes_a_decimal_comma_does_not_put_the_month_first() -> None:
    price = seen("Price", PRICE, "1.249,50", "3,00")

    assert decided(seen("Sold", DATE, "01/02/2025"), price)["date_order"].value == "DMY"


def test_two_digit_years_are_told_from_days_by_a_year_of_sales() -> None:
    assert date_order("13/09/25", "14/09/25", "20/09/25", "21/09/25").value == "DMY"
    assert date_order("25-09-13", "25-09-14", "25-09-20", "25-10-21").value == "YMD"
    assert date_order("13/09/25", "14/09/25").needs_answer


def test_days_that_mean_the_same_in_both_orders_are_no_question() -> None:
    decision = date_order("05/05/2025", "06/06/2025")

    assert not decision.needs_answer
    assert "the same day" in decision.evidence


@pytest.mark.parametrize(
    ("cells", "kind", "value"),
    [
        (["2026-01-24"], "t", "YMD"),
        (["Sep 5, 2026"], "t", "month-name"),
        (["2026-01-24"], "d", "excel"),
        (["46027"], "n", "excel"),
        (["46027", "46030"], "t", "excel"),
        (["1767571200", "1767657600"], "t", "unix"),
    ],
)
def test_dates_that_need_no_order_are_shown_with_their_form(cells: list[str], kind: str, value: str) -> None:
    decision = decided(seen("Sold", DATE, *cells, kind=kind))["date_order"]

    assert (decision.value, decision.needs_answer) == (value, False)
    assert all(isinstance(parse_cell(DATE, reading_of("Sold", [decision]), cell, kind), date) for cell in cells)


def test_a_file_that_a_spreadsheet_of_another_country_half_converted_is_asked_about() -> None:
    column = seen("Sold", DATE, "13/02/2026", "28/02/2026")
    for row, day in enumerate(["2026-01-02", "2026-05-02", "2026-07-02"], start=4):
        column.see(day, "d", row)

    decision = decided(column)["date_order"]
    assert decision.needs_answer
    assert "swapped" in decision.evidence
    assert not decided(column, date_order="DMY")["date_order"].needs_answer


WRITTEN = {
    "MDY": "{0.month:02d}{1}{0.day:02d}{1}{2}",
    "DMY": "{0.day:02d}{1}{0.month:02d}{1}{2}",
    "YMD": "{2}{1}{0.month:02d}{1}{0.day:02d}",
}


@settings(max_examples=300)
@given(
    days=st.lists(st.dates(date(2015, 1, 1), TODAY), min_size=1, max_size=25),
    order=st.sampled_from(["MDY", "DMY", "YMD"]),
    separator=st.sampled_from("/-."),
    two_digits=st.booleans(),
)
def test_no_day_is_ever_silently_wrong(*, days: list[date], order: DateOrder, separator: str, two_digits: bool) -> None:
    assume((order, separator) != ("MDY", "."))  # no country writes so
    cells = [WRITTEN[order].format(day, separator, f"{day.year % 100:02d}" if two_digits else day.year) for day in days]
    column = seen("Sold", DATE, *cells)

    (decision,) = decide([column], Options(), today=TODAY)
    if not decision.needs_answer:
        found = [parse_cell(DATE, reading_of("Sold", [decision]), cell) for cell in cells]
        assert found == days


# Amounts


def test_the_decimal_mark_is_proven_by_a_row() -> None:
    decision = decided(seen("Price", PRICE, "1.000", "12,50"))["decimal_mark"]

    assert (decision.value, decision.evidence) == (",", "Row 3 “12,50” has a decimal comma.")


def test_a_lone_thousand_is_asked_about() -> None:
    decision = decided(seen("Price", PRICE, "1.000", "12"))["decimal_mark"]

    assert decision.needs_answer
    assert "Row 2 “1.000”" in decision.evidence


def test_another_column_of_the_file_shows_the_decimal_mark() -> None:
    both = [seen("Price", PRICE, "1.000", "12"), seen("Fees", FEES, "0,30")]
    decision = next(found for found in decide(both, Options(), today=TODAY) if (found.header, found.kind) == ("Price", "decimal_mark"))

    assert (decision.value, decision.needs_answer) == (",", False)
    assert "“Fees”" in decision.evidence


def test_a_currency_without_cents_has_no_decimals() -> None:
    assert decided(seen("Price", PRICE, "¥1,249", "¥899"))["decimal_mark"].value == "."


def test_a_mark_that_a_row_disproves_is_refused_with_that_row() -> None:
    with pytest.raises(InvalidOptions) as refusal:
        decided(seen("Price", PRICE, "12", "12.50"), decimal_mark=",")

    assert refusal.value.extra["row"] == 3
    assert decided(seen("Price", PRICE, "1.000"), decimal_mark=",")["decimal_mark"].value == ","


def test_amounts_of_two_styles_are_asked_about_only_where_one_is_open() -> None:
    assert not decided(seen("Price", PRICE, "12.50", "13.50", "1,50"))["decimal_mark"].needs_answer
    assert decided(seen("Price", PRICE, "12.50", "13.50", "1,50", "1.000"))["decimal_mark"].needs_answer


def test_whole_numbers_are_dollars() -> None:
    decision = decided(seen("Price", PRICE, "45", "120", "7"))["money_unit"]

    assert (decision.value, decision.needs_answer) == ("major", False)


@pytest.mark.parametrize("header", ["Price (cents)", "price_cents", "amountInCents", "Preis in Cent", "total_money.amount"])
def test_a_header_that_says_cents_is_believed(header: str) -> None:
    decision = decided(seen(header, PRICE, "4599", "120"))["money_unit"]

    assert (decision.value, decision.needs_answer) == ("cents", False)


@pytest.mark.parametrize("header", ["Price", "Percentage", "Recent price", "Centre price"])
def test_a_header_that_only_sounds_like_cents_is_not(header: str) -> None:
    assert decided(seen(header, PRICE, "45", "120"))["money_unit"].value == "major"


def test_a_source_known_to_count_cents_is_read_so() -> None:
    assert decided(seen("amount", PRICE, "4599", in_cents=True))["money_unit"].value == "cents"


def test_decimals_under_a_header_that_says_cents_are_asked_about() -> None:
    assert decided(seen("Price (cents)", PRICE, "45.99"))["money_unit"].needs_answer
    assert not decided(seen("Price (cents)", PRICE, "4599.0"))["money_unit"].needs_answer


def test_prices_that_all_end_like_cents_are_asked_about() -> None:
    decision = decided(seen("Price", PRICE, "4599", "1999", "12495", "2950", "3499", "800"))["money_unit"]

    assert decision.needs_answer
    assert not decided(seen("Price", PRICE, "$4599", "$1999", "$12495", "$2950", "$3499"))["money_unit"].needs_answer


def test_cents_that_a_row_disproves_are_refused_with_that_row() -> None:
    with pytest.raises(InvalidOptions) as refusal:
        decided(seen("Price", PRICE, "1250", "12.50"), money_unit="cents")

    assert refusal.value.extra["row"] == 3
    assert decided(seen("Price", PRICE, "1250"), money_unit="cents")["money_unit"].value == "cents"


def test_charges_that_are_negative_throughout_become_magnitudes_and_that_is_said() -> None:
    decision = decided(seen("Fees", FEES, "-0.93", "0", "-1.40"))["sign"]

    assert decision.value == "negative"
    assert "row 2 “-0.93”" in decision.evidence
    assert parse_cell(FEES, reading_of("Fees", [decision]), "-0.93") == 93


def test_a_charge_given_back_among_negative_charges_is_in_error_and_no_charge() -> None:
    decision = decided(seen("Fees", FEES, "-0.93", "-1.40", "0.50"))["sign"]

    assert "row 4 “0.50” gives money back" in decision.evidence
    assert isinstance(parse_cell(FEES, reading_of("Fees", [decision]), "0.50"), Problem)


def test_a_price_is_never_turned_round() -> None:
    assert "sign" not in decided(seen("Price", PRICE, "-12.50", "-3.00"))
    assert "sign" not in decided(seen("Fees", FEES, "-12.50", "3.00"))


def test_two_currencies_in_one_column_are_no_sum() -> None:
    decision = decided(seen("Price", PRICE, "$12.50", "US $3.00", "CA$76.00"))["currency"]

    assert decision.value == "USD"
    assert "1 in CAD, first row 4 “CA$76.00”" in decision.evidence
    assert isinstance(parse_cell(PRICE, reading_of("Price", [decision]), "CA$76.00"), Problem)
    assert parse_cell(PRICE, reading_of("Price", [decision]), "$12.50") == 1250


def test_a_typed_column_needs_no_mark() -> None:
    assert set(decided(seen("Price", PRICE, "1249.5", "12", kind="n"))) == {"money_unit"}


@settings(max_examples=300)
@given(
    amounts=st.lists(st.integers(-(10**8), 10**8), min_size=1, max_size=20),
    mark=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    cents=st.booleans(),
)
def test_no_amount_is_ever_silently_wrong(*, amounts: list[int], mark: str, grouped: bool, cents: bool) -> None:
    """Amounts in one style; whole ones lose their decimals, as hand-made sheets write them."""
    column = Column(kind="money", label="Price", example="")
    separator = "" if not grouped else "," if mark == "." else "."
    cells = []
    for amount in amounts:
        whole, rest = divmod(abs(amount), 100)
        number = f"{whole:,}".replace(",", separator) + (f"{mark}{rest:02d}" if rest or cents else "")
        cells.append(f"-{number}" if amount < 0 else number)

    decisions = decide([seen("Price", column, *cells)], Options(), today=TODAY)
    if not any(decision.needs_answer for decision in decisions):
        reading = reading_of("Price", decisions)
        assert [parse_cell(column, reading, cell) for cell in cells] == amounts


# Evidence

DATES = st.from_regex(
    r"[0-3]?[0-9][/.-][0-3]?[0-9][/.-](20)?[0-9]{2}|2026-[01][0-9]-[0-3][0-9]|[1-9] Mai 2026|4[0-9]{4}|x|", fullmatch=True
)
AMOUNTS = st.from_regex(r"(-|\$|-\$|CA\$)?[0-9]{1,4}([.,][0-9]{1,3}){0,2}( ?€)?|x|--", fullmatch=True)


@given(
    cells=st.lists(st.tuples(DATES | AMOUNTS, st.sampled_from("tnd")), max_size=30),
    seed=st.integers(0, 99),
    column=st.sampled_from([DATE, FEES]),
)
def test_decisions_do_not_depend_on_the_order_of_rows_or_on_chunks(cells: list[tuple[str, str]], seed: int, column: Column) -> None:
    in_order, shuffled = Evidence("Column", column), Evidence("Column", column)
    rows = [(text, kind, row) for row, (text, kind) in enumerate(cells, start=2)]
    for text, kind, row in rows:
        in_order.see(text, kind, row)
    first = {}
    for text, kind, row in rows:
        first.setdefault((text, kind), []).append(row)
    distinct = list(first.items())
    random.Random(seed).shuffle(distinct)  # noqa: S311
    for (text, kind), found in distinct:
        shuffled.see(text, kind, min(found), len(found))

    assert decide([in_order], Options(), today=TODAY) == decide([shuffled], Options(), today=TODAY)


def test_evidence_of_very_many_different_cells_stays_small() -> None:
    evidence = Evidence("Price", PRICE)
    for row in range(100_000):
        evidence.see(f"${row}.{row % 100:02d}", "t", row)

    assert len(evidence.tallies) < 20


def test_a_column_without_values_needs_no_decision() -> None:
    assert decided(seen("Sold", DATE, "", "--"), seen("Price", PRICE, "", "N/A")) == {}


def test_other_kinds_of_columns_need_no_decision() -> None:
    assert decided(seen("Item", FIELDS["item_name"], "01/02/2025"), seen("Qty", FIELDS["qty"], "1.000")) == {}
