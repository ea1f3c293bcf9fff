from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.workbook import open_workbook
from takeback.tabular.workbook_cells import spell_number

HEADER = ["Order Number", "Sale Date", "Item", "Qty", "Price"]
ROWS = [["1-1", date(2026, 1, 24), "Lamp", 1, 12.5], ["1-2", date(2026, 1, 25), "Cup", 2, 3]]
COVER = [["How to use this book"], ["Enter a line for each sale."], ["Owner", "Example Seller"]]
SUMMARY = [["Month", "Profit", "Tax"], ["Jan", 1, 2], ["Feb", 3, 4]]


def workbook(*sheets: tuple[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_typed_cells_are_spelled_as_text_and_keep_what_they_were(seen: Callable) -> None:
    moment = datetime.fromisoformat("2024-01-31 18:30:00")
    values = ["00123", 42, 42.0, 0.1, 1e-5, 1e14, True, date(2024, 1, 31), moment, time(9, 5), None]

    got = seen(workbook(("Sales", [[f"name {chr(97 + at)}" for at in range(len(values))], values])))

    assert got.rows == [
        ("00123", "42", "42", "0.1", "0.00001", "100000000000000", "TRUE", "2024-01-31", "2024-01-31 18:30:00", "09:05:00", ""),
    ]
    assert got.kinds == ["tnnnnnbdddt"]


TYPED = st.tuples(
    st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=10),
    st.integers(-(10**14), 10**14),
    st.dates(date(1901, 1, 1), date(2099, 12, 31)),
    st.decimals(min_value=-(10**6), max_value=10**6, places=2),
)


@settings(max_examples=30)
@given(st.lists(TYPED, min_size=1, max_size=10))
def test_what_openpyxl_writes_reads_back(rows: list[tuple[str, int, date, Decimal]]) -> None:
    raw = open_workbook(io.BytesIO(workbook(("Sales", [["a", "b", "c", "d"], *rows]))), Options(), Limits())

    got = [row for batch in raw.batches for row in batch.rows]
    assert [(text, int(number), day, Decimal(price)) for text, number, day, price in got[1:]] == [
        (text, number, day.isoformat(), price) for text, number, day, price in rows
    ]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_in_full_is_the_same_number(value: float) -> None:
    text = spell_number(value)

    assert float(text) == value
    assert "e" not in text


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_dates_of_both_epochs_are_the_day_that_the_sheet_shows(seen: Callable, epoch: int) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"date_1904": epoch == 1904}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Order Number", "Sale Date"])
        sheet.write(1, 0, "1-1")
        sheet.write_datetime(1, 1, datetime.fromisoformat("2026-01-24"), book.add_format({"num_format": "yyyy-mm-dd"}))

    assert seen(buffer.getvalue()).rows == [("1-1", "2026-01-24")]


def test_row_numbers_are_those_of_the_sheet(seen: Callable) -> None:
    got = seen(workbook(("Sales", [["My sales"], [], HEADER, ROWS[0], [], ROWS[1]])))

    assert got.table.facts.header_row == 3
    assert got.numbers == [4, 6]
    assert got.dropped == {1: "above the header", 2: "blank line", 5: "blank line"}


def test_columns_keep_their_place_when_the_table_begins_further_right(seen: Callable) -> None:
    got = seen(workbook(("Sales", [[None, *HEADER], [None, *ROWS[0]], [None, *ROWS[1]]])))

    assert got.table.headers == ["column 1", *HEADER]


def test_hidden_and_empty_sheets_are_passed_over_and_named(seen: Callable) -> None:
    got = seen(workbook(("Old", [HEADER, *ROWS]), ("Blank", []), ("Sales", [HEADER, *ROWS]), hidden=["Old"]))

    assert got.table.facts.sheet == "Sales"
    assert got.table.facts.sheets == ["Old", "Blank", "Sales"]
    assert [notice.message for notice in got.table.notices] == [
        "The sheet “Sales” was read. Not read: “Blank” (empty), “Old” (hidden). Choose another sheet if that is wrong."
    ]


@pytest.mark.parametrize("first", [COVER, SUMMARY])
def test_a_cover_or_a_summary_is_not_taken_for_the_table(seen: Callable, first: list) -> None:
    assert seen(workbook(("First", first), ("Sales", [HEADER, *ROWS]))).table.facts.sheet == "Sales"


def test_the_first_of_two_like_sheets_is_read_and_a_chosen_one_wins(seen: Callable) -> None:
    content = workbook(("January", [HEADER, ROWS[0]]), ("February", [HEADER, ROWS[1]]))

    assert seen(content).rows[0][0] == "1-1"
    assert seen(content, sheet="February").rows[0][0] == "1-2"


def test_a_sheet_that_is_not_there_is_refused(refusal: Callable) -> None:
    assert refusal(workbook(("Sales", [HEADER, *ROWS])), sheet="March") == "no_such_sheet"


