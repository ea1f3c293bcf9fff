"""The lines of an order: what its further lines leave out or repeat.

Many exports write one row for each item of an order. Some leave the order's own cells (date, status, even its number)
empty on the further rows, some repeat the order's amounts on each of them. Filling is safe where the row says itself
that it belongs to the order above; an amount of the whole order counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from takeback.records import Column
from takeback.rules.fits import ColumnSample
from takeback.rules.headers import words
from takeback.rules.layouts import layout_of
from takeback.rules.values import is_empty

_OF_THE_ORDER = frozenset({"total", "subtotal", "order"})
_OF_A_LINE = frozenset({"item", "line", "unit"})
_SHOWN = 3
BLANK = frozenset({"", " ", "-", "--", "–", "—", "N/A", "n/a", "NA", "null", "None"})  # for a quick look; `is_empty` decides


@dataclass(frozen=True, slots=True)
class LineRule:
    """What to do with further lines. All names are headers of the file.

    `order`: the order number. `filled`: cells of the order, taken over from the line above where a further line leaves
    them empty. `once`: amounts of the whole order, that count on its first line only; `required` of them become 0
    there, the others empty. `same`: cells by which a line without an order number shows that it continues the order
    above; none: such a line continues nothing.
    """

    order: str
    filled: tuple[str, ...]
    once: tuple[str, ...]
    required: frozenset[str]
    same: tuple[str, ...]


def line_rule(
    columns: Sequence[ColumnSample], column_mapping: Mapping[str, str | None], fields: Sequence[Column], identity: str
) -> LineRule | None:
    """The rule for a file, from its first rows, its mapping and its source; None without a column of order numbers.

    `identity` is the field of the order number.
    """
    header_of = {mapped: header for header, mapped in column_mapping.items() if mapped}
    order = header_of.get(identity)
    if order is None:
        return None
    present = {column.header for column in columns}
    by_name = {candidate.name: candidate for candidate in fields}
    filled = tuple(header for name, header in header_of.items() if name in by_name and by_name[name].kind in ("date", "choice"))
    amounts = [header for name, header in header_of.items() if name in by_name and by_name[name].kind == "money"]
    layout = layout_of([column.header for column in columns])
    same = layout.places(layout.same_on_further_lines, present) if layout else ()
    if layout:
        once = tuple(header for header in amounts if header in layout.places(layout.once_per_order, present))
    else:
        once = _repeated(columns, order, amounts, header_of.get("item_name"))
    required = frozenset(header for header in once if by_name[column_mapping[header] or ""].required)
    return LineRule(order, filled, once, required, tuple(header for header in same if header != order))


def _repeated(columns: Sequence[ColumnSample], order: str, amounts: Sequence[str], item: str | None) -> tuple[str, ...]:
    """Amounts that belong to the whole order by their place in nested JSON, or by their name and by repeating in each order."""
    cells = {column.header: [text.strip() for text, _ in column.cells] for column in columns}
    container = item.rpartition(".")[0] if item else ""
    orders = _several_lines(cells.get(order, []))
    found: list[str] = []
    for header in amounts:
        outside = bool(container) and not header.startswith(f"{container}.")
        named = _names_the_order(header) and bool(orders)
        repeats = all(len({cells[header][row] for row in rows}) == 1 for rows in orders)
        if outside or (named and repeats):
            found.append(header)
    return tuple(found)


def scattered(columns: Sequence[ColumnSample], column_mapping: Mapping[str, str | None], identity: str, price: str) -> tuple[str, ...]:
    """A sentence where amounts of whole orders stand on lines that are not together: those are not counted once.

    `identity` and `price` are the fields of the order number and of the amount.
    """
    header_of = {mapped: header for header, mapped in column_mapping.items() if mapped}
    order, amount = header_of.get(identity), header_of.get(price)
    if order is None or amount is None or not _names_the_order(amount):
        return ()
    cells = {column.header: [text.strip() for text, _ in column.cells] for column in columns}
    below = {row for rows in _several_lines(cells[order]) for row in rows[1:]}
    seen: dict[str, str] = {}
    for place, (number, text) in enumerate(zip(cells[order], cells[amount], strict=True)):
        if number and text and place not in below and seen.get(number) == text:
            sentence = (
                f"Lines of one order do not stand together, first those of “{number[:60]}”, and “{amount}” is the same on them. "
                "If it is the amount of the whole order, sort the file by order number: as it stands, it counts on each line."
            )
            return (sentence,)
        seen[number] = text
    return ()


def _names_the_order(header: str) -> bool:
    """Whether a header could mean the amount of a whole order: a total, but not that of an item."""
    meant = set(words(header))
    return bool(_OF_THE_ORDER & meant) and not _OF_A_LINE & meant


def _several_lines(numbers: Sequence[str]) -> list[list[int]]:
    """The places of the rows of each order that has several, one below the other."""
    found: list[list[int]] = []
    for place, number in enumerate(numbers):
        if place and number and number == numbers[place - 1]:
            if not found or found[-1][-1] != place - 1:
                found.append([place - 1])
            found[-1].append(place)
    return found


@dataclass(slots=True)
class _Done:
    """How often a thing was done, and the first rows."""

    count: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, row: int) -> None:
        self.count += 1
        if len(self.rows) < _SHOWN:
            self.rows.append(row)

    def __str__(self) -> str:
        more = f" and {self.count - len(self.rows)} more" if self.count > len(self.rows) else ""
        return f"{'Row' if self.count == 1 else 'Rows'} {', '.join(map(str, self.rows))}{more}"


class OrderLines:
    """Applies a rule to chunk after chunk, carrying the order that the last row belonged to."""

    def __init__(self, rule: LineRule, headers: Sequence[str]) -> None:
        self._rule = rule
        self._headers = headers
        self._order = headers.index(rule.order)
        self._filled = [headers.index(header) for header in rule.filled]
        self._once = {headers.index(header): header in rule.required for header in rule.once}
        self._same = [headers.index(header) for header in rule.same]
        self._of_order = (self._order, *self._filled, *self._once)
        self._last: dict[int, str] = {}
        self._numbered = _Done()
        self._inherited: dict[int, _Done] = {}
        self._counted: dict[int, _Done] = {}

    def changes(
        self, columns: Sequence[Sequence[str]], row_numbers: Sequence[int], suspects: Iterable[int] | None = None
    ) -> dict[int, dict[int, str]]:
        """What further lines take over and what counts once: for some columns the new texts of some places.

        `suspects` are the places at which an order number is blank, or the same as above, or below such a blank; None: perhaps all.
        """
        written: dict[int, dict[int, str]] = {}
        if not row_numbers:
            return written
        # What each row's order says, filled downwards: a further line is told by the row above it.
        carried: dict[int, dict[int, str]] = {place: {} for place in self._of_order}
        for at in self._candidates(columns[self._order], range(len(row_numbers)) if suspects is None else suspects):
            above = {place: _cell(columns, carried, place, at - 1) for place in self._of_order} if at else self._last
            if above and self._continues(columns, above, at):
                self._fill(columns, carried, written, above, at, row_numbers[at])
        end = len(row_numbers) - 1
        self._last = {place: _cell(columns, carried, place, end) for place in self._of_order}
        self._last |= {place: columns[place][end] for place in self._same}
        return written

    def _candidates(self, numbers: Sequence[str], suspects: Iterable[int]) -> Iterator[int]:
        for at in suspects:
            number, before = numbers[at], numbers[at - 1] if at else self._last.get(self._order, "")
            if number == before or number in BLANK or before in BLANK:
                yield at

    def _continues(self, columns: Sequence[Sequence[str]], above: Mapping[int, str], at: int) -> bool:
        if is_empty(above[self._order], "id"):
            return False
        number = columns[self._order][at]
        if not is_empty(number, "id"):
            return number == above[self._order]
        before = {place: columns[place][at - 1] if at else self._last[place] for place in self._same}
        said = [place for place in self._same if columns[place][at].strip()]
        return bool(said) and all(columns[place][at] == before[place] for place in said)

    def _fill(
        self,
        columns: Sequence[Sequence[str]],
        carried: dict[int, dict[int, str]],
        written: dict[int, dict[int, str]],
        above: Mapping[int, str],
        at: int,
        row: int,
    ) -> None:
        def write(place: int, cell: str) -> None:
            carried[place][at] = cell
            written.setdefault(place, {})[at] = cell

        if is_empty(columns[self._order][at], "id"):
            write(self._order, above[self._order])
            self._numbered.add(row)
        for place in self._filled:
            if is_empty(columns[place][at], "date") and not is_empty(above[place], "date"):
                write(place, above[place])
                self._inherited.setdefault(place, _Done()).add(row)
        for place, required in self._once.items():
            cell = columns[place][at]
            is_blank = is_empty(cell, "money")
            if cell != above[place] and not is_blank:
                continue
            if required or not is_blank:
                self._counted.setdefault(place, _Done()).add(row)
            write(place, above[place])
            written[place][at] = "0" if required else ""

    def warnings(self) -> list[str]:
        """What was done, in sentences for the preview."""
        found: list[str] = []
        if self._numbered.count:
            found.append(
                f"{self._numbered}: no “{self._rule.order}” of their own; they continue the order above and were given its number."
            )
        for place, done in self._inherited.items():
            found.append(
                f"{done}: “{self._headers[place]}” is empty on a further line of an order; it was taken over from the order's first line."
            )
        for place, done in self._counted.items():
            found.append(f"{done}: “{self._headers[place]}” is the amount of the whole order; it counts on the order's first line only.")
        return found


def _cell(columns: Sequence[Sequence[str]], carried: Mapping[int, Mapping[int, str]], place: int, at: int) -> str:
    found = carried[place].get(at)
    return columns[place][at] if found is None else found
