"""The sheets of a workbook: which one is read, and its rows as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, TypeVar

import python_calamine as calamine

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.tabular.layout import find_layout
from takeback.tabular.limits import Limits
from takeback.tabular.looks import filled, known_words
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.sheet_scan import SheetScan, check_extent
from takeback.tabular.table import ERROR, NUMBER, TEXT, FileFacts
from takeback.tabular.workbook_cells import LARGEST_EXACT, column_of
from takeback.tabular.zero_formats import shown
from takeback.tabular.zip_guard import DAMAGED

_HEAD_ROWS = 150
_CLEARLY_A_TABLE = 5  # usual words in a header that settle the choice of a sheet at once

_OLD_FORMAT = (
    "In this kind of workbook a cell whose formula failed looks empty to us. "
    "If the table holds formulas, save the sheet as .xlsx and use that."
)
_LEADING_ZEROS = "Some cells show leading zeros by their number format alone (such as 00000); they were read as the sheet shows them."

_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class _Candidate:
    """A visible sheet with something in it: how many columns its table has, and how many have names of the usual words."""

    sheet: calamine.CalamineSheet
    columns: int
    words: int
    rows: int

    def beats(self, earlier: _Candidate) -> bool:
        """Whether this sheet is the table and the earlier one rather a cover, a summary or instructions."""
        if not self.rows or self.columns < 3:
            return False
        return self.words >= earlier.words + 3 or (earlier.columns < 2 and not earlier.words)


def open_book(source: BinaryIO, wanted: str | None, limits: Limits, scans: Mapping[str, SheetScan]) -> RawFile:
    """The records of one sheet, by its name where one is `wanted`. `scans` says what was seen beforehand in the sheets' own text."""
    source.seek(0)
    book = _reading(lambda: calamine.CalamineWorkbook.from_filelike(source))
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in book.sheets_metadata if sheet.name in names and sheet.visible == calamine.SheetVisibleEnum.Visible]
    if wanted is not None:
        if wanted not in names:
            raise Refused("no_such_sheet", f"The workbook has no sheet called “{wanted}”. Choose one of: {', '.join(names)}.")
        sheet = _sheet(book, wanted, limits)
        passed_over: dict[str, str] = {}
    else:
        sheet, passed_over = _choose(book, visible or names, limits)
        passed_over |= {name: "hidden" for name in names if name not in visible and sheet.name != name}
    facts = FileFacts("excel", sheet=sheet.name, sheets=names)
    scan = scans.get(sheet.name, SheetScan())
    notices = [_others(sheet.name, passed_over)] if passed_over else []
    if not scans:
        notices.append(Issue("old_format", _OLD_FORMAT))
    if scan.zeros:
        notices.append(Issue("leading_zeros", _LEADING_ZEROS))
    return RawFile(facts, _batches(sheet, scan, limits), notices=notices)


def _reading(call: Callable[[], _Answer]) -> _Answer:
    """The reader's answer; whatever it raises means that the workbook cannot be read."""
    try:
        return call()
    except calamine.PasswordError:
        raise Refused("password_protected", "The workbook is protected by a password. Save it without a password and try again.") from None
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        # A panic of the native reader is no Exception.
        raise Refused("not_a_workbook", DAMAGED) from error


def _sheet(book: calamine.CalamineWorkbook, name: str, limits: Limits) -> calamine.CalamineSheet:
    sheet = _reading(lambda: book.get_sheet_by_name(name))
    if sheet.start is not None and sheet.end is not None:
        check_extent(sheet.end[0] + 1, sheet.end[1] - sheet.start[1] + 1, limits)
    return sheet


def _choose(book: calamine.CalamineWorkbook, names: Sequence[str], limits: Limits) -> tuple[calamine.CalamineSheet, dict[str, str]]:
    """The first sheet with something in it, or a later one that is far more like a table of sales; and why others are not it."""
    best: _Candidate | None = None
    passed_over: dict[str, str] = {}
    for name in names:
        sheet = _sheet(book, name, limits)
        if sheet.start is None or not sheet.height:
            passed_over[name] = "empty"
            continue
        candidate = _candidate(sheet)
        if best is None or candidate.beats(best):
            if best is not None:
                passed_over[best.sheet.name] = "less like a table"
            best = candidate
        else:
            passed_over[name] = "a further sheet"
        if best.words >= _CLEARLY_A_TABLE:
            break
    if best is None:
        raise Refused("empty_sheet", "There is nothing in the workbook's sheets. Export it again and check that it shows rows.")
    for name in names:
        if name != best.sheet.name:
            passed_over.setdefault(name, "a further sheet")
    return best.sheet, passed_over