def test_a_workbook_with_nothing_in_it_is_refused(refusal: Callable) -> None:
    assert refusal(workbook(("Sheet1", []))) == "empty_sheet"


def test_a_formula_that_was_never_calculated_is_flagged_in_its_cell(seen: Callable) -> None:
    formula = [None, "1-2", date(2026, 1, 25), "Cup", 2, "=E3*2"]

    got = seen(workbook(("Sales", [[None, *HEADER], [None, *ROWS[0]], formula])))

    assert [(issue.code, issue.row, issue.header) for issue in got.issues] == [("formula_without_value", 3, "Price")]


def test_a_calculated_formula_is_its_value(seen: Callable) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Order Number", "Item", "Price"])
        sheet.write_row(1, 0, ["1-1", "Lamp"])
        sheet.write_formula(1, 2, "=6*2", None, 12)

    got = seen(buffer.getvalue())

    assert got.rows == [("1-1", "Lamp", "12")]
    assert got.issues == []


def test_a_failed_formula_is_flagged_and_never_an_empty_cell(seen: Callable) -> None:
    got = seen(workbook(("Sales", [HEADER, ROWS[0], ["1-2", date(2026, 1, 25), "Cup", 2, "#REF!"]])))

    assert [(issue.code, issue.row, issue.header) for issue in got.issues] == [("error_value", 3, "Price")]
    assert (got.rows[1][4], got.kinds[1][4]) == ("#REF!", "e")


def test_a_number_that_lost_digits_is_flagged_in_its_cell(seen: Callable) -> None:
    got = seen(workbook(("Sales", [["Tracking", "Item"], [1234567890123456789, "Lamp"], ["1234567890123456789", "Cup"]])))

    assert [(issue.code, issue.row, issue.header) for issue in got.issues] == [("number_precision", 2, "Tracking")]


def test_many_rows_come_in_chunks_with_their_own_numbers(seen: Callable) -> None:
    rows = [[f"1-{number}", "2026-01-01", "Lamp", 1, 2.5] for number in range(20_500)]

    got = seen(workbook(("Sales", [HEADER, *rows, ["Total", None, None, 20_500, 51_250]])))

    assert got.numbers == list(range(2, 20_502))
    assert got.dropped == {20_502: "a total"}


def test_few_texts_in_many_cells_are_read(seen: Callable) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for row, values in enumerate([HEADER, *[["1-1", "2026-01-01", "Lamp", 1, 2.5]] * 2_000]):
            sheet.write_row(row, 0, values)

    assert len(seen(buffer.getvalue()).rows) == 2_000


def test_too_many_columns_are_refused(refusal: Callable) -> None:
    assert refusal(workbook(("Sales", [[f"c{number}" for number in range(50)], list(range(50))])), Limits(columns=20)) == "too_many_columns"


def without_references(content: bytes) -> bytes:
    """The same workbook with cells that do not say where they are."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            after.writestr(name, re.sub(rb'<c r="[A-Z]+\d+"', b"<c", part) if "worksheets/" in name else part)
    return changed.getvalue()


FORMATS = [
    ("00000", 1234, "01234"),
    ("00000", 123456, "123456"),
    ("00000-0000", 12345678, "01234-5678"),
    ('"ORD-"000000', 37, "ORD-000037"),
    ("000;-000", 7, "007"),
    ("\\#00", 5, "#05"),
]


@pytest.mark.parametrize("spelt", [bytes, without_references])
@pytest.mark.parametrize(("code", "number", "shown"), FORMATS)
def test_leading_zeros_that_a_number_format_shows_are_kept(
    seen: Callable, code: str, number: int, shown: str, spelt: Callable[[bytes], bytes]
) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("Sales")
    sheet.write_row(0, 0, ["Order Number", "Item", "Price"])
    for row in range(1, 9):
        sheet.write_number(row, 0, number, book.add_format({"num_format": code}) if row != 5 else None)
        sheet.write_row(row, 1, ["Lamp", 12.5])
    book.close()

    got = seen(spelt(buffer.getvalue()))

    assert [row[0] for row in got.rows] == [str(number) if row == 5 else shown for row in range(1, 9)]
    assert "leading_zeros" in got.noticed


@pytest.mark.parametrize("code", ["0", "0.00", "#,##0", "$00.00", "00%", "dd", "[h]:mm", "General"])
def test_formats_of_amounts_dates_and_plain_numbers_change_nothing(seen: Callable, code: str) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("Sales")
    sheet.write_row(0, 0, ["Order Number", "Item", "Price"])
    sheet.write_row(1, 0, ["A1", "Lamp", 7], book.add_format({"num_format": code}))
    book.close()

    assert "leading_zeros" not in seen(buffer.getvalue()).noticed
