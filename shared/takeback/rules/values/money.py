"""A cell to whole cents, exactly: decimals only, one decimal mark and one unit for the column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from string import ascii_letters
from typing import Final, Literal

from takeback.rules.options import DecimalMark
from takeback.rules.readings import Reading
from takeback.rules.values.currencies import CENT_SIGN, DOLLAR, WORDS, agree, currency, together
from takeback.rules.values.problem import Problem
from takeback.rules.values.ruled_out import RuledOut, signs_but

LARGEST_CENTS = 10**15

_MARKS: Final[tuple[DecimalMark, ...]] = (".", ",")
_MOST_DIGITS = 40
_LONGEST = 60

_SPELLING = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\t\r\n", " "),
        **dict.fromkeys("\u2212\u2012\u2013\u2010\u2011\ufe63\uff0d", "-"),
        **dict.fromkeys("’‘ʼ´`", "'"),
    }
)
_CURRENCY = r"(?:[A-Za-z]{1,3}\s?[$€£¥]|[$€£¥₹₩₽₺₪฿₫₴₱₦¢](?:US|CA)?|[^\W\d_]{1,5}\.?)"
_NUMBER = r"\d[\d.,' ]*\d|\d|[.,]\d+"
_AMOUNT = re.compile(
    rf"(?P<sign>[+-])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[+-])?\s*(?P<number>{_NUMBER})\s*(?P<late>[+-])?\s*(?P<after>{_CURRENCY})?\s*(?P<last>[+-])?"
)
_ZERO_DASH = re.compile(rf"{_CURRENCY}\s*-")
_NO_CENTS = re.compile(r"(?<=\d)([.,])-{1,2}(?![\d-])")  # `12.-`, `1.200,--`
_PLAIN = re.compile(r"[ -_a-z]*")  # no blank, dash or quote but the plain ones
_COMMON = re.compile(r"(-?)([$€£]?)(-?)(\d[\d,]*\.\d\d)")  # how most amounts are written
_COMMON_SIGNS = {"": None, "$": DOLLAR, "€": "EUR", "£": "GBP"}
_GROUPS = {
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}"),  # also lakh and crore: 12,34,567
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+"),
    "'": re.compile(r"[1-9]\d{0,2}(?:'\d{3})+"),
    " ": re.compile(r"[1-9]\d{0,2}(?: \d{3})+"),
}
_TYPED = Context(prec=15)  # a spreadsheet's numbers carry 15 digits; what follows is binary noise

_NO_AMOUNT = Problem("not_an_amount", "This is no amount of money. Write it like 1234.50.")
_AMBIGUOUS = Problem("ambiguous_amount", "The mark here may part thousands or decimals. Say which decimal mark this column uses.")
_OTHER_MARK = Problem("other_decimal_mark", "This amount does not fit the decimal mark of the rest of the column. Correct it in the file.")
_TOO_FINE = Problem("too_many_decimals", "This amount has fractions of a cent. Round it in the file.")
_NOT_CENTS = Problem("not_whole_cents", "The amounts of this column are read as whole cents, but this one has decimals.")
_TWO_CURRENCIES = Problem("mixed_currency", "This amount names two currencies. Correct it in the file.")
_TOO_LARGE = Problem("too_large", "This amount is too large to be true. Correct it in the file.")

# The digits of an amount are one run of digits and marks, before or after it stands at most a currency. Brackets around a
# part are taken out, so what they part may become one word; without a digit only a dash can be an amount.
NEVER_MONEY = RuledOut(
    _NO_AMOUNT,
    signs=signs_but("$.,'`+-()"),
    between=ascii_letters + "$+",
    unless="(",
    instead_of_digits="-",
    first_words=WORDS | {""},
    longest=_LONGEST,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as written, its decimal mark still open. `number` holds digits and marks only."""

    negative: bool
    number: str
    currency: str | None

    @property
    def mark(self) -> Mark:
        return decimal_mark(self.number)


Mark = Literal[".", ",", "?", "", "!"]
"""What a number proves about the decimal mark: which it is, `?` open, nothing at all, or that it is no number."""


def parse_money(text: str, reading: Reading, kind: str = "t") -> int | Problem:
    """Whole cents of an amount, under the column's mark, unit, sign and currency.

    Read are currency signs and codes on either side, accounting parentheses, a sign before or after, thousands parted by
    comma, point, space or apostrophe. `$ -` is accounting's zero. A typed number has a point for its decimals.
    """
    if kind != "t":
        return _typed(text, reading) if kind == "n" else _NO_AMOUNT
    amount = read_amount(text)
    if isinstance(amount, Problem):
        return amount
    named = amount.currency
    in_cents = reading.money_unit == "cents"
    if named == CENT_SIGN:
        in_cents = True
    elif named and reading.currency and not agree(named, reading.currency):
        return Problem(
            "mixed_currency",
            f"This amount is in {named}, the column in {reading.currency}: they cannot be added. Convert it or leave the row out.",
        )
    parts = _parts(amount.number, reading.decimal_mark)
    if isinstance(parts, Problem):
        return parts
    cents = _cents(*parts, in_cents=in_cents)
    if isinstance(cents, Problem):
        return cents
    return -cents if amount.negative != reading.magnitude else cents


