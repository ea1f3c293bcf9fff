"""What is settled at a glance is what the scalar rules say, as a value and as evidence."""

from __future__ import annotations

from string import ascii_letters, punctuation

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import Problem, parse_cell, ruled_out
from takeback.rules.values.empty import NO_VALUE
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.glance import Rejects, kept_ids, kept_texts

CHOICES = {"shipped": ("sent", "on its way"), "refund": ("Refund - no return", "Rückgabe"), "new": ()}
COLUMNS = [
    Column(kind="money", label="Price", example=""),
    Column(kind="date", label="Day", example=""),
    Column(kind="count", label="Pieces", example=""),
    Column(kind="choice", label="State", example="", choices=CHOICES),
]
READINGS = [
    Reading(date_order="MDY", decimal_mark="."),
    Reading(decimal_mark=",", currency="EUR", magnitude=True),
    Reading(date_order="DMY", money_unit="cents", number_dates="unix"),
]
PIECES = [
    *"US $ USD kr CA lei A$ zł € EUR. 12 7 2026 01 1.234,56 0.99 ,5 ' ` + - − ( ) .- ,-- ¢ Rs. about x pcs Stk. unidades St stück".split(),
    *"Jan February März janv. 1st 2nd 12th er de of del Mon Sonntag, T Z 10:15 :30 at um PM A.M. h UTC +01:00 a/b º 20260124".split(),
    *'/ . , # ; _ ! " = @ % & : \\ sent Sent on_its way ON-ITS-WAY refund no return Rückgabe shipped 45123 1700000000 １２ ٣ ä ü'.split(),
    *[
        "thof ",
        "12thof january 2026",
        "20260124T101500Z",
        "$ -",
        "U(S 12)",
        "1(2)3",
        "12.- 5",
        "1.2E+11",
        " ",
        "\t",
        "\u00a0",
        "\n",
        "\u200b",
    ],
    *NO_VALUE,
]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=6).map(" ".join),
    st.text(alphabet=ascii_letters + "0123456789" * 4 + punctuation + "  ", max_size=12),
    st.text(alphabet="0123456789.,'-+/: T", max_size=24),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.tuples(st.text(alphabet="a1 .,:-é", max_size=9), st.integers(0, 30)).map(lambda drawn: drawn[0] * drawn[1]),
)


@given(cells=st.lists(texts, min_size=1, max_size=40), column=st.sampled_from(COLUMNS), reading=st.sampled_from(READINGS))
@example(cells=PIECES, column=COLUMNS[0], reading=READINGS[0])
@example(cells=PIECES, column=COLUMNS[1], reading=READINGS[0])
@example(cells=PIECES, column=COLUMNS[2], reading=READINGS[0])
@example(cells=PIECES, column=COLUMNS[3], reading=READINGS[0])
def test_what_is_ruled_out_has_the_usual_problem_and_says_no_more(cells: list[str], column: Column, reading: Reading) -> None:
    rule = ruled_out(column)
    assert rule is not None
    for text, is_ruled_out in zip(cells, Rejects(rule).among(ByteCells.of(cells)).tolist(), strict=True):
        if is_ruled_out:
            evidence = Evidence("", column)
            evidence.see(text, "t", 7)

            assert parse_cell(column, reading, text) == rule.problem
            assert list(evidence.tallies) == (["bad"] if column.kind == "date" else [])
            assert not evidence.days
            assert not evidence.latest


@given(cells=st.lists(texts, min_size=1, max_size=40))
def test_what_is_kept_at_a_glance_is_the_value_as_it_stands(cells: list[str]) -> None:
    for kind, find in (("id", kept_ids), ("text", kept_texts)):
        column = Column(kind=kind, label="Some", example="", required=True)
        for text, is_kept in zip(cells, find(ByteCells.of(cells)).tolist(), strict=True):
            if is_kept:
                assert parse_cell(column, Reading(), text) == text
                assert not set("\\\t\n\r") & set(text)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (0, "about rqgcb"), (0, "free!"), (0, "12x50"), (0, "1$2"), (0, "n" * 70), (0, "12/24/2026"), (0, "each"), (0, "?"),
        (1, "tomorrow"), (1, "12 parsecs 2026"), (1, "1-2-3-4"), (1, "???"), (1, "-.-.-"), (1, "x" * 101), (1, "2026#01#02"),
        (2, "two"), (2, "1 box"), (2, "1x1"), (2, "1-2"), (2, "$1"), (2, "9" * 41),
        (3, "Lost"), (3, "shipped 2"), (3, "."), (3, "99"), (3, "y" * 300),
    ],
)  # fmt: skip
def test_nonsense_is_ruled_out(column: int, text: str) -> None:
    rule = ruled_out(COLUMNS[column])
    assert rule is not None
    assert Rejects(rule).among(ByteCells.of(["", text])).tolist() == [False, True]
    assert isinstance(parse_cell(COLUMNS[column], READINGS[0], text), Problem)


def test_few_cells_that_a_column_may_hold_are_ruled_out() -> None:
    held = {
        0: ["$12.50", "CA$ 3", "-", "n/a", "12.50 USD"],
        1: ["Jan 5, 2026", "05th of May 2026"],
        2: ["x3", "3 pcs"],
        3: ["sent", "On its way"],
    }
    for place, cells in held.items():
        rule = ruled_out(COLUMNS[place])
        assert rule is not None
        assert not Rejects(rule).among(ByteCells.of(cells)).any()


def test_an_id_is_kept_where_nothing_about_it_is_odd() -> None:
    cells = ["A-17", "20-1", "n/a", "'7", '="7"', "1.2E+11", " 7"]
    assert kept_ids(ByteCells.of(cells)).tolist() == [True, True, False, False, False, False, False]
