"""Workbooks to records: XLSX and XLSM here, the older and rarer formats in a process of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

import python_calamine as calamine

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.table import FileFacts
from takeback.tabular.workbook_cells import column_of

_DAMAGED = (
    "The workbook is damaged or uses something that no reader knows. Open it in a spreadsheet, save it as .xlsx again, and try again."
)


def open_workbook(source: BinaryIO, kind: str, options: Options, limits: Limits) -> RawFile:
    """The records of one sheet of a workbook."""
    source.seek(0)
    book = calamine.CalamineWorkbook.from_filelike(source)
    visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible == calamine.SheetVisibleEnum.Visible]
    name = options.sheet or visible[0]
    sheet = book.get_sheet_by_name(name)
    facts = FileFacts("excel", sheet=name, sheets=visible)
    return RawFile(facts, _batches(sheet))


def _batches(sheet: calamine.CalamineSheet) -> Iterator[RawRows]:
    rows = sheet.iter_rows()
    number = 1
    while batch := list(islice(rows, CHUNK_ROWS)):
        columns = [column_of(column) for column in zip(*batch, strict=True)]
        texts = list(zip(*[column for column, _ in columns], strict=True))
        yield RawRows(range(number, number + len(batch)), texts, [kinds for _, kinds in columns])
        number += len(batch)
