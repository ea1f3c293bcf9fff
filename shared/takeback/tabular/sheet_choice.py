"""Which sheet of a workbook is read: the first with something in it, unless a later one is far more like a table of sales."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import python_calamine as calamine

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.tabular.layout import find_layout
from takeback.tabular.looks import filled, known_words

HEAD_ROWS = 150  # of a sheet, by which it is judged
_CLEARLY_A_TABLE = 5  # usual words in a header that settle the choice of a sheet at once

_Sheet = TypeVar("_Sheet")


@dataclass(slots=True)
class _Candidate(Generic[_Sheet]):
    """A visible sheet with something in it: how many columns its table has, and how many have names of the usual words."""

    name: str
    sheet: _Sheet
    columns: int
    words: int
    rows: int

    @classmethod
    def of(cls, name: str, sheet: _Sheet, head: Sequence[Sequence[str]]) -> _Candidate[_Sheet]:
        layout = find_layout(head)
        below = sum(1 for row in head[layout.first_data :] if filled(row))
        return cls(name, sheet, sum(1 for name in layout.names if name), known_words(layout.names), below)

    def beats(self, earlier: _Candidate[_Sheet]) -> bool:
        """Whether this sheet is the table and the earlier one rather a cover, a summary or instructions."""
        if not self.rows or self.columns < 3:
            return False
        return self.words >= earlier.words + 3 or (earlier.columns < 2 and not earlier.words)


def names_of(book: calamine.CalamineWorkbook) -> tuple[list[str], list[str]]:
    """The names of all worksheets, and of the visible ones."""
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    shown = {sheet.name for sheet in book.sheets_metadata if sheet.visible == calamine.SheetVisibleEnum.Visible}
    return names, [name for name in names if name in shown]


def check_name(wanted: str, names: Sequence[str]) -> None:
    """Refuses a sheet that is not there."""
    if wanted not in names:
        raise Refused("no_such_sheet", f"The workbook has no sheet called “{wanted}”. Choose one of: {', '.join(names)}.")


def choose(
    names: Sequence[str], visible: Sequence[str], opened: Callable[[str], tuple[_Sheet, Sequence[Sequence[str]]] | None]
) -> tuple[_Sheet, dict[str, str]]:
    """The sheet to be read, and why others are not it. `opened` gives a sheet and its first rows, None where it is empty."""
    best: _Candidate[_Sheet] | None = None
    passed_over: dict[str, str] = {}
    for name in visible or names:
        found = opened(name)
        if found is None:
            passed_over[name] = "empty"
            continue
        candidate = _Candidate.of(name, *found)
        if best is None or candidate.beats(best):
            if best is not None:
                passed_over[best.name] = "less like a table"
            best = candidate
        else:
            passed_over[name] = "a further sheet"
        if best.words >= _CLEARLY_A_TABLE:
            break
    if best is None:
        raise Refused("empty_sheet", "There is nothing in the workbook's sheets. Export it again and check that it shows rows.")
    for name in visible or names:
        if name != best.name:
            passed_over.setdefault(name, "a further sheet")
    return best.sheet, passed_over | {name: "hidden" for name in names if name not in visible and name != best.name}


def others(name: str, passed_over: Mapping[str, str]) -> Issue:
    """Says which sheets were not read."""
    others = ", ".join(f"“{other}” ({why})" for other, why in passed_over.items())
    return Issue("other_sheets", f"The sheet “{name}” was read. Not read: {others}. Choose another sheet if that is wrong.")
