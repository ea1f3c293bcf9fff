from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.values import Problem, parse_count

SPELLINGS = ["{}", "{}.0", "{}.00", "{},0", " {} ", "x{}", "{}x", "{} x", "{} pcs", "{} Stück", "{} uds.", "+{}"]


@given(pieces=st.integers(0, 10**9), spelling=st.sampled_from(SPELLINGS))
def test_a_number_of_pieces_in_any_spelling_is_read_back(pieces: int, spelling: str) -> None:
    assert parse_count(spelling.format(pieces)) == pieces


@given(pieces=st.integers(0, 10**9), tail=st.sampled_from(["", ".0", ".000"]))
def test_a_typed_number_is_read_back(pieces: int, tail: str) -> None:
    assert parse_count(f"{pieces}{tail}", "n") == pieces


@given(text=st.text("0123456789., x-+"))
def test_no_count_has_digits_that_are_not_there(text: str) -> None:
    found = parse_count(text)

    if isinstance(found, int) and found:
        assert "".join(digit for digit in text if digit.isdigit()).lstrip("0").startswith(str(abs(found)).rstrip("0"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.5", "not_whole"),
        ("0,5", "not_whole"),
        ("1,000", "ambiguous_count"),
        ("1.000", "ambiguous_count"),
        ("two", "not_a_count"),
        ("$1.00", "not_a_count"),
        ("2026-01-24", "not_a_count"),
        ("99999999999", "too_large"),
    ],
)
def test_what_is_no_whole_number_is_a_problem(text: str, code: str) -> None:
    found = parse_count(text)

    assert isinstance(found, Problem)
    assert found.code == code


@pytest.mark.parametrize(("text", "pieces"), [("1,000.00", 1000), ("1.000,0", 1000), ("12 000", 12000), ("1'000", 1000)])
def test_thousands_are_read_where_only_thousands_can_be_meant(text: str, pieces: int) -> None:
    assert parse_count(text) == pieces


@pytest.mark.parametrize(("text", "kind"), [("1", "d"), ("TRUE", "b"), ("#REF!", "e"), ("1.5", "n"), ("NaN", "n"), ("x", "n")])
def test_other_cells_of_a_spreadsheet_are_no_count(text: str, kind: str) -> None:
    assert isinstance(parse_count(text, kind), Problem)
