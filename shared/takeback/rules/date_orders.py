"""Which of day, month and year comes first in a column of dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from takeback.errors import InvalidOptions
from takeback.rules.evidence import Days, Evidence, Tally
from takeback.rules.options import DateOrder, Options
from takeback.rules.readings import Decision
from takeback.rules.values.dates import ORDERS

IN_WORDS: dict[DateOrder, str] = {"MDY": "month first", "DMY": "day first", "YMD": "year first"}

_TOMORROW = timedelta(days=1)  # an export made east of the server may be a day ahead
_SOME_DAYS = 4


def decide_date(column: Evidence, all_evidence: Sequence[Evidence], options: Options, today: date) -> list[Decision]:
    """One `date_order` decision, or none for a column without a date.

    An order is out when a cell has no day under it but has one under another order. What the rows leave open may be
    settled by other evidence: points between the numbers (no country writes the month first with them), a sale that
    would lie in the future, another date column of the file, a decimal comma. If nothing does: ask.
    """
    fits = _fits(column)
    if not fits:
        return _without_order(column)
    if options.date_order:
        return [_as_told(column, fits, options.date_order)]
    viable: list[DateOrder] = [order for order in ORDERS if not _disproof(fits, order)]
    if len(viable) == 1:
        decision = _decided(column, viable[0], f"{_proof(fits, viable[0])} fits no other order: {IN_WORDS[viable[0]]}.")
        return [_half_converted(column, fits, viable[0]) or decision]
    if not viable:
        return [_contradiction(column, fits)]
    return [_by_other_evidence(column, all_evidence, viable, fits, today)]


def _fits(column: Evidence) -> dict[frozenset[str], Tally]:
    """Tallies of numeric dates by the set of orders they have a day under; impossible days prove nothing."""
    return {frozenset(orders.split()): tally for orders, tally in column.keyed("fits ").items() if orders}


def _disproof(fits: dict[frozenset[str], Tally], order: DateOrder) -> Tally | None:
    """The first cell that has no day under `order`."""
    against = [tally for orders, tally in fits.items() if order not in orders]
    return min(against, key=lambda tally: (tally.row, tally.text), default=None)


def _proof(fits: dict[frozenset[str], Tally], order: DateOrder) -> str:
    """The cells that rule out the other orders."""
    alone = fits.get(frozenset({order}))
    if alone:
        return _capital(str(alone))
    rows = sorted({(tally.row, str(tally)) for other in ORDERS if other != order and (tally := _disproof(fits, other))})
    return _capital(" with ".join(text for _, text in rows))


def _decided(column: Evidence, order: DateOrder, evidence: str) -> Decision:
    return Decision(column.header, "date_order", order, evidence)


def _without_order(column: Evidence) -> list[Decision]:
    for key, value, because in (
        ("year first", "YMD", "writes the year first"),
        ("name", "month-name", "names the month"),
        ("typed", "excel", "is a date cell of the spreadsheet"),
        ("typed number", "excel", "is a number cell: a spreadsheet's count of days"),
    ):
        if tally := column.tallies.get(key):
            return [Decision(column.header, "date_order", value, f"{_capital(str(tally))} {because}.")]
    bare = column.tallies.get("number")
    if bare and bare.count > column.tally("bad").count:
        excel = len(bare.text.strip().split(".")[0]) == 5
        meaning = "counts days as a spreadsheet does" if excel else "counts seconds since 1970, read as UTC"
        return [Decision(column.header, "date_order", "excel" if excel else "unix", f"{_capital(str(bare))} {meaning}.")]
    return []


def _as_told(column: Evidence, fits: dict[frozenset[str], Tally], order: DateOrder) -> Decision:
    against = _disproof(fits, order)
    if against and any(not _disproof(fits, other) for other in ORDERS):
        raise InvalidOptions(
            f"The dates of “{column.header}” cannot be {IN_WORDS[order]}: {against} has no such day. Leave date_order out or correct it.",
            header=column.header,
            row=against.row,
            value=against.text,
        )
    return _decided(column, order, f"You said {IN_WORDS[order]}.")


def _contradiction(column: Evidence, fits: dict[frozenset[str], Tally]) -> Decision:
    """No order fits all rows. Rows that fit none but their own order become issues; an open row makes it a question."""
    against = {order: sum(tally.count for orders, tally in fits.items() if order not in orders) for order in ORDERS}
    best = min(ORDERS, key=lambda order: against[order])
    rows = " and ".join(sorted({str(tally) for order in ORDERS if order != "YMD" and (tally := _disproof(fits, order))}))
    is_open = any(len(orders - {"YMD"}) > 1 for orders in fits)
    evidence = f"The rows contradict each other: {rows}. "
    evidence += "Which order is right for the others?" if is_open else f"Most are {IN_WORDS[best]}; the others are in error."
    return Decision(column.header, "date_order", best, evidence, needs_answer=is_open)


def _half_converted(column: Evidence, fits: dict[frozenset[str], Tally], order: DateOrder) -> Decision | None:
    """A spreadsheet opened with the wrong country turns `05/06/2026` into a swapped date and leaves `25/06/2026` as text."""
    converted = column.tallies.get("typed")
    if not converted or "typed late" in column.tallies or any(len(orders) > 1 for orders in fits):
        return None
    if converted.count < 3:
        return None
    evidence = (
        f"{_proof(fits, order)} is text, but {converted} is a date cell, and no date cell has a day after the 12th: "
        "a spreadsheet of another country has probably swapped day and month there. Say which order is right, or export the file again."
    )
    return Decision(column.header, "date_order", order, evidence, needs_answer=True)


def _by_other_evidence(
    column: Evidence, all_evidence: Sequence[Evidence], viable: list[DateOrder], fits: dict[frozenset[str], Tally], today: date
) -> Decision:
    first = min(fits.values(), key=lambda tally: (tally.row, tally.text))
    if "open" not in column.tallies:
        return _decided(column, viable[0], f"{_capital(str(first))} and all other rows mean the same day in either order.")
    if "DMY" in viable and all(style[0] == "." for style in column.keyed("style ")):
        viable = [order for order in viable if order != "MDY"]
        if len(viable) == 1:
            return _decided(column, "DMY", f"{_capital(str(first))} has points between its numbers: such dates are written day first.")
    latest = today + _TOMORROW
    # One day in the future may be a slip of somebody's hand, two are not.
    future: list[DateOrder] = [order for order in viable if column.days[order].last_but_one > latest]
    if any(column.days[order].last <= latest for order in viable):
        viable = [order for order in viable if order not in future]
    if len(viable) == 1:
        late = ", ".join(str(column.days[order].last) for order in future)
        return _decided(column, viable[0], f"Read otherwise, sales would lie in the future ({late}): {IN_WORDS[viable[0]]}.")
    likely: list[DateOrder] = [order for order in viable if not _takes_days_for_years(column, order)]
    if len(likely) == 1 and _is_of_a_year(column.days[likely[0]]):
        days = column.days[likely[0]]
        because = f"Read so, all dates lie between {days.first} and {days.last}; read otherwise, all fall on one day of many years"
        return _decided(column, likely[0], f"{because}: {IN_WORDS[likely[0]]}.")
    return _by_other_columns(column, all_evidence, viable) or Decision(
        column.header,
        "date_order",
        viable[0],
        f"{_capital(str(first))} and all other rows fit {' and '.join(IN_WORDS[order] for order in viable)}. Which one is it?",
        needs_answer=True,
    )


def _takes_days_for_years(column: Evidence, order: DateOrder) -> bool:
    """`25-09-13, 25-09-14, 25-09-20` under the wrong order: the same day of the month in year after year."""
    days = column.days[order]
    return days.years > 2 and days.of_month.bit_count() == 1


def _is_of_a_year(days: Days) -> bool:
    return days.years <= 1 and days.of_month.bit_count() >= _SOME_DAYS


def _by_other_columns(column: Evidence, all_evidence: Sequence[Evidence], viable: list[DateOrder]) -> Decision | None:
    """Dates that look alike in one file are written alike; and who writes a decimal comma does not write the month first."""
    styles = set(column.keyed("style "))
    for other in all_evidence:
        if other is column or other.column.kind != "date" or not styles & set(other.keyed("style ")):
            continue
        fits = _fits(other)
        proven: list[DateOrder] = [order for order in ORDERS if not _disproof(fits, order)]
        if len(proven) == 1 and proven[0] in viable:
            return _decided(
                column, proven[0], f"{_proof(fits, proven[0])} in “{other.header}” shows how this file writes dates: {IN_WORDS[proven[0]]}."
            )
    if "DMY" not in viable or "YMD" in viable:
        return None
    commas = [other for other in all_evidence if other.column.kind == "money" and other.tally("mark ,").count > other.tally("mark .").count]
    if commas:
        comma = commas[0]
        return _decided(
            column,
            "DMY",
            f"{_capital(str(comma.tally('mark ,')))} in “{comma.header}” has a decimal comma: nobody who writes so puts the month first.",
        )
    return None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
