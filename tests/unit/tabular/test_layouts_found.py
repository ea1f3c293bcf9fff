"""Exports as marketplaces and bookkeeping programs lay them out: title lines, two-line headers, sums and footers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.options import Options
from takeback.tabular.guarded_csv import open_guarded_csv
from takeback.tabular.limits import Limits
from takeback.tabular.looks import LABELS_BEGIN, total_label
from takeback.tabular.reader import open_table

HEADER = ["Order Number", "Sale Date", "Item", "Qty", "Price", "Fee", "Status"]
DATA = [[f"17-{day:05}-1", f"2026-01-{day:02}", f"Lamp {day}", "1", f"{day * 3}.50", "1.20", "SOLD"] for day in range(1, 13)]


def written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


def test_twelve_lines_of_preamble_are_left_out_with_a_receipt(seen: Callable) -> None:
    above = [
        ["Account", "Example Seller"],
        ["Account Number", "000123"],
        ["Report", "Sales by order"],
        ["From", "2026-01-01", "To", "2026-01-31"],
        ["Currency", "USD"],
        [],
        ["Generated on", "2026-02-01 10:00"],
        ["Timezone", "PST"],
        ["Filters", "none"],
        ["Marketplace", "US"],
        ["Note", "All amounts incl. tax"],
        [],
    ]

    got = seen(written([*above, HEADER, *DATA]))

    assert got.table.facts.header_row == 13
    assert got.numbers == list(range(14, 26))
    assert got.dropped == {row: "above the header" if above[row - 1] else "blank line" for row in range(1, 13)}
    assert got.noticed == ["header_row"]


@pytest.mark.parametrize(
    "line",
    [
        ["Total", "", "", "12", "273.00", "14.40", ""],
        ["Totals:", "", "", "", "$273.00", "", ""],
        ["Grand Total", "", "", "12", "273.00", "14.40", ""],
        ["Sub-total January", "", "", "12", "273.00", "14.40", ""],
        ["Total for January", "", "", "", "273.00", "14.40", ""],
        ["", "", "", "Total:", "273.00", "14.40", ""],
        ["Summe", "", "", "12", "273,00", "14,40", ""],
        ["TOTAL", "", "", "", "273,00 €", "", ""],
        ["Sous-total", "", "", "", "273,00", "", ""],
    ],
)
def test_a_total_is_no_sale_wherever_it_stands(seen: Callable, line: list[str]) -> None:
    got = seen(written([HEADER, *DATA[:5], line, *DATA[5:], line]))

    assert got.numbers == [2, 3, 4, 5, 6, *range(8, 15)]
    assert got.dropped == {7: "a total", 15: "a total"}


@pytest.mark.parametrize("item", ["Total Recall DVD", "Summer hat", "Subtotal calculator", "Totals scale"])
def test_an_item_whose_name_begins_like_a_total_is_a_sale(seen: Callable, item: str) -> None:
    got = seen(
        written([["Item", "Date", "Price"], [item, "2026-01-01", "12.00"], ["Lamp", "2026-01-02", "3.00"], ["Cup", "2026-01-03", ""]])
    )

    assert [row[0] for row in got.rows] == [item, "Lamp", "Cup"]


@pytest.mark.parametrize(
    "footer",
    [
        [["12 record(s) downloaded"], ["Seller ID : example_seller"]],
        [["Number of orders", "12"], ["Total fees", "14.40"], ["Printed by", "example"]],
        [["Report generated on: 04/02/2026"]],
        [["Page 1 of 1"]],
        [["Disclaimer: the figures, as far as they go, are for information only; " * 4]],
        [["", "", "", "", "273.00", "14.40", ""]],
    ],
)
def test_a_footer_is_left_out(seen: Callable, footer: list[list[str]]) -> None:
    got = seen(written([HEADER, *DATA, [], *footer]))

    assert len(got.rows) == len(DATA)
    assert got.issues == []
    assert set(got.dropped) == set(range(14, 15 + len(footer)))


def test_a_header_repeated_on_each_page_is_no_sale(seen: Callable) -> None:
    got = seen(written([["Sales report"], [], HEADER, *DATA[:6], [], ["Page 1 of 2"], [], HEADER, *DATA[6:]]))

    assert [row[2] for row in got.rows] == [row[2] for row in DATA]
    assert got.dropped[13] == "the header again"


def test_headings_between_the_rows_are_left_out(seen: Callable) -> None:
    got = seen(written([HEADER, ["January 2026", *[""] * 6], *DATA[:6], ["February 2026", *[""] * 6], *DATA[6:]]))

    assert len(got.rows) == 12
    assert got.dropped == {2: "a note: only one cell is filled", 9: "a note: only one cell is filled"}


def test_a_row_with_nothing_but_its_order_number_stays_a_row(seen: Callable) -> None:
    got = seen(written([HEADER, *DATA[:3], ["17-00099-1", *[""] * 6], *DATA[3:]]))

    assert got.rows[3][0] == "17-00099-1"


def test_a_row_whose_cells_another_sign_separates_is_not_taken_for_a_note(seen: Callable) -> None:
    got = seen(written([HEADER, *DATA[:3]]) + ";".join(DATA[3]) + "\r\n" + written(DATA[4:]))

    assert got.flagged("ragged_rows") == [5]


GROUPS = [["Order", "", "Product", "", "Money", "", ""], ["Number", "Date", "Title", "Qty", "Amount", "Amount", ""]]
HALVES = [["Order", "Sale", "Item", "", "Sale", "eBay", ""], ["Number", "Date", "Title", "Qty", "Price", "Fee", "Status"]]
UNITS = [HEADER, ["", "", "", "pcs", "USD", "USD", ""]]
TRANSLATED = [HEADER, ["Bestellnr", "Datum", "Artikel", "Menge", "Preis", "Gebühr", "Status"]]


@pytest.mark.parametrize(
    ("lines", "header_row", "names"),
    [
        (GROUPS, 2, ["Number", "Date", "Title", "Qty", "Money Amount", "Money Amount#2", "column 7"]),
        (HALVES, 2, ["Order Number", "Sale Date", "Item Title", "Qty", "Sale Price", "eBay Fee", "Status"]),
        (UNITS, 1, HEADER),
        (TRANSLATED, 1, HEADER),
    ],
)
def test_column_names_in_two_lines_become_one(seen: Callable, lines: list[list[str]], header_row: int, names: list[str]) -> None:
    got = seen(written([*lines, *DATA]))

    assert got.table.facts.header_row == header_row
    assert got.table.headers == names
    assert len(got.rows) == 12
    assert "header_rows" in got.noticed


def test_a_row_of_words_in_the_midst_of_the_data_is_not_taken_for_the_header(seen: Callable) -> None:
    got = seen(written([["name", "note"], ["plain", "a word"], ["other", "words"], ["last", "more"], ["sum", "12.00"], ["rest", "-5.00"]]))

    assert got.table.headers == ["name", "note"]
    assert len(got.rows) == 5


def test_equal_rows_of_a_file_without_column_names_are_not_taken_for_the_header_again(seen: Callable) -> None:
    got = seen(written([DATA[0], DATA[1], DATA[0], DATA[2]]))

    assert got.numbers == [2, 3, 4]


def test_a_chosen_header_row_settles_it(seen: Callable) -> None:
    got = seen(written([["a", "b"], ["c", "d"], ["1", "2"]]), header_row=2)

    assert got.table.headers == ["c", "d"]
    assert got.rows == [("1", "2")]


def test_a_header_row_beyond_the_file_is_refused(refusal: Callable) -> None:
    assert refusal("a,b\n1,2\n", header_row=9) == "no_such_row"


def test_a_second_table_below_the_first_is_named(seen: Callable) -> None:
    refunds = [["Refund", "Reason", "Customer", "Units", "Amount", "Cost", "State"], *DATA[:3]]

    got = seen(written([HEADER, *DATA, [], *refunds]))

    assert [(issue.code, issue.row) for issue in got.table.issues] == [("several_tables", 15)]


def test_a_file_without_column_names_says_so(seen: Callable) -> None:
    assert seen(written(DATA)).noticed == ["no_header"]


def test_names_are_unique_and_never_empty(seen: Callable) -> None:
    got = seen("Total,,Total,Total#2,  Sale\tDate \n1,2,3,4,2026-01-01\n2,3,4,5,2026-01-02\n")

    assert got.table.headers == ["Total", "column 2", "Total#2", "Total#2#2", "Sale Date"]
    assert got.noticed == ["duplicate_header"]


def test_a_header_that_lacks_a_separator_is_named(seen: Callable) -> None:
    got = seen("Order NumberSale Date,Item,Price\n1,2026-01-01,Lamp,\n2,2026-01-02,Cup,\n")

    assert "header_width" in got.noticed


def test_an_export_without_rows_is_refused_as_such(refusal: Callable) -> None:
    assert refusal("Order Number,Sale Date,Item,Price\r\n") == "no_rows"


def test_a_lone_line_that_may_be_no_header_is_shown_with_an_issue(seen: Callable) -> None:
    got = seen("foo,bar\n")

    assert got.rows == []
    assert [issue.code for issue in got.table.issues] == ["no_rows"]


def test_receipts_of_thirty_thousand_blank_lines_stay_few(seen: Callable) -> None:
    got = seen("order,item\n1,Lamp\n" + ",\n" * 30_000 + "2,Cup\n")

    assert got.numbers == [2, 30_003]
    assert len(got.table.facts.dropped_lines) == 1001
    assert "29,000 more" in got.table.facts.dropped_lines[-1].reason


@pytest.mark.parametrize(
    "line", [["12", "record(s) downloaded"], ["12", "record(s) downloaded", "from ", "Jan-01-26"], ["12 orders found"]]
)
def test_a_footer_that_counts_the_records_is_no_record(seen: Callable, line: list[str]) -> None:
    got = seen(written([HEADER, *DATA, line, ["Seller ID: example"]]))

    assert len(got.numbers) == len(DATA)
    assert [dropped.row_number for dropped in got.table.facts.dropped_lines] == [14, 15]


@given(
    first=st.sampled_from(
        ["17-1", "Total", "Grand total", "total:", "Order Number", "ORDER  number", "Summe", "#7", "x", " ", "", "итого", "Sold"]
    ),
    rest=st.lists(st.sampled_from(["", "", " ", "12.50", "Lamp", "1"]), min_size=6, max_size=6),
)
def test_a_row_with_gaps_is_left_out_alike_however_it_is_read(first: str, rest: list[str]) -> None:
    data = written([HEADER, *DATA, [first, *rest], *DATA]).encode()
    options = Options(delimiter=",", encoding="utf-8", header_row=1)
    found = []
    for table in (open_guarded_csv(io.BytesIO(data), options, Limits()), open_table(io.BytesIO(data), options, Limits())):
        assert table is not None
        found.append(([list(chunk.row_numbers) for chunk in table.chunks], table.facts.dropped_lines))

    assert found[0] == found[1]


@given(text=st.one_of(st.text(max_size=20), st.from_regex(r"(?i)\s*\w*[\s-]*(total|summe|suma|gesamt)\b.*", fullmatch=True)))
def test_no_label_of_a_total_begins_otherwise_in_ascii(text: str) -> None:
    begins = text.strip()[:1]
    assert not total_label(text) or not begins.isascii() or begins.lower() in LABELS_BEGIN
