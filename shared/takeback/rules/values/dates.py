"""A cell to a calendar date: the date as it is written, never shifted into another time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from takeback.rules.options import DateOrder
from takeback.rules.readings import NumberDates, Reading
from takeback.rules.values.months import MONTHS, WEEKDAYS, is_weekday, month_number
from takeback.rules.values.problem import Problem
from takeback.rules.values.ruled_out import RuledOut, signs_but

ORDERS: Final[tuple[DateOrder, ...]] = ("MDY", "DMY", "YMD")
FIRST_YEAR, LAST_YEAR = 1970, 2099

_LONGEST = 100

_ZONE = r"(?:Z|(?:UTC|GMT)?\s?[+\-\u2212]\d{1,2}(?::?\d{2})?|\(?[A-Za-z]{2,5}\)?\.?|h|[A-Za-z]+/[A-Za-z_]+)"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?\s?(?P<half>[AaPp]\.?\s?[Mm]\.?)?"
_TIME_AFTER = re.compile(rf"(?:\s*[T,]\s*|\s+(?:at|um|à|a las|-)\s+|\s+){_CLOCK}\s*{_ZONE}?(?:\s*[(\[][^)\]]*[)\]])?$")
_TIME_BEFORE = re.compile(rf"{_CLOCK}(?:\s*,\s*|\s+)(?=\S)")
_ZONE_AFTER = re.compile(r"\s+(?:Z|UTC|GMT|[A-Z]{3,4})$")
_COMPACT_TIME = re.compile(r"(?P<day>\d{8})T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?:Z|[+-]\d{4})?")

_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])\s?(\d{1,2})\2\s?(\d{1,2})\.?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC = re.compile(r"(\d{1,2})([-/. ])\s?(\d{1,2})\2\s?(\d{4}|\d{1,2})\.?")
_DAY_MONTH = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?[\s/.,-]*(?:de\s+|of\s+)?([^\W\d_]+)\.?[\s/.,-]*(?:de\s+|del\s+|of\s+)?(?:(\d{4})|'?(\d{2}))"
)
_MONTH_DAY = re.compile(r"([^\W\d_]+)\.?[\s/.-]*(\d{1,2})(?:st|nd|rd|th)?[\s,/.-]+(?:(\d{4})|'?(\d{2}))")
_YEAR_MONTH = re.compile(r"(\d{4})[\s/.,-]*([^\W\d_]+)\.?[\s/.,-]*(\d{1,2})(?:st|nd|rd|th)?")
_WEEKDAY = re.compile(r"([^\W\d_]{2,10})\.?,?\s+")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_BARE_NUMBER = re.compile(r"\d{5}(?:\.\d+)?|\d{10}|\d{13}")

_EXCEL_EPOCH = date(1899, 12, 30)  # day 0 of the 1900 system for every day after its false 29 February 1900
_EXCEL_DAYS = range((date(FIRST_YEAR, 1, 1) - _EXCEL_EPOCH).days, (date(LAST_YEAR, 12, 31) - _EXCEL_EPOCH).days + 1)

_NO_DATE = Problem("not_a_date", "This is no date. Write it like 2026-01-24.")
_AMBIGUOUS = Problem("ambiguous_date", "Day and month cannot be told apart here. Say which comes first in this column.")
_IMPOSSIBLE = Problem("impossible_date", "There is no such day in the calendar. Correct it in the file.")
_WRONG_ORDER = Problem(
    "other_date_order", "This cell does not fit the order of day, month and year in the rest of the column. Correct it in the file."
)
_OUT_OF_RANGE = Problem("date_out_of_range", f"The year lies outside {FIRST_YEAR} to {LAST_YEAR}. Correct it in the file.")

# Without a colon there is no time of day, and so no zone and nothing in brackets: what is left is a day's numbers or its
# number, the name of its month and its year. The name may follow an ordinal's letters at once; T stands in a compact time.
_AFTER_DAY = ("", "st", "nd", "rd", "th", "er")
NEVER_DATE = RuledOut(
    _NO_DATE,
    unless=":",
    others=signs_but("-/.,'+:"),
    instead_of_digits="",
    first_words=WEEKDAYS | {after + word for after in _AFTER_DAY for word in ("", "de", "of", *MONTHS)} | {"t"},
    most_numbers=3,
    longest=_LONGEST,
)


class NumericDate(NamedTuple):
    """Three numbers whose order is open: `28/09/26`. `digits` are the lengths as written."""

    first: int
    second: int
    third: int
    separator: str
    digits: tuple[int, int, int]

    def on(self, order: DateOrder) -> date | None:
        """The day under an order; None when the order does not fit or there is no such day."""
        if order == "YMD":
            if self.digits[0] != 2 or self.digits[2] == 4:
                return None
            year, month, day = full_year(self.first), self.second, self.third
        elif self.digits[2] == 1:
            return None
        else:
            year = self.third if self.digits[2] == 4 else full_year(self.third)
            month, day = (self.first, self.second) if order == "MDY" else (self.second, self.first)
        try:
            found = date(year, month, day)
        except ValueError:
            return None
        return found if FIRST_YEAR <= year <= LAST_YEAR else None


def full_year(two_digits: int) -> int:
    """POSIX' reading of a two-digit year: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068."""
    return two_digits + (1900 if two_digits >= 69 else 2000)