def read_amount(text: str) -> Amount | Problem:
    """Sign, digits and currency of an amount; its decimal mark stays open."""
    if (match := _COMMON.fullmatch(text)) and not (match[1] and match[3]):
        return Amount(bool(match[1] or match[3]), match[4], _COMMON_SIGNS[match[2]])
    cleaned = (text if _PLAIN.fullmatch(text) else text.translate(_SPELLING)).strip()
    if len(cleaned) > _LONGEST:
        return _NO_AMOUNT
    if cleaned.endswith("-") and _ZERO_DASH.fullmatch(cleaned):
        found = currency(cleaned.strip("- "))
        return Amount(negative=False, number="0", currency=found) if found else _NO_AMOUNT
    inside, brackets = _without_brackets(_NO_CENTS.sub(r"\g<1>00", cleaned))
    match = _AMOUNT.fullmatch(inside)
    if match is None:
        return _NO_AMOUNT
    signs = [sign for sign in (match["sign"], match["inner"], match["late"], match["last"]) if sign]
    if len(signs) + brackets > 1:
        return _NO_AMOUNT
    found = _currency_of(match["before"], match["after"])
    if isinstance(found, Problem):
        return found
    return Amount(brackets or signs == ["-"], match["number"], found)


def decimal_mark(number: str) -> Mark:
    """What a number proves about the decimal mark of its column.

    The later of two different marks is the decimal one. A mark that stands twice parts thousands. A single mark is the
    decimal one unless exactly three digits follow and one to three, not just a zero, stand before it: `1.000` is open.
    """
    points, commas = number.count("."), number.count(",")
    if not points and not commas:
        return "" if _split(number, ".") else "!"
    candidates: list[DecimalMark] = [mark for mark in _MARKS if _split(number, mark)]
    if len(candidates) == 1:
        return candidates[0]
    return "?" if candidates else "!"


def _without_brackets(text: str) -> tuple[str, bool]:
    """`(12.00)`, `$(12.00)` and `(12.00) USD` without their brackets, and whether there were any."""
    if text.count("(") == text.count(")") == 1 and text.index("(") < text.index(")"):
        before, _, rest = text.partition("(")
        within, _, after = rest.partition(")")
        if any(character.isdigit() for character in within):
            return f"{before.strip()}{within.strip()}{after.strip()}", True
    return text, False


def _currency_of(before: str | None, after: str | None) -> str | Problem | None:
    found: list[str] = []
    for written in (before, after):
        if written:
            code = currency(written)
            if code is None:
                return _NO_AMOUNT
            found.append(code)
    if not found:
        return None
    return together(found[0], found[-1]) or _TWO_CURRENCIES


def _parts(number: str, mark: DecimalMark | None) -> tuple[str, str] | Problem:
    """The digits before and after the decimal mark."""
    if mark is None:
        proven = decimal_mark(number)
        if proven == "?":
            return _AMBIGUOUS
        if proven == "!":
            return _NO_AMOUNT
        mark = proven or "."
    parts = _split(number, mark)
    if parts is not None:
        return parts
    return _NO_AMOUNT if decimal_mark(number) == "!" else _OTHER_MARK


def _split(number: str, mark: DecimalMark) -> tuple[str, str] | None:
    """The digits before and after `mark`, thousands joined; None when the number is not well-formed then."""
    whole, found, fraction = number.partition(mark)
    if found and not fraction.isdecimal():
        return None
    if not whole:
        return ("", fraction) if found else None
    if whole.isdecimal():
        return whole, fraction
    for separator in " ,'" if mark == "." else " .'":
        if separator in whole:
            return (whole.replace(separator, ""), fraction) if _GROUPS[separator].fullmatch(whole) else None
    return None


def _cents(whole: str, fraction: str, *, in_cents: bool) -> int | Problem:
    fraction = fraction.rstrip("0")
    if len(fraction) > (0 if in_cents else 2):
        return _NOT_CENTS if in_cents else _TOO_FINE
    if len(whole) > _MOST_DIGITS:
        return _TOO_LARGE
    cents = int(whole or "0") if in_cents else int(whole + fraction.ljust(2, "0"))
    return cents if cents <= LARGEST_CENTS else _TOO_LARGE


def _typed(text: str, reading: Reading) -> int | Problem:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return _NO_AMOUNT
    if not value.is_finite():
        return _NO_AMOUNT
    if abs(value.adjusted()) > _MOST_DIGITS:
        return (_TOO_LARGE if value.adjusted() > 0 else _TOO_FINE) if value else 0
    whole, _, fraction = format(abs(_TYPED.plus(value)), "f").partition(".")
    cents = _cents(whole, fraction, in_cents=reading.money_unit == "cents")
    if isinstance(cents, Problem):
        return cents
    return -cents if (value < 0) != reading.magnitude else cents
