"""Decimal mark, unit, sign and currency of a column of money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from takeback.errors import InvalidOptions
from takeback.rules.evidence import Evidence, Tally
from takeback.rules.headers import says_cents
from takeback.rules.options import DecimalMark, Options
from takeback.rules.readings import Decision
from takeback.rules.values.currencies import CENT_SIGN, agree

MARKS: Final[tuple[DecimalMark, ...]] = (".", ",")
IN_WORDS: Final[dict[DecimalMark, str]] = {".": "a decimal point", ",": "a decimal comma"}
_MANY = 5
UNITS = {"cents": "cents", "major": "whole units (dollars, euros, pounds)"}

_NO_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"})  # ISO 4217: no minor unit


def decide_money(column: Evidence, all_evidence: Sequence[Evidence], options: Options) -> list[Decision]:
    """The decisions of one money column: only those that its cells make necessary, and its unit."""
    found = [_mark(column, all_evidence, options), _unit(column, options), _sign(column), *_currency(column)]
    return [decision for decision in found if decision]


def _mark(column: Evidence, all_evidence: Sequence[Evidence], options: Options) -> Decision | None:
    proven: dict[DecimalMark, Tally] = {mark: column.tally(f"mark {mark}") for mark in MARKS}
    unclear = column.tally("mark ?")
    if options.decimal_mark:
        return _mark_as_told(column, options.decimal_mark, proven)
    right = max(MARKS, key=lambda mark: proven[mark].count)
    other = "," if right == "." else "."
    if proven[right].count and not proven[other].count:
        return Decision(column.header, "decimal_mark", right, f"{_capital(str(proven[right]))} has {IN_WORDS[right]}.")
    if proven[right].count:
        evidence = f"The rows contradict each other: {proven['.']} has a decimal point, {proven[',']} a decimal comma. "
        evidence += f"Is {unclear} a thousand or not?" if unclear.count else f"Most have {IN_WORDS[right]}; the others are in error."
        return Decision(column.header, "decimal_mark", right, evidence, needs_answer=bool(unclear.count))
    if not unclear.count:
        return None
    return _mark_by_other_evidence(column, all_evidence, unclear)


def _mark_as_told(column: Evidence, mark: DecimalMark, proven: dict[DecimalMark, Tally]) -> Decision:
    against = proven["," if mark == "." else "."]
    if against.count and not proven[mark].count:
        raise InvalidOptions(
            f"“{column.header}” cannot have {IN_WORDS[mark]}: {against} does not fit. Leave decimal_mark out or correct it.",
            header=column.header,
            row=against.row,
            value=against.text,
        )
    return Decision(column.header, "decimal_mark", mark, f"You said {IN_WORDS[mark]}.")


def _mark_by_other_evidence(column: Evidence, all_evidence: Sequence[Evidence], unclear: Tally) -> Decision:
    for other in all_evidence:
        if other is column or other.column.kind != "money":
            continue
        point, comma = other.tally("mark ."), other.tally("mark ,")
        if bool(point.count) != bool(comma.count):
            mark, tally = (".", point) if point.count else (",", comma)
            if column.tally(f"open {mark}").count and not other.tally(f"open {mark}").count:
                continue  # three decimals here and never there: that is no one habit
            because = f"{_capital(str(tally))} in “{other.header}” shows how this file writes amounts: {IN_WORDS[mark]}."
            return Decision(column.header, "decimal_mark", mark, because)
    written = "." if column.tally("open .").count and not column.tally("open ,").count else ","
    thousands: DecimalMark = "," if written == "." else "."
    if set(column.keyed("currency ")) & _NO_CENTS:
        because = f"{_capital(str(unclear))}: this currency has no decimals, so the mark parts thousands."
        return Decision(column.header, "decimal_mark", thousands, because)
    question = f"{_capital(str(unclear))} may be a thousand or have three decimals, and no other row tells. Which is the decimal mark?"
    return Decision(column.header, "decimal_mark", thousands, question, needs_answer=True)


def _unit(column: Evidence, options: Options) -> Decision | None:
    fraction = column.tallies.get("fraction")
    if not (column.tally("negative").count or column.tally("positive").count):
        return None
    if options.money_unit == "cents" and fraction:
        raise InvalidOptions(
            f"“{column.header}” cannot hold cents: {fraction} has decimals. Leave money_unit out or correct it.",
            header=column.header,
            row=fraction.row,
            value=fraction.text,
        )
    if options.money_unit:
        return Decision(column.header, "money_unit", options.money_unit, f"You said {UNITS[options.money_unit]}.")
    if column.in_cents or says_cents(column.header):
        if fraction:
            question = f"“{column.header}” should hold cents, but {fraction} has decimals. Are these cents or {UNITS['major']}?"
            return Decision(column.header, "money_unit", "major", question, needs_answer=True)
        because = "This source writes" if column.in_cents else "The header says so:"
        return Decision(column.header, "money_unit", "cents", f"{because} “{column.header}” in cents.")
    return _unit_by_rows(column, fraction)


def _unit_by_rows(column: Evidence, fraction: Tally | None) -> Decision:
    """Whole numbers are dollars, unless the rows say cents, or look so much like it that one has to ask."""
    if fraction:
        return Decision(column.header, "money_unit", "major", f"{_capital(str(fraction))} has decimals: amounts are {UNITS['major']}.")
    amounts = column.tally("negative").count + column.tally("positive").count
    marked, like_cents = column.tally(f"currency {CENT_SIGN}"), column.tally("like cents")
    if marked.count >= amounts:
        return Decision(column.header, "money_unit", "cents", f"{_capital(str(marked))} says cents.")
    if not column.keyed("currency ") and like_cents.count >= _MANY and like_cents.count * 2 > amounts:
        question = f"No amount has decimals, and most are like {like_cents}. Are these cents or {UNITS['major']}?"
        return Decision(column.header, "money_unit", "major", question, needs_answer=True)
    return Decision(column.header, "money_unit", "major", f"Neither header nor rows say cents: amounts are {UNITS['major']}.")


def _sign(column: Evidence) -> Decision | None:
    """Charges written as negative amounts, as most payment reports have them, become magnitudes."""
    negative, positive = column.tally("negative"), column.tally("positive")
    if not column.column.outgoing or negative.count <= positive.count:
        return None
    if positive.count:
        evidence = f"Charges are negative here ({negative}) and are taken as positive amounts; {positive} gives money back and is in error."
    else:
        evidence = f"All amounts are negative ({negative}) and are taken as positive ones."
    return Decision(column.header, "sign", "negative", evidence)


def _currency(column: Evidence) -> list[Decision]:
    found = {code: tally for code, tally in column.keyed("currency ").items() if code != CENT_SIGN}
    if not found:
        return []
    counts = {code: sum(tally.count for other, tally in found.items() if agree(code, other)) for code in sorted(found)}
    # A named currency before its bare sign: `USD` and not `$` where both stand.
    main = max(counts, key=lambda code: (counts[code], len(code)))
    strangers = {code: tally for code, tally in sorted(found.items()) if not agree(code, main)}
    if not strangers:
        return [Decision(column.header, "currency", main, f"{_capital(str(found[main]))}.")]
    others = "; ".join(f"{tally.count} in {code}, first {tally}" for code, tally in strangers.items())
    evidence = f"Most amounts are in {main}. Others cannot be added to them and are in error: {others}."
    return [Decision(column.header, "currency", main, evidence)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
