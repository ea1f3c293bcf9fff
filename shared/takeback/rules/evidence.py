"""What the cells of one column prove about how to read it, gathered over any number of rows in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from takeback.records import Column
from takeback.rules.options import DateOrder
from takeback.rules.readings import Reading
from takeback.rules.values.dates import ORDERS, NumericDate, is_bare_number, parse_date, read_date
from takeback.rules.values.empty import is_empty
from takeback.rules.values.money import parse_money, read_amount
from takeback.rules.values.problem import Problem

_LIKE_CENTS = ("99", "95", "50", "49")  # how prices of goods end, with the decimal mark left out


@dataclass(slots=True)
class Tally:
    """How many cells, and the first of them: its spreadsheet row and its text."""

    count: int = 0
    row: int = 0
    text: str = ""

    def add(self, text: str, row: int, count: int) -> None:
        if not self.count or (row, text) < (self.row, self.text):
            self.row, self.text = row, text
        self.count += count

    def __str__(self) -> str:
        return f"row {self.row} “{self.text[:60]}”"


@dataclass(slots=True)
class Days:
    """The days that a column has under one order: the first, the last two, and the days of the month as bits."""

    first: date = date.max
    last: date = date.min
    last_but_one: date = date.min
    of_month: int = 0

    def add(self, day: date) -> None:
        self.first = min(self.first, day)
        if day > self.last:
            self.last, self.last_but_one = day, self.last
        elif self.last_but_one < day < self.last:
            self.last_but_one = day
        self.of_month |= 1 << day.day

    @property
    def years(self) -> int:
        """From the first to the last calendar year."""
        return self.last.year - self.first.year


@dataclass(frozen=True, slots=True)
class Latest:
    """The last day that a column has under an order (under None: that needs no order), and the first row that says it."""

    day: date
    row: int
    text: str


@dataclass(slots=True)
class Evidence:
    """Tallies of one column: the keys are few whatever the cells hold. Rows may be seen in any order.

    `witness`: the column is not imported, it only helps to read the others, for dates of one export look alike.
    `in_cents`: the source is known to count cents here.
    """

    header: str
    column: Column
    witness: bool = False
    in_cents: bool = False
    tallies: dict[str, Tally] = field(default_factory=dict)
    days: dict[DateOrder, Days] = field(default_factory=dict)
    latest: dict[DateOrder | None, Latest] = field(default_factory=dict)

    @property
    def listens(self) -> bool:
        """Whether cells of this column can say anything."""
        return self.column.kind in ("date", "money")

    def see(self, text: str, kind: str, row_number: int, count: int = 1) -> None:
        """Count `count` equal cells, the first of them in `row_number`."""
        if self.column.kind == "date" and not is_empty(text, "date"):
            self._see_date(text, kind, row_number, count)
        elif self.column.kind == "money" and not is_empty(text, "money"):
            self._see_money(text, kind, row_number, count)

    def tally(self, key: str) -> Tally:
        """The tally under a key; an empty one when nothing was counted."""
        return self.tallies.get(key) or Tally()

    def keyed(self, prefix: str) -> dict[str, Tally]:
        """The tallies whose key begins with `prefix`, by the rest of their key."""
        return {key[len(prefix) :]: tally for key, tally in self.tallies.items() if key.startswith(prefix)}

    def _add(self, key: str, text: str, row: int, count: int) -> None:
        tally = self.tallies.get(key)
        if tally is None:
            tally = self.tallies[key] = Tally()
        tally.add(text, row, count)

    def _see_date(self, text: str, kind: str, row: int, count: int) -> None:
        if kind != "t":
            found = parse_date(text, Reading(), kind)
            if isinstance(found, date):
                self._see_day(None, found, text, row)
                self._add("typed" if kind == "d" else "typed number", text, row, count)
                if kind == "d" and found.day > 12:
                    self._add("typed late", text, row, count)
            return
        found = read_date(text)
        if isinstance(found, NumericDate):
            self._see_numeric(found, text, row, count)
        elif isinstance(found, date):
            self._see_day(None, found, text, row)
            self._add("year first" if text.lstrip()[:4].isdigit() else "name", text, row, count)
        else:
            self._add("number" if is_bare_number(text) else "bad", text, row, count)

    def _see_numeric(self, found: NumericDate, text: str, row: int, count: int) -> None:
        days: dict[DateOrder, date] = {order: day for order in ORDERS if (day := found.on(order))}
        self._add("fits " + " ".join(days), text, row, count)
        self._add(f"style {found.separator}{'4' if found.digits[2] == 4 else '2'}", text, row, count)
        if len(set(days.values())) > 1:
            self._add("open", text, row, count)
        for order, day in days.items():
            self.days.setdefault(order, Days()).add(day)
            self._see_day(order, day, text, row)

    def _see_day(self, order: DateOrder | None, day: date, text: str, row: int) -> None:
        last = self.latest.get(order)
        if last is None or (day, -row, text) > (last.day, -last.row, last.text):
            self.latest[order] = Latest(day, row, text)

    def _see_money(self, text: str, kind: str, row: int, count: int) -> None:
        if kind != "t":
            cents = parse_money(text, Reading(), kind)
            if isinstance(cents, int):
                self._see_size(cents, bool(cents % 100), str(abs(cents) // 100), text, row, count)
            return
        amount = read_amount(text)
        if isinstance(amount, Problem):
            return
        mark = amount.mark
        self._add(f"mark {mark}", text, row, count)
        if mark == "?":
            self._add(f"open {'.' if '.' in amount.number else ','}", text, row, count)
        if amount.currency:
            self._add(f"currency {amount.currency}", text, row, count)
        fraction = amount.number.rpartition(mark)[2] if mark in (".", ",") else ""
        size = 1 if amount.number.strip("0., '") else 0
        self._see_size(-size if amount.negative else size, bool(fraction.strip("0")), "" if mark else amount.number, text, row, count)

    def _see_size(self, amount: int, fraction: bool, digits: str, text: str, row: int, count: int) -> None:  # noqa: FBT001
        self._add("negative" if amount < 0 else "positive" if amount else "zero", text, row, count)
        if fraction:
            self._add("fraction", text, row, count)
        elif len(digits) >= 4 and digits.endswith(_LIKE_CENTS):
            self._add("like cents", text, row, count)
