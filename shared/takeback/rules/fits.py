"""What the cells of a column say against a field: dates are no amounts, whatever the header is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise

from takeback.records import Column
from takeback.rules.readings import Reading
from takeback.rules.values import Problem, is_empty, parse_choice, parse_count, parse_date, parse_id
from takeback.rules.values.dates import NumericDate, is_bare_number, read_date
from takeback.rules.values.money import parse_money, read_amount

Cell = tuple[str, str]  # the text, and t n d b e for what it was in the file


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """A column's header and its first cells in row order, empty ones included."""

    header: str
    cells: Sequence[Cell]


_YEARS = range(2000, 2050)  # bare numbers that would be days of other years are something else
_FEW = 6  # filled cells that can show a habit
_SMALL = 3  # digits of a count
_ENOUGH = 400  # filled cells to look at
_LONGEST_ADDRESS = 200
_ADDRESS = re.compile(r"https?://|www\.|[^\s@]+@[^\s@]+\.[^\s@]+", re.IGNORECASE)
_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "ja", "nein", "oui", "non", "si"})


def objection(cells: Sequence[Cell], column: Column) -> str | None:
    """Why these cells cannot belong to the field, in words; None when they can or when all are empty."""
    filled = list(islice((cell for cell in cells if not is_empty(cell[0], column.kind)), _ENOUGH))
    if not filled:
        return None
    match column.kind:
        case "date":
            return None if _share(filled, is_date) >= 0.6 else "its cells are no dates"
        case "money":
            return _money(filled)
        case "count":
            return None if _share(filled, _is_count) >= 0.6 else "its cells are no small whole numbers"
        case "choice":
            # One row in ten is enough: words that are not understood become issues, and an unread status would hide returns.
            known = _share(filled, lambda cell: not isinstance(parse_choice(cell[0], column.choices or {}), Problem))
            return None if known >= 0.1 else "its words are none of those that are used here"
        case "id":
            return _id(filled)
        case "text":
            return _text(filled)


def reads_like_people(cells: Sequence[Cell]) -> bool:
    """Whether texts are as short and free of digits as people's names are; goods take more words, or a number."""
    filled = [text.split() for text, _ in cells if text.strip()][:_ENOUGH]
    if not filled:
        return True
    long = sum(len(words) > 3 or any(letter.isdigit() for word in words for letter in word) for words in filled)
    return long < 0.4 * len(filled)


def counts_rows(cells: Sequence[Cell]) -> bool:
    """Whether the cells are 1, 2, 3 … or small numbers that grow by one."""
    numbers = [int(text) for text, _ in cells if len(text) < 10 and text.strip().isdecimal()][:_ENOUGH]
    return len(numbers) > 1 and numbers[0] < 1000 and all(after - before == 1 for before, after in pairwise(numbers))


def is_date(cell: Cell) -> bool:
    """Whether a cell is some date, be its order open or not."""
    text, kind = cell
    if kind != "t":
        return not isinstance(parse_date(text, Reading(), kind), Problem)
    found = read_date(text, ("excel", "unix"))
    if isinstance(found, NumericDate):
        return True
    return isinstance(found, date) and (not is_bare_number(text) or found.year in _YEARS)


def is_amount(cell: Cell) -> bool:
    """Whether a cell is some amount, be its decimal mark open or not."""
    text, kind = cell
    if kind != "t":
        return not isinstance(parse_money(text, Reading(), kind), Problem)
    amount = read_amount(text)
    return not isinstance(amount, Problem) and amount.mark != "!"


def _is_address(cell: Cell) -> bool:
    return _ADDRESS.search(cell[0][:_LONGEST_ADDRESS]) is not None


def _share(cells: Sequence[Cell], holds: Callable[[Cell], bool]) -> float:
    return sum(holds(cell) for cell in cells) / len(cells)


def _is_count(cell: Cell) -> bool:
    value = parse_count(*cell)
    return isinstance(value, int) and abs(value) < 100_000


def _is_long_number(cell: Cell) -> bool:
    """Ten digits and no mark: a number of something, no amount."""
    return len(cell[0].strip()) >= 10 and cell[0].strip().isdigit()


def _money(filled: Sequence[Cell]) -> str | None:
    if _share(filled, is_amount) < 0.6:
        return "its cells are no amounts"
    if _share(filled, _is_long_number) >= 0.5:
        return "its cells are numbers of ten digits and more, no amounts"
    return None


def _id(filled: Sequence[Cell]) -> str | None:
    if _share(filled, lambda cell: isinstance(parse_id(*cell), str) or "E+" in cell[0]) < 0.6:
        return "its cells are no order numbers"
    if _share(filled, lambda cell: any(letter.isdigit() for letter in cell[0])) < 0.5:
        return "its cells have no digits"
    if _share(filled, lambda cell: len(cell[0]) > 64 or len(cell[0].split()) > 3 or _is_address(cell)) > 0.4:
        return "its cells are texts, no order numbers"
    if _share(filled, lambda cell: is_date(cell) and not cell[0].strip().isdigit()) > 0.4:
        return "its cells are dates"
    if _share(filled, lambda cell: is_amount(cell) and not cell[0].strip().lstrip("#").isdigit()) > 0.4:
        return "its cells are amounts"
    if len(filled) >= _FEW and len({text for text, _ in filled}) == 1:
        return "it says the same in every row"
    if _counts_something(filled):
        return "its cells are small numbers that come again and again"
    return None


def _counts_something(filled: Sequence[Cell]) -> bool:
    """Whether numbers below a thousand return after others stood between: the lines of an order stand together."""
    texts = [text.strip() for text, _ in filled]
    if len(texts) < _FEW or not all(len(text) <= _SMALL and text.isdigit() for text in texts):
        return False
    runs = 1 + sum(before != after for before, after in pairwise(texts))
    return runs >= 1.5 * len(set(texts))


def _text(filled: Sequence[Cell]) -> str | None:
    for holds, what in (
        (is_date, "dates"),
        (is_amount, "numbers"),
        (_is_address, "addresses of web or mail"),
    ):
        if _share(filled, holds) > 0.8:
            return f"its cells are {what}"
    if _share(filled, lambda cell: cell[1] == "b" or cell[0].strip().casefold() in _YES_NO) > 0.8:
        return "its cells say yes or no"
    return None
