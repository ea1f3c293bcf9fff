"""The rows of a workbook's sheet as text, read by the native reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, BinaryIO, TypeVar

import python_calamine as calamine

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.tabular.limits import Limits
from takeback.tabular.raw import SHEET_CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.sheet_choice import HEAD_ROWS, check_name, choose, names_of, others
from takeback.tabular.sheet_scan import SheetScan, check_extent
from takeback.tabular.table import ERROR, NUMBER, TEXT, FileFacts
from takeback.tabular.workbook_cells import column_of
from takeback.tabular.workbook_issues import error_value, formula_without_value, is_inexact, number_precision
from takeback.tabular.zero_formats import shown
from takeback.tabular.zip_guard import DAMAGED

_OLD_FORMAT = (
    "In this kind of workbook a cell whose formula failed looks empty to us. "
    "If the table holds formulas, save the sheet as .xlsx and use that."
)
_LEADING_ZEROS = "Some cells show leading zeros by their number format alone (such as 00000); they were read as the sheet shows them."

_Answer = TypeVar("_Answer")


def open_book(source: BinaryIO, wanted: str | None, limits: Limits, scans: Mapping[str, SheetScan]) -> RawFile:
    """The records of one sheet, by its name where one is `wanted`. `scans` says what was seen beforehand in the sheets' own text."""
    source.seek(0)
    book = reading(lambda: calamine.CalamineWorkbook.from_filelike(source))
    names, visible = names_of(book)
    if wanted is not None:
        check_name(wanted, names)
        sheet, passed_over = _sheet(book, wanted, limits), {}
    else:
        sheet, passed_over = choose(names, visible, lambda name: _opened(book, name, limits))
    facts = FileFacts("excel", sheet=sheet.name, sheets=names)
    scan = scans.get(sheet.name, SheetScan())
    notices = [others(sheet.name, passed_over)] if passed_over else []
    if not scans:
        notices.append(Issue("old_format", _OLD_FORMAT))
    if scan.zeros:
        notices.append(Issue("leading_zeros", _LEADING_ZEROS))
    return RawFile(facts, _batches(sheet, scan, limits), notices=notices)


def reading(call: Callable[[], _Answer]) -> _Answer:
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
    sheet = reading(lambda: book.get_sheet_by_name(name))
    if sheet.start is not None and sheet.end is not None:
        check_extent(sheet.end[0] + 1, sheet.end[1] - sheet.start[1] + 1, limits)
    return sheet


def _opened(book: calamine.CalamineWorkbook, name: str, limits: Limits) -> tuple[calamine.CalamineSheet, list[Sequence[str]]] | None:
    """A sheet and the texts of its first rows; None where it is empty."""
    sheet = _sheet(book, name, limits)
    if sheet.start is None or not sheet.height:
        return None
    return sheet, _texts(list(islice(sheet.iter_rows(), HEAD_ROWS)), 0)[0]


def _texts(rows: Sequence[Sequence[Any]], offset: int) -> tuple[list[Sequence[str]], list[str | None]]:
    """Rows as text and the columns' kinds; `offset` empty columns stand before the first used one."""
    empty: tuple[Sequence[str], str | None] = ([""] * len(rows), None)
    columns = [empty] * offset + [column_of(column) for column in zip(*rows, strict=True)]
    return list(zip(*[column for column, _ in columns], strict=True)), [kinds for _, kinds in columns]


def _batches(sheet: calamine.CalamineSheet, scan: SheetScan, limits: Limits) -> Iterator[RawRows]:
    rows = reading(sheet.iter_rows)
    offset = sheet.start[1] if sheet.start else 0
    limits.check_columns(offset)
    number = 1
    while batch := reading(lambda: list(islice(rows, SHEET_CHUNK_ROWS))):
        numbers = range(number, number + len(batch))
        number += len(batch)
        texts, kinds = _texts(batch, offset)
        _put_zeros(texts, kinds, scan, numbers)
        uncalculated = list(_put_odd_cells(texts, kinds, scan, numbers))
        issues = [*uncalculated, *_errors(texts, kinds, numbers), *_inexact_numbers(texts, kinds, numbers)]
        yield RawRows(numbers, texts, kinds, cell_issues=issues, is_last=number > sheet.total_height + 1)


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
                yield column, formula_without_value(number)


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
                    yield column, error_value(texts[at][column], numbers[at])


def _inexact_numbers(texts: Sequence[Sequence[str]], kinds: Sequence[str | None], numbers: Sequence[int]) -> Iterator[tuple[int, Issue]]:
    for column, letters in enumerate(kinds):
        if letters is None:
            continue
        for at, letter in enumerate(letters):
            if letter == NUMBER and is_inexact(texts[at][column]):
                yield column, number_precision(texts[at][column], numbers[at])
