from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.options import DateOrder
from takeback.rules.readings import Reading
from takeback.rules.values import Problem, parse_date

ANY_DAY = st.dates(date(1970, 1, 1), date(2068, 12, 31))
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
TIMES = [
    "",
    " 09:05",
    " 9:05 AM",
    "T23:59:59Z",
    " 23:59:59.123 +0200",
    " 11:26:43 PM PDT",
    ", 04:08:38",
    " 14:33 Uhr",
    " 23:00:00 GMT-05",
    " 14:05 hs.",
    " 14:05 h",
]


def numeric(order: DateOrder, day: date, separator: str, *, padded: bool, two_digits: bool) -> str:
    year = f"{day.year % 100:02d}" if two_digits else str(day.year)
    month, of_month = (f"{day.month:02d}", f"{day.day:02d}") if padded else (str(day.month), str(day.day))
    parts = {"MDY": (month, of_month, year), "DMY": (of_month, month, year), "YMD": (year, month, of_month)}[order]
    return separator.join(parts)


@given(
    day=ANY_DAY,
    order=st.sampled_from(["MDY", "DMY", "YMD"]),
    separator=st.sampled_from("/-."),
    padded=st.booleans(),
    two_digits=st.booleans(),
    time=st.sampled_from(TIMES),
)
def test_a_date_written_in_an_order_is_read_back_in_it(
    *, day: date, order: DateOrder, separator: str, padded: bool, two_digits: bool, time: str
) -> None:
    if two_digits and day.year < 1970:
        return
    text = numeric(order, day, separator, padded=padded, two_digits=two_digits)

    assert parse_date(text + time, Reading(date_order=order)) == day


@given(day=ANY_DAY, language=st.sampled_from(list(MONTHS)), short=st.booleans(), time=st.sampled_from(TIMES))
def test_a_month_in_words_needs_no_order(*, day: date, language: str, short: bool, time: str) -> None:
    name = MONTHS[language].split()[day.month - 1]
    name = name[:3] + "." if short and language in ("en", "es") else name

    for form in ("{0.day} {1} {0.year}", "{0.day}-{1}-{0.year}", "{1} {0.day}, {0.year}", "{0.day}. {1} {0.year}"):
        text = form.format(day, name)
        assert parse_date(text + time, Reading()) == day


@given(day=ANY_DAY, days=st.integers(0, 86_399))
def test_iso_dates_are_read_as_written_whatever_the_zone_says(day: date, days: int) -> None:
    clock = f"{days // 3600:02d}:{days // 60 % 60:02d}:{days % 60:02d}"

    for zone in ("", "Z", "+14:00", " -1100", " PST"):
        assert parse_date(f"{day.isoformat()}T{clock}{zone}", Reading(date_order="MDY")) == day
    assert parse_date(f"{day:%Y%m%d}", Reading()) == day
    assert parse_date(f"{day:%Y/%m/%d}", Reading()) == day


@given(day=ANY_DAY)
def test_a_swapped_day_is_never_guessed(day: date) -> None:
    text = f"{day.month}/{day.day}/{day.year}"

    assert isinstance(parse_date(text, Reading()), Problem)
    under_the_other = parse_date(text, Reading(date_order="DMY"))
    if day.day > 12:
        assert isinstance(under_the_other, Problem)
        assert under_the_other.code == "other_date_order"
    else:
        assert under_the_other == date(day.year, day.day, day.month)


@given(text=st.text("0123456789/-.: TZJanSepmärz,"), order=st.sampled_from([None, "MDY", "DMY", "YMD"]))
def test_no_date_is_made_of_digits_that_are_not_there(text: str, order: DateOrder | None) -> None:
    found = parse_date(text, Reading(date_order=order))

    if isinstance(found, date):
        assert f"{found.year % 100:02d}" in text
        assert str(found.day) in text