def parse_date(text: str, reading: Reading, kind: str = "t") -> date | Problem:
    """The date that `text` says, under the column's order.

    A year of four digits in front, a month's name and a typed Excel date need no order. Numbers in a typed cell are
    Excel's day count (or, with ten digits, seconds since 1970, as payment services' JSON has them).
    """
    if kind in ("b", "e"):
        return _NO_DATE
    found = read_date(text, numbers=("excel", "unix") if kind == "n" else (reading.number_dates,))
    if not isinstance(found, NumericDate):
        return found
    if reading.date_order is None:
        return _AMBIGUOUS
    day = found.on(reading.date_order)
    if day is not None:
        return day
    return _WRONG_ORDER if any(found.on(order) for order in ORDERS) else _IMPOSSIBLE


def read_date(text: str, numbers: tuple[NumberDates | None, ...] = ()) -> date | NumericDate | Problem:
    """The date when the text alone settles it, its three numbers when only the order is open, else what is wrong.

    `numbers`: what a bare number may count, days as a spreadsheet does or seconds as Unix does.
    """
    if len(text) > _LONGEST:
        return _NO_DATE
    found = _outline(text)
    return _from_number(found, numbers) if isinstance(found, str) else found


@lru_cache(maxsize=1 << 14)  # a cell is read as a date and as evidence; some short texts of earlier files stay in memory
def _outline(text: str) -> date | NumericDate | Problem | str:
    """The date as far as the text says it; a number that may count days or seconds as it stands."""
    found = _of_numbers(text)  # most cells are three numbers and nothing else
    if found is not None:
        return found
    core = _without_time(_SPACES.sub(" ", text).strip())
    if isinstance(core, Problem):
        return core
    if (weekday := _WEEKDAY.match(core)) and is_weekday(weekday[1]):
        core = core[weekday.end() :]
    found = _of_numbers(core)
    if found is not None:
        return found
    return core if _BARE_NUMBER.fullmatch(core) else _named(core)


def _of_numbers(core: str) -> date | NumericDate | Problem | None:
    if match := _YEAR_FIRST.fullmatch(core):
        return _calendar(int(match[1]), int(match[3]), int(match[4]))
    if match := _NUMERIC.fullmatch(core):
        digits = (len(match[1]), len(match[3]), len(match[4]))
        return NumericDate(int(match[1]), int(match[3]), int(match[4]), match[2], digits)
    if match := _COMPACT.fullmatch(core):
        return _calendar(int(match[1]), int(match[2]), int(match[3]))
    return None


def is_bare_number(text: str) -> bool:
    """Whether a text could be a date only as a count of days or seconds."""
    return _BARE_NUMBER.fullmatch(text.strip()) is not None


def _named(core: str) -> date | Problem:
    if (match := _DAY_MONTH.fullmatch(core)) and (month := month_number(match[2])):
        return _calendar(_year(match[3], match[4]), month, int(match[1]))
    if (match := _MONTH_DAY.fullmatch(core)) and (month := month_number(match[1])):
        return _calendar(_year(match[3], match[4]), month, int(match[2]))
    if (match := _YEAR_MONTH.fullmatch(core)) and (month := month_number(match[2])):
        return _calendar(int(match[1]), month, int(match[3]))
    return _NO_DATE


def _year(four_digits: str | None, two_digits: str | None) -> int:
    return int(four_digits) if four_digits else full_year(int(two_digits or 0))


def _calendar(year: int, month: int, day: int) -> date | Problem:
    try:
        found = date(year, month, day)
    except ValueError:
        return _IMPOSSIBLE
    return found if FIRST_YEAR <= year <= LAST_YEAR else _OUT_OF_RANGE


def _without_time(text: str) -> str | Problem:
    """The text without its time of day and zone; a problem when there is no such time."""
    if len(text) <= 10 and ":" not in text:
        return text
    if match := _COMPACT_TIME.fullmatch(text):
        return match["day"] if _is_time(match["hour"], match["minute"], match["second"]) else _NO_DATE
    if match := _TIME_AFTER.search(text):
        rest = text[: match.start()]
    elif match := _TIME_BEFORE.match(text):
        rest = _ZONE_AFTER.sub("", text[match.end() :])
    else:
        return text
    return rest.rstrip(" ,") if _is_time(match["hour"], match["minute"], match["second"]) else _NO_DATE


def _is_time(hour: str, minute: str, second: str | None) -> bool:
    return int(hour) < 24 and int(minute) < 60 and int(second or 0) <= 60


def _from_number(text: str, numbers: tuple[NumberDates | None, ...]) -> date | Problem:
    """Five digits are a spreadsheet's days, ten are Unix' seconds, thirteen its milliseconds (both in UTC)."""
    whole = int(text.partition(".")[0])
    if len(text) in (10, 13) and text.isdecimal():
        if "unix" not in numbers:
            return _NO_DATE
        found = datetime.fromtimestamp(whole // 1000 if len(text) == 13 else whole, UTC).date()
        return found if FIRST_YEAR <= found.year <= LAST_YEAR else _OUT_OF_RANGE
    if "excel" in numbers and whole in _EXCEL_DAYS:
        return _EXCEL_EPOCH + timedelta(days=whole)
    return _NO_DATE