def _candidate(sheet: calamine.CalamineSheet) -> _Candidate:
    head = _texts(list(islice(sheet.iter_rows(), _HEAD_ROWS)), 0)[0]
    layout = find_layout(head)
    below = sum(1 for row in head[layout.first_data :] if filled(row))
    return _Candidate(sheet, sum(1 for name in layout.names if name), known_words(layout.names), below)


def _others(name: str, passed_over: Mapping[str, str]) -> Issue:
    others = ", ".join(f"“{other}” ({why})" for other, why in passed_over.items())
    return Issue("other_sheets", f"The sheet “{name}” was read. Not read: {others}. Choose another sheet if that is wrong.")


def _texts(rows: Sequence[Sequence[Any]], offset: int) -> tuple[list[Sequence[str]], list[str | None]]:
    """Rows as text and the columns' kinds; `offset` empty columns stand before the first used one."""
    empty: tuple[Sequence[str], str | None] = ([""] * len(rows), None)
    columns = [empty] * offset + [column_of(column) for column in zip(*rows, strict=True)]
    return list(zip(*[column for column, _ in columns], strict=True)), [kinds for _, kinds in columns]


def _batches(sheet: calamine.CalamineSheet, scan: SheetScan, limits: Limits) -> Iterator[RawRows]:
    rows = _reading(sheet.iter_rows)
    offset = sheet.start[1] if sheet.start else 0
    limits.check_columns(offset)
    number = 1
    while batch := _reading(lambda: list(islice(rows, CHUNK_ROWS))):
        numbers = range(number, number + len(batch))
        number += len(batch)
        texts, kinds = _texts(batch, offset)
        _put_zeros(texts, kinds, scan, numbers)
        uncalculated = list(_put_odd_cells(texts, kinds, scan, numbers))
        issues = [*uncalculated, *_errors(texts, kinds, numbers), *_inexact_numbers(texts, kinds, numbers)]
        yield RawRows(numbers, texts, kinds, cell_issues=issues, is_last=number > sheet.total_height)


def _put_odd_cells(texts: list[Sequence[str]], kinds: list[str | None], scan: SheetScan, numbers: range) -> Iterator[tuple[int, Issue]]:
    """Puts the errors that the reader gives as empty cells into the rows; yields an issue for each formula without a value."""
    for at, number in enumerate(numbers if scan.odd else ()):
        for column, error in scan.odd.get(number - 1, {}).items():
            if column >= len(kinds):
                continue
            if error:
                texts[at] = (*texts[at][:column], error, *texts[at][column + 1 :])
                letters = kinds[column] or TEXT * len(texts)
                kinds[column] = letters[:at] + ERROR + letters[at + 1 :]
            else:
                message = "The cell holds a formula that was never calculated. Open the workbook in a spreadsheet, save it, and try again."
                yield column, Issue("formula_without_value", message, row=number)


def _put_zeros(texts: list[Sequence[str]], kinds: list[str | None], scan: SheetScan, numbers: range) -> None:
    """Puts digits into the rows as the sheet shows them where a format adds leading zeros; such cells are text from then on."""
    for column, spans in scan.zeros.items():
        letters = kinds[column] if column < len(kinds) else None
        if letters is None:
            continue
        found = list(letters)
        for first, last, code in spans:
            for at in range(max(first - numbers.start + 1, 0), min(last - numbers.start + 2, len(numbers))):
                text = texts[at][column]
                if letters[at] == NUMBER and text.isdecimal() and (as_shown := shown(text, code)) != text:
                    texts[at] = (*texts[at][:column], as_shown, *texts[at][column + 1 :])
                    found[at] = TEXT
        kinds[column] = "".join(found)


def _errors(texts: Sequence[Sequence[str]], kinds: Sequence[str | None], numbers: Sequence[int]) -> Iterator[tuple[int, Issue]]:
    for column, letters in enumerate(kinds):
        if letters and ERROR in letters:
            for at, letter in enumerate(letters):
                if letter == ERROR:
                    text = texts[at][column]
                    message = f"The cell shows {text}: its formula failed. Correct it in the workbook."
                    yield column, Issue("error_value", message, row=numbers[at], value=text)


def _inexact_numbers(texts: Sequence[Sequence[str]], kinds: Sequence[str | None], numbers: Sequence[int]) -> Iterator[tuple[int, Issue]]:
    """Whole numbers beyond 15 digits: the workbook itself has lost the further ones."""
    for column, letters in enumerate(kinds):
        if letters is None:
            continue
        for at, letter in enumerate(letters):
            text = texts[at][column] if letter == NUMBER else ""
            if len(text) > 15 and text.lstrip("-").isdecimal() and abs(int(text)) >= LARGEST_EXACT:
                message = (
                    "The number has more than 15 digits, and the workbook has kept only 15 of them. Enter it as text (with ' before it)."
                )
                yield column, Issue("number_precision", message, row=numbers[at], value=text)
