"""The decisions for a file: one for each open question of each column, from the evidence of all its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from takeback.rules.amounts import decide_money
from takeback.rules.date_orders import decide_date
from takeback.rules.evidence import Evidence
from takeback.rules.options import Options
from takeback.rules.readings import Decision, Reading, reading_of

__all__ = ["Decision", "Evidence", "Reading", "decide", "reading_of"]


def decide(evidence: Sequence[Evidence], options: Options, *, today: date) -> list[Decision]:
    """The decisions for all columns, in the order of the evidence; a witness gets none.

    Raises:
        InvalidOptions: the rows disprove a date order, decimal mark or unit that was asked for.
    """
    found: list[Decision] = []
    for column in evidence:
        if column.witness:
            continue
        if column.column.kind == "date":
            found += decide_date(column, evidence, options, today)
        elif column.column.kind == "money":
            found += decide_money(column, evidence, options)
    return found
