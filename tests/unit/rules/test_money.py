from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.options import DecimalMark
from takeback.rules.readings import Reading
from takeback.rules.values import Problem, parse_money
from takeback.rules.values.money import read_amount

CENTS = st.integers(-(10**11), 10**11)
SEPARATORS: dict[DecimalMark, list[str]] = {".": ["", ",", " ", "'", "\u00a0", "\u202f", "’"], ",": ["", ".", " ", "\u00a0"]}
CURRENCIES = ["{}", "${}", "{} €", "{}€", "EUR {}", "{} USD", "CA${}", "US ${}", "£ {}", "{} kr", "CHF {}", "Rs.{}", "$ {} USD"]
SIGNS = ["-{}", "- {}", "{}-", "({})", "−{}", "\u2013{}"]


def grouped(cents: int, mark: DecimalMark, separator: str) -> str:
    whole, fraction = divmod(abs(cents), 100)
    return f"{whole:,}".replace(",", separator) + f"{mark}{fraction:02d}"


@given(
    cents=CENTS,
    mark=st.sampled_from([".", ","]),
    choice=st.integers(0, 6),
    currency=st.sampled_from(CURRENCIES),
    sign=st.sampled_from(SIGNS),
    outside=st.booleans(),
)
def test_an_amount_in_any_style_is_read_back_to_the_cent(
    *, cents: int, mark: DecimalMark, choice: int, currency: str, sign: str, outside: bool
) -> None:
    number = grouped(cents, mark, SEPARATORS[mark][choice % len(SEPARATORS[mark])])
    text = currency.format(number)
    if cents < 0:
        text = sign.format(text) if outside else currency.format(sign.format(number))

    assert parse_money(text, Reading(decimal_mark=mark)) == cents
    assert parse_money(text, Reading()) == cents


@given(cents=CENTS, mark=st.sampled_from([".", ","]), choice=st.integers(0, 6))
def test_under_the_wrong_mark_an_amount_is_a_problem_and_no_other_amount(cents: int, mark: DecimalMark, choice: int) -> None:
    text = grouped(cents, mark, SEPARATORS[mark][choice % len(SEPARATORS[mark])])
    wrong: DecimalMark = "," if mark == "." else "."

    assert isinstance(parse_money(text, Reading(decimal_mark=wrong)), Problem)


@given(whole=st.integers(0, 10**9), mark=st.sampled_from([".", ","]))
def test_thousands_alone_are_open_until_the_mark_is_known(whole: int, mark: DecimalMark) -> None:
    text = f"{whole:,}" if mark == "." else f"{whole:,}".replace(",", ".")
    unread = parse_money(text, Reading())

    assert parse_money(text, Reading(decimal_mark=mark)) == whole * 100
    if text.count(",") + text.count(".") == 1:
        assert isinstance(unread, Problem)
        assert unread.code == "ambiguous_amount"
    else:
        assert unread == whole * 100


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_typed_number_is_exact_or_refused(amount: Decimal) -> None:
    found = parse_money(str(amount), Reading(decimal_mark=","), "n")

    if amount * 100 == (amount * 100).to_integral_value():
        assert found == int(amount * 100)
    else:
        assert isinstance(found, Problem)
        assert found.code == "too_many_decimals"


@given(text=st.text("0123456789.,'’ -+()$€USDkr¢"), mark=st.sampled_from([None, ".", ","]))
def test_no_amount_has_digits_that_are_not_there(text: str, mark: DecimalMark | None) -> None:
    found = parse_money(text, Reading(decimal_mark=mark))

    if isinstance(found, int) and found:
        written = "".join(digit for digit in text if digit.isdigit()).strip("0")
        assert str(abs(found)).rstrip("0").lstrip("0") in (written, written.lstrip("0"))


@given(cents=st.integers(0, 10**11))
def test_whole_cents_are_read_as_cents_when_the_column_holds_them(cents: int) -> None:
    reading = Reading(money_unit="cents", decimal_mark=".")

    assert parse_money(str(cents), reading) == cents
    assert parse_money(f"{cents}.0", reading) == cents
    assert isinstance(parse_money(f"{cents}.5", reading), Problem)


@given(cents=CENTS)
def test_charges_written_as_negative_amounts_become_magnitudes(cents: int) -> None:
    text = f"{'-' if cents < 0 else ''}{grouped(cents, '.', ',')}"

    assert parse_money(text, Reading(decimal_mark=".", magnitude=True)) == -cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("+ $73.01", 7301),
        ("- $1.40", -140),
        ("-$0.93", -93),
        ("$-0.93", -93),
        ("(12.00)", -1200),
        ("$(12.00)", -1200),
        ("($12.00)", -1200),
        ("CA$76.00", 7600),
        ("C $4.00", 400),
        ("1'234.50", 123450),
        ("1.234.567", 123456700),
        ("12.-", 1200),
        ("CHF 1'200.–", 120000),
        ("1.200,-- €", 120000),
        ("-5,-", -500),
        ("12,34,567.00", 123456700),
        ("1249.5", 124950),
        (".50", 50),
        ("12.5000", 1250),
        ("99¢", 99),
        ("$ -", 0),
        (" $-   ", 0),
        ("Rs.500", 50000),
    ],
)
def test_forms_that_reports_write_are_read(text: str, cents: int) -> None:
    assert parse_money(text, Reading()) == cents


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.000", "ambiguous_amount"),
        ("1,234", "ambiguous_amount"),
        ("0.125", "too_many_decimals"),
        ("1234.567", "too_many_decimals"),
        ("--5", "not_an_amount"),
        ("5.-2", "not_an_amount"),
        ("5.---", "not_an_amount"),
        ("-(5)", "not_an_amount"),
        ("12 34", "not_an_amount"),
        ("1,2,3", "not_an_amount"),
        ("1.234.50", "not_an_amount"),
        ("13%", "not_an_amount"),
        ("1E+5", "not_an_amount"),
        ("free", "not_an_amount"),
        ("2026-01-24", "not_an_amount"),
        ("12.50 or 13", "not_an_amount"),
        ("$12 EUR", "mixed_currency"),
        ("99999999999999999", "too_large"),
    ],
)
def test_what_is_no_amount_is_a_problem(text: str, code: str) -> None:
    found = parse_money(text, Reading())

    assert isinstance(found, Problem)
    assert found.code == code


def test_an_amount_in_another_currency_is_a_problem_and_no_sum() -> None:
    dollars = Reading(decimal_mark=".", currency="USD")

    assert parse_money("$12.00", dollars) == 1200
    assert parse_money("12.00", dollars) == 1200
    for text in ("CA$12.00", "12.00 EUR", "£12.00"):
        found = parse_money(text, dollars)
        assert isinstance(found, Problem)
        assert found.code == "mixed_currency"


def test_binary_noise_of_a_spreadsheet_is_no_fraction_of_a_cent() -> None:
    assert parse_money("0.30000000000000004", Reading(), "n") == 30
    assert parse_money("1249.4999999999998", Reading(), "n") == 124950


@pytest.mark.parametrize("kind", ["d", "b", "e"])
def test_a_date_a_truth_value_or_an_error_is_no_amount(kind: str) -> None:
    assert isinstance(parse_money("1", Reading(), kind), Problem)


def test_a_text_of_any_length_is_refused_quickly() -> None:
    assert isinstance(read_amount("1" * 100_000), Problem)
    assert isinstance(read_amount("1,234" * 10_000), Problem)
