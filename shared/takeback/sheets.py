"""The blank sheet that people fill in by hand."""

from __future__ import annotations

import csv
import io

from takeback.records import Record


def template_csv(record: type[Record]) -> bytes:
    """The headers and one example row as CSV, with the byte order mark that Excel needs."""
    text = io.StringIO()
    csv.writer(text).writerows(_rows(record))
    return text.getvalue().encode("utf-8-sig")


def template_xlsx(record: type[Record]) -> bytes:
    """The headers and one example row as a workbook. All cells are text, so that Excel leaves ids and dates alone."""
    import openpyxl  # noqa: PLC0415 - one route of one function writes a workbook, and its import takes a while
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = record.name
    for row in _rows(record):
        sheet.append(row)
    for at, (head, example) in enumerate(zip(sheet[1], sheet[2], strict=True), 1):
        head.font = Font(bold=True)
        example.number_format = "@"
        column = sheet.column_dimensions[get_column_letter(at)]
        column.width, column.number_format = 22, "@"
    sheet.freeze_panes = "A2"
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def _rows(record: type[Record]) -> list[list[str]]:
    return [[column.label for column in record.columns()], [column.example for column in record.columns()]]
