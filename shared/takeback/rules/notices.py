"""What a bookkeeper should know about the columns that were chosen, though nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from takeback.records import Column
from takeback.rules.evidence import Evidence
from takeback.rules.headers import words
from takeback.rules.layouts import layout_of
from takeback.rules.readings import Decision, reading_of

_ONE_PIECE = frozenset(
    {
        ("unit", "price"),
        ("unit", "amount"),
        ("price", "each"),
        ("price", "per", "item"),
        ("price", "per", "unit"),
        ("price", "per", "units"),
    }
)


def notices(headers: Sequence[str], column_mapping: Mapping[str, str | None], fields: Sequence[Column]) -> list[str]:
    """Sentences for the preview's warnings: a price of one piece in a file that also has quantities."""
    kinds = {field.name: field.kind for field in fields}
    if "count" not in {kinds.get(field or "") for field in column_mapping.values()}:
        return []
    layout = layout_of(headers)
    return [
        f"“{header}” is the price of one piece. Where the quantity is above 1, the buyer paid more than the amount that is imported."
        for header, field in column_mapping.items()
        if field and kinds.get(field) == "money" and ((layout and layout.prices_a_piece(header)) or words(header) in _ONE_PIECE)
    ]


def in_the_future(evidence: Sequence[Evidence], decisions: Sequence[Decision], today: date) -> Iterator[str]:
    """A sentence for each column of dates that goes on beyond tomorrow: no sale has happened then."""
    for column in evidence:
        if column.witness or column.column.kind != "date":
            continue
        order = reading_of(column.header, decisions).date_order
        last = max((column.latest[key] for key in {None, order} & set(column.latest)), key=lambda latest: latest.day, default=None)
        if last and last.day > today + timedelta(days=1):
            cell = f"Row {last.row} “{last.text[:60]}” of “{column.header}”"
            yield f"{cell} lies in the future. Check the year, and the order of day and month."
