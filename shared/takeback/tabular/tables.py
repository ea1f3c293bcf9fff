"""Raw records to the table that everything else sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.options import Options
from takeback.tabular.body import Body
from takeback.tabular.headers import repeated_names, unique_names
from takeback.tabular.layout import Layout, find_layout
from takeback.tabular.limits import Limits
from takeback.tabular.looks import filled
from takeback.tabular.raw import RawFile, RawRows
from takeback.tabular.table import Table

_SAMPLE = 200
_Part = TypeVar("_Part")


def lay_out(raw: RawFile, options: Options, limits: Limits, body_of: type[Body] = Body) -> Table:
    """The table in some records: header found or as chosen, the lines above it left out with a receipt."""
    first = next(raw.batches, None)
    if first is None or not any(map(filled, first.rows)):
        first = _beyond_blanks(first, raw.batches)
    layout = find_layout(first.rows, _position(first, options.header_row))
    limits.check_columns(len(layout.names))
    raw.facts.header_row = first.numbers[layout.header]
    table = Table(raw.facts, unique_names(layout.names), iter(()), raw.issues, raw.notices)
    body = body_of(table, layout, first.rows[layout.first_data : layout.first_data + _SAMPLE])
    table.issues += [issue for issue in first.row_issues if issue.row is not None and issue.row <= first.numbers[layout.header]]
    _say_what_was_found(table, layout, first, body, chosen=options.header_row is not None)
    table.chunks = body.chunks(resumed([_from(first, layout.first_data)], raw.batches))
    return table


def resumed(read: list[_Part], others: Iterator[_Part]) -> Iterator[_Part]:
    """The parts of a file with the one that was read already; nothing here holds on to it."""
    yield read.pop()
    yield from others


def _beyond_blanks(first: RawRows | None, batches: Iterator[RawRows]) -> RawRows:
    for batch in batches:
        if any(map(filled, batch.rows)):
            return batch
    where = "the file" if first is None or first.kinds is None else "the sheet"
    raise Refused(
        "empty_file" if where == "the file" else "empty_sheet",
        f"There is nothing in {where}. Export it again and check that it shows rows.",
    )


def _position(first: RawRows, header_row: int | None) -> int | None:
    if header_row is None:
        return None
    try:
        return first.numbers.index(header_row)
    except ValueError:
        raise Refused(
            "no_such_row", f"The file has no row {header_row:,} that could be the header. Choose the row with the column names."
        ) from None


def _say_what_was_found(table: Table, layout: Layout, first: RawRows, body: Body, *, chosen: bool) -> None:
    above = [at for at in range(layout.header) if at != layout.group]
    number = first.numbers[layout.header]
    for at in range(layout.header):
        reason = "blank line" if not filled(first.rows[at]) else "above the header"
        body.drop(first.numbers[at], first.rows[at], reason if at != layout.group else "a line of group names above the header")
    if layout.second is not None:
        body.drop(first.numbers[layout.second], first.rows[layout.second], "the header's second line")
    if not chosen and any(filled(first.rows[at]) for at in above):
        table.notices.append(
            Issue("header_row", f"The column names were found in row {number}; the lines above it were left out.", row=number)
        )
    if layout.second is not None or layout.group is not None:
        table.notices.append(
            Issue(
                "header_rows",
                f"The column names stand in two lines around row {number}; check that they were put together rightly.",
                row=number,
            )
        )
    if layout.is_wider:
        message = (
            "The rows have one cell more than there are column names, always an empty one. Check that each name stands over its own column."
        )
        table.notices.append(Issue("header_width", message, row=number))
    if not layout.is_sure and not chosen:
        table.notices.append(
            Issue(
                "no_header",
                f"No row looks like column names, so row {number} was taken for them. Choose the header row, or add one.",
                row=number,
            )
        )
    if repeated := repeated_names(layout.names):
        names = ", ".join(f"“{name}”" for name in repeated)
        table.notices.append(
            Issue("duplicate_header", f"More than one column is called {names}; they are told apart by #2, #3 and so on.", row=number)
        )


def _from(batch: RawRows, start: int) -> RawRows:
    """The records of a batch from a position on."""
    numbers = batch.numbers[start:]
    kept = set(numbers)
    return RawRows(
        numbers,
        batch.rows[start:],
        None if batch.kinds is None else [kind and kind[start:] for kind in batch.kinds],
        [issue for issue in batch.row_issues if issue.row in kept],
        [(at, issue) for at, issue in batch.cell_issues if issue.row in kept],
        batch.is_last,
    )
