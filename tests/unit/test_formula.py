from __future__ import annotations

import csv
import io

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.formula import neutral
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.error_file import ErrorFile, quoted


def test_what_a_spreadsheet_would_run_is_disarmed() -> None:
    for text in [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd",
        "@SUM(A1)",
        " =1",
        "＝1+1",
        "＋1+1",
        "－a",
        "＠a",
        "-(1)",
        "-",
        "--",
        "\tx",
        "\rx",
        "\nx",
    ]:
        assert neutral(text) == "'" + text


def test_what_would_begin_a_cell_under_another_separator_is_disarmed_too() -> None:
    for text, expected in {
        "a;=1": "a;'=1",
        "a\t=1\t-2": "a\t'=1\t-2",
        "a\n=1": "a\n'=1",
        "a\r\n @x": "a\r\n' @x",
        "+1;=1": "'+1;'=1",
        "\t=1": "'\t'=1",
        "a; b=1": "a; b=1",
        "-5;-6": "'-5;-6",
    }.items():
        assert neutral(text) == expected


def test_negative_amounts_stay_numbers() -> None:
    for text in ["-5", "-5.00", "+3", "-$1,234.50", "- $1.40", "+ $73.01", "-1.234,50", "-5%", "−5", "5", "", "a=b", "x@y.z"]:
        assert neutral(text) == text
    for text in [
        "-1,234.00",
        "-5,00 €",
        "-1.234,50 EUR",
        "-US$3.00",
        "-CA$76.00",
        "-$ 5",
        "-1 234,50",
        "-1’234.50",
        "+49 170 1234567",
        "-5.00 ",
    ]:
        assert neutral(text) == text


cell = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    st.text(alphabet='=+-@,;"\r\n\t $€%1209.', max_size=70),
)


@given(cells=st.lists(cell, min_size=2, max_size=2), times=st.sampled_from([1, 600]))
def test_the_error_file_holds_each_cell_and_no_formula(cells: list[str], times: int) -> None:
    sink = io.BytesIO()
    columns = [ByteCells.of([text] * times) for text in cells]
    ErrorFile(sink, ["a", "b"]).add(columns, [7] * times, [b"Not this one.", quoted("Fix it.")], np.ones(times, np.int64))

    text = sink.getvalue().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["a", "b", "row_number", "reasons"]
    assert rows == [[neutral(cells[0]), neutral(cells[1]), "7", "Fix it."]] * times
    assert sink.getvalue().startswith(b"\xef\xbb\xbf")