@given(day=ANY_DAY, fraction=st.sampled_from(["", ".5", ".0", ".999988"]))
def test_a_typed_number_is_a_spreadsheets_count_of_days(day: date, fraction: str) -> None:
    serial = f"{(day - date(1899, 12, 30)).days}{fraction}"

    assert parse_date(serial, Reading(), "n") == day
    assert isinstance(parse_date(serial, Reading(date_order="MDY")), Problem)
    assert parse_date(serial, Reading(number_dates="excel")) == day


@given(day=ANY_DAY, second=st.integers(0, 86_399))
def test_ten_typed_digits_are_seconds_since_1970(day: date, second: int) -> None:
    since = (day - date(1970, 1, 1)) // timedelta(seconds=1) + second
    if len(str(since)) == 10:
        assert parse_date(str(since), Reading(), "n") == day
        assert parse_date(f"{since}123", Reading(number_dates="unix")) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jul-28-25", date(2025, 7, 28)),
        ("30 July, 2026", date(2026, 7, 30)),
        ("Sep 5, 2026 11:26:43 PM PDT", date(2026, 9, 5)),
        ("1 juil. 2026 08:31:35 UTC", date(2026, 7, 1)),
        ("28 févr. 2026", date(2026, 2, 28)),
        ("5 de septiembre de 2026", date(2026, 9, 5)),
        ("1er mars 2026", date(2026, 3, 1)),
        ("Sept. 5th, 2026", date(2026, 9, 5)),
        ("10-Dez-25", date(2025, 12, 10)),
        ("Sat, 05 Sep 2026 12:00:00 +0000", date(2026, 9, 5)),
        ("Mon Jan 05 2026 10:00:00 GMT+0100 (CET)", date(2026, 1, 5)),
        ("12:15:14 Sep 05, 2026 PDT", date(2026, 9, 5)),
        ("20260105T101112Z", date(2026, 1, 5)),
        ("2026-01-07 10:00:24", date(2026, 1, 7)),
        ("2026 Jan 5", date(2026, 1, 5)),
    ],
)
def test_forms_that_marketplaces_write_are_read(text: str, day: date) -> None:
    assert parse_date(text, Reading()) == day


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-02-30", "impossible_date"),
        ("30 February 2026", "impossible_date"),
        ("0206-01-05", "date_out_of_range"),
        ("2026-01-05 25:00", "not_a_date"),
        ("May 5", "not_a_date"),
        ("March 2026", "not_a_date"),
        ("5 Marchember 2026", "not_a_date"),
        ("46027", "not_a_date"),
        ("12.50", "not_a_date"),
        ("12/05/2026", "ambiguous_date"),
        ("112-8550995-0359243", "not_a_date"),
        ("tomorrow", "not_a_date"),
    ],
)
def test_what_is_no_day_of_the_calendar_is_a_problem(text: str, code: str) -> None:
    found = parse_date(text, Reading())

    assert isinstance(found, Problem)
    assert found.code == code


def test_two_digits_of_a_year_are_read_as_posix_does() -> None:
    assert parse_date("1/2/68", Reading(date_order="DMY")) == date(2068, 2, 1)
    assert parse_date("1/2/70", Reading(date_order="DMY")) == date(1970, 2, 1)


@pytest.mark.parametrize("name", [name for names in MONTHS.values() for name in names.split()])
def test_every_month_is_known_with_and_without_accents(name: str) -> None:
    plain = name.translate(str.maketrans("äéèûáí", "aeeuai"))

    assert parse_date(f"1 {name} 2026", Reading()) == parse_date(f"1 {plain.upper()} 2026", Reading())


LENIENT: list[Callable[[str], str]] = [str.strip, lambda text: f"  {text}\n", lambda text: text.replace(" ", "\u00a0")]


@pytest.mark.parametrize("spelled", LENIENT)
def test_blanks_of_every_kind_do_not_matter(spelled: Callable[[str], str]) -> None:
    assert parse_date(spelled("5 September 2026 10:30"), Reading()) == date(2026, 9, 5)
