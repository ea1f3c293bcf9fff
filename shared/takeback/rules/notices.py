"""What a bookkeeper should know about the columns that were chosen, though nothing is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from takeback.records import Column
from takeback.rules.headers import words
from takeback.rules.layouts import layout_of

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
