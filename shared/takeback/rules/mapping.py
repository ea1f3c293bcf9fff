"""Which column is which field. A wrong suggestion is worse than none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from takeback.errors import InvalidMapping
from takeback.records import Column
from takeback.rules.fits import ColumnSample, counts_rows, objection, reads_like_people
from takeback.rules.headers import fingerprint, fold, words
from takeback.rules.layouts import Layout, layout_of
from takeback.rules.likeness import Likeness, likeness
from takeback.rules.totals import what_is_taken_off
from takeback.rules.values import is_empty

__all__ = ["ColumnSample", "Suggestion", "check_mapping", "fingerprint", "remembered_suggestions", "suggest", "unmapped_required"]

_NAME = ("name",)  # of goods or of people: the header alone does not say
_FEES = "ebay_fees_cents"
_PROVEN = 0.97
_ID = "id"  # of an order or of a row


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The field a column probably is, with a score from 0.70 to 1 and the reason in words; no field when none fits."""

    header: str
    field: str | None
    score: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Edge:
    """A column that may be a field. The lowest `order` is assigned first."""

    order: tuple[bool | float | str, ...]
    column: int
    field: Column
    likeness: Likeness


def suggest(columns: Sequence[ColumnSample], fields: Sequence[Column]) -> list[Suggestion]:
    """One suggestion for each column, in order; no two of them for one field, and none below 0.70.

    A known source's own columns come first, then aliases in the order of their sureness, then headers that resemble one.
    Whatever the header says, the cells may object.
    """
    headers = [column.header for column in columns]
    layout = layout_of(headers)
    objections: dict[int, str] = {}
    edges = [edge for field in fields for edge in _edges(field, columns, layout, objections)]
    edges = _proven_by_sums(edges, columns, fields, layout)
    exact = {edge.column for edge in edges if edge.likeness.score == 1}
    edges = [edge for edge in edges if edge.likeness.score == 1 or edge.column not in exact]
    taken: dict[int, _Edge] = {}
    said = [frozenset(words(header)) for header in headers]
    found: set[str] = set()
    for edge in sorted(edges, key=lambda edge: edge.order):
        if edge.column not in taken and edge.field.name not in found and _holds(edge, found, said):
            taken[edge.column] = edge
            found.add(edge.field.name)
    return [
        Suggestion(header, taken[place].field.name, round(taken[place].likeness.score, 2), taken[place].likeness.reason)
        if place in taken
        else Suggestion(header, None, None, _why_not(header, place, objections, layout))
        for place, header in enumerate(headers)
    ]


def _holds(edge: _Edge, found: set[str], said: Sequence[frozenset[str]]) -> bool:
    """Whether the condition of a likeness holds, with the fields that were found and the words of all headers."""
    given = edge.likeness.given
    if given is None:
        return True
    if (given.beside and found.isdisjoint(given.beside)) or given.apart in found:
        return False
    return all(here.isdisjoint(given.absent) for place, here in enumerate(said) if place != edge.column)


def _edges(field: Column, columns: Sequence[ColumnSample], layout: Layout | None, objections: dict[int, str]) -> list[_Edge]:
    found: list[_Edge] = []
    known = layout.columns_of(field.name, [column.header for column in columns]) if layout else None
    for place, column in enumerate(columns):
        if known is not None:
            rank = known.get(place)
            alike = None if rank is None or layout is None else Likeness(1.0, rank, layout.reason(column.header, field.label))
        elif layout and layout.ignores(column.header):
            alike = None
        else:
            alike = likeness(column.header, field)
        if alike is None:
            continue
        against = objection(column.cells, field) or _doubt(column)
        if against:
            objections[place] = f"“{column.header}” could be {field.label.lower()}, but {against}."
            continue
        is_blank = all(is_empty(text, field.kind) for text, _ in column.cells)
        order = (alike.tier, is_blank, alike.score < 0.9, alike.rank, -alike.score, fold(column.header), place)
        found.append(_Edge(order, place, field, alike))
    return found


def _proven_by_sums(edges: list[_Edge], columns: Sequence[ColumnSample], fields: Sequence[Column], layout: Layout | None) -> list[_Edge]:
    """Charges are what is taken off the gross amount: where the rows say so, no header has to."""
    fees = next((field for field in fields if field.name == _FEES), None)
    place = what_is_taken_off(columns)
    if fees is None or place is None or (layout and _FEES in layout.fields):
        return edges
    header = " ".join(columns[place].header.split())
    proven = Likeness(_PROVEN, 0, f"In nearly all rows “{header}” is the difference between the gross and the net amount.")
    others = [edge for edge in edges if edge.column != place and edge.field is not fees]
    return [*others, _Edge((-1, False, False, 0, -proven.score, "", place), place, fees, proven)]


def _doubt(column: ColumnSample) -> str | None:
    """What the cells say against a header that is too short to be sure of."""
    if words(column.header) == _NAME and reads_like_people(column.cells):
        return "its cells may be people's names"
    if fold(column.header) == _ID and counts_rows(column.cells):
        return "it only counts the rows"
    return None


def _why_not(header: str, place: int, objections: dict[int, str], layout: Layout | None) -> str:
    if layout and layout.ignores(header):
        return layout.why_ignored(header)
    return objections.get(place, "No field fits this column.")


def remembered_suggestions(headers: Sequence[str], column_mapping: Mapping[str, str | None], fields: Sequence[Column]) -> list[Suggestion]:
    """The mapping that was last committed for a file of the same headers, as suggestions; fields that are gone are left out."""
    known = {field.name for field in fields}
    found: list[Suggestion] = []
    for header in headers:
        field = column_mapping.get(header)
        if field in known:
            found.append(Suggestion(header, field, 1.0, "You chose this when you last imported a file with these columns."))
        else:
            found.append(Suggestion(header, None, None, "You left this out when you last imported a file with these columns."))
    return found


def check_mapping(column_mapping: Mapping[str, str | None], headers: Sequence[str], fields: Sequence[Column]) -> None:
    """Whether a mapping fits a file.

    Raises:
        InvalidMapping: it names a header or a field that does not exist, or gives one field two columns.
    """
    known_headers, known_fields = set(headers), {field.name for field in fields}
    fed: dict[str, str] = {}
    for header, field in column_mapping.items():
        if header not in known_headers:
            raise InvalidMapping(f"The file has no column “{header}”. Its columns: {', '.join(headers)[:500]}.", header=header)
        if field is None:
            continue
        if field not in known_fields:
            raise InvalidMapping(f"There is no field “{field}”. The fields: {', '.join(sorted(known_fields))}.", header=header, field=field)
        if field in fed:
            raise InvalidMapping(f"“{fed[field]}” and “{header}” are both mapped to {field}. Keep one of them.", header=header, field=field)
        fed[field] = header


def unmapped_required(column_mapping: Mapping[str, str | None], fields: Sequence[Column]) -> list[str]:
    """The required fields that no column feeds, in the record type's order."""
    fed = set(column_mapping.values())
    return [field.name for field in fields if field.required and field.name not in fed]
