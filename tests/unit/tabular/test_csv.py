from __future__ import annotations

import csv
import io
from collections.abc import Callable
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.options import Options
from takeback.tabular.csv_file import open_csv
from takeback.tabular.encoding import BLOCK_BYTES
from takeback.tabular.limits import Limits

HEADER = ["order", "item", "price"]

# A first column of words keeps the dialect unmistakable; the other cells hold whatever a cell may hold.
WORDS = st.text(alphabet=ascii_letters, min_size=1, max_size=8)
CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
ROWS = st.lists(st.tuples(WORDS, CELLS, WORDS), min_size=1, max_size=12)


def raw_rows(content: bytes, limits: Limits | None = None, **options: str) -> list[list[str]]:
    raw = open_csv(io.BytesIO(content), Options(**options), limits or Limits())
    return [list(row) for batch in raw.batches for row in batch.rows]


@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_the_csv_module_writes_reads_back_equal(rows: list[tuple[str, str, str]], delimiter: str, end: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])

    assert raw_rows(written.getvalue().encode(), delimiter=delimiter) == [HEADER, *map(list, rows)]


@given(rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=2, max_size=20), delimiter=st.sampled_from(",;\t|"))
def test_the_delimiter_of_plain_words_is_found(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    content = "\n".join(delimiter.join(row) for row in [tuple(HEADER), *rows]).encode()

    raw = open_csv(io.BytesIO(content), Options(), Limits())

    assert raw.facts.delimiter == delimiter
    assert raw.notices == []


@pytest.mark.parametrize("shift", range(-3, 4))
def test_a_block_may_end_anywhere_in_a_record(shift: int) -> None:
    lead = "a,b,c\r\n" + "x" * (BLOCK_BYTES - 20 + shift) + ",y,z\r\n"
    content = (lead + '1,"two\r\nlines, and ""marks""",3\r\n' * 40).encode()

    rows = raw_rows(content, Limits(cell_chars=2 * BLOCK_BYTES), delimiter=",")

    assert rows[2:] == [["1", 'two\r\nlines, and "marks"', "3"]] * 40


def test_rows_are_numbered_as_a_spreadsheet_shows_them_blank_ones_too(seen: Callable) -> None:
    got = seen("order,item,price\n\n1,Lamp,2.00\n\n\n2,Cup,3.00\n")

    assert got.numbers == [3, 6]
    assert got.dropped == {2: "blank line", 4: "blank line", 5: "blank line"}


def test_the_line_that_tells_excel_the_separator_is_no_row(seen: Callable) -> None:
    got = seen("sep=;\r\norder;item;price\r\n1;Lamp, blue;2,00\r\n")

    assert got.table.facts.delimiter == ";"
    assert got.table.facts.header_row == 1
    assert got.rows == [("1", "Lamp, blue", "2,00")]


def test_a_decimal_comma_does_not_make_a_comma_the_delimiter(seen: Callable) -> None:
    got = seen("nr;preis\n1;12,50\n2;3,00\n3;4,99\n")

    assert got.table.headers == ["nr", "preis"]
    assert got.rows[0] == ("1", "12,50")


def test_two_delimiters_that_fit_equally_well_are_named(seen: Callable) -> None:
    assert "ambiguous_delimiter" in seen("ab;cd,ef\ngh;ij,kl\nmn;op,qr\n").noticed


def test_ragged_records_are_flagged_and_nothing_is_shifted(seen: Callable) -> None:
    got = seen("order,item,price\n1,Lamp,2.00\n2,Cup\n3,Hat,4.00,extra\n4,Box,5.00\n")

    assert got.flagged("ragged_rows") == [3, 4]
    assert got.rows[1:3] == [("2", "Cup", ""), ("3", "Hat", "4.00")]
    assert [issue.value for issue in got.issues] == [None, "extra"]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(seen: Callable) -> None:
    rows = [f"{number},Item {number},{number}.00" for number in range(3, 3000)]

    got = seen("\n".join(["order,item,price", '2,"Lamp,2.00', *rows]))

    assert got.flagged("bad_quoting") == [2]
    assert len(got.numbers) == 2998
    assert got.rows[-1] == ("2999", "Item 2999", "2999.00")


def test_text_after_a_closing_quotation_mark_is_flagged(seen: Callable) -> None:
    assert seen('a,b,c\n1,"x"y,3\n4,5,6\n').flagged("bad_quoting") == [2]


def test_two_stray_marks_that_pair_up_over_lines_are_flagged(seen: Callable) -> None:
    got = seen('order,item,price,fee\n1,Lamp,2.00,1\n2,"Cup,3.00,1\n3,Hat",4.00,1\n4,Box,5.00,1\n')

    assert got.flagged("bad_quoting") == [3]


def test_an_address_over_several_lines_is_one_cell_and_no_fault(seen: Callable) -> None:
    got = seen('order,address,price\n1,"1 Example Street\nBoston, MA\nUSA",2.00\n2,"2 Example Street",3.00\n')

    assert got.issues == []
    assert got.rows[0] == ("1", "1 Example Street\nBoston, MA\nUSA", "2.00")


@pytest.mark.parametrize("item", ['Pipe 12" long', 'TV 42"', 'The "Best" Lamp', 'Poster 24"x36"', ' "2.3"', "37°36'37.8\"N 121°2'17.9\"W"])
def test_inch_marks_and_nicknames_are_text(seen: Callable, item: str) -> None:
    got = seen(f"order,item,price\n1,{item},2.00\n2,Cup,3.00\n3,Hat,4.00\n")

    assert got.rows[0][1] == item
    assert got.issues == []


@pytest.mark.parametrize("line", ['1,Boots"These are, boots",2.00', '1,Lamp",2.00', '1"2,Lamp,2.00'])
def test_a_mark_that_tears_cells_is_flagged(seen: Callable, line: str) -> None:
    assert 2 in seen(f"order,item,price\n{line}\n2,Cup,3.00\n").flagged("bad_quoting")


def test_marks_that_enclose_nothing_in_a_tab_file_are_kept_as_text(seen: Callable) -> None:
    got = seen('order\titem\tprice\n1\t"New" Lamp\t2.00\n2\t"Old" Cup\t3.00\n3\t"Big" Hat\t3.00\n')

    assert [row[1] for row in got.rows] == ['"New" Lamp', '"Old" Cup', '"Big" Hat']
    assert got.noticed == ["unusual_quoting"]


def test_backslashed_marks_are_read_and_the_file_says_so(seen: Callable) -> None:
    got = seen('order,item,price\n1,"The \\"Best\\" Lamp",2.00\n2,"A \\"nice\\", blue cup",3.00\n')

    assert [row[1] for row in got.rows] == ['The "Best" Lamp', 'A "nice", blue cup']
    assert got.noticed == ["unusual_quoting"]


def test_blanks_after_commas_do_not_break_quoted_cells(seen: Callable) -> None:
    got = seen('order, item, price\n1, "Lamp, blue", 2.00\n2, "Cup, red", 3.00\n')

    assert got.table.headers == ["order", "item", "price"]
    assert got.rows[0] == ("1", "Lamp, blue", "2.00")


def test_a_nul_is_flagged_in_its_row_and_the_value_is_not_cut(seen: Callable) -> None:
    got = seen("order,item,price\n1,Lamp,2.00\n2,Cu\0p,3.00\n")

    assert got.flagged("nul_byte") == [3]
    assert got.rows[1][1] == "Cu\ufffdp"


def test_a_cell_longer_than_a_spreadsheet_holds_is_flagged(seen: Callable) -> None:
    got = seen("order,item\n1," + "x" * 40_000 + "\n2,Cup\n")

    assert got.flagged("cell_too_long") == [2]
    assert len(got.rows[0][1]) == Limits().cell_chars
    assert got.rows[1] == ("2", "Cup")


def test_a_line_without_end_is_refused_before_it_fills_the_memory(refusal: Callable) -> None:
    assert refusal(b"a,b\n" + b"x" * 5_000_000, Limits(record_chars=1_000_000)) == "line_too_long"


def test_a_million_columns_are_refused(refusal: Callable) -> None:
    assert refusal(b",".join([b"a"] * 1_000_000) + b"\n1,2\n") == "too_many_columns"


def test_too_many_rows_are_refused(refusal: Callable) -> None:
    assert refusal("order,item\n" + "1,Lamp\n" * 100, Limits(rows=50)) == "too_many_rows"


def test_a_table_can_be_opened_again_from_the_same_source() -> None:
    source = io.BytesIO(b"order,item\n1,Lamp\n")
    source.seek(5)

    first = [batch.rows for batch in open_csv(source, Options(), Limits()).batches]

    assert [batch.rows for batch in open_csv(source, Options(), Limits()).batches] == first
