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
    import xlsxwriter  # noqa: PLC0415 - one route of one function writes a workbook, and its import takes a while

    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}) as book:
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True})
        sheet = book.add_worksheet(record.name)
        sheet.set_column(0, len(record.columns()) - 1, 22, text)
        for at, row in enumerate(_rows(record)):
            sheet.write_row(at, 0, row, head if at == 0 else text)
        sheet.freeze_panes(1, 0)
    return body.getvalue()


def _rows(record: type[Record]) -> list[list[str]]:
    return [[column.label for column in record.columns()], [column.example for column in record.columns()]]
