from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.values import Problem, parse_id


@given(st.from_regex(r"[0-9]{1,30}|[A-Z0-9]{2}-[0-9]{5}-[0-9]{5}|#[0-9]{1,6}|[A-Za-z0-9]{8,24}", fullmatch=True))
def test_every_character_of_an_id_stays(number: str) -> None:
    assert parse_id(number) == number
    assert parse_id(f"  {number}\n") == number
    assert parse_id(f"'{number}") == number
    assert parse_id(f'="{number}"') == number


@given(st.integers(0, 10**15 - 1))
def test_a_typed_number_of_at_most_fifteen_digits_is_whole(number: int) -> None:
    assert parse_id(str(number), "n") == str(number)
    assert parse_id(f"{number}.0", "n") == str(number)


@given(st.integers(10**15, 10**20))
def test_a_typed_number_that_a_spreadsheet_rounded_is_damage(number: int) -> None:
    found = parse_id(f"{number // 10**4 * 10**4}", "n")

    assert isinstance(found, Problem)
    assert found.code == "damaged_id"


@pytest.mark.parametrize("text", ["1.2E+11", "1,2E+11", "1.2e+11", "7E+15", "3.5E18"])
def test_scientific_notation_is_reported_as_damage(text: str) -> None:
    found = parse_id(text)

    assert isinstance(found, Problem)
    assert found.code == "damaged_id"


@pytest.mark.parametrize("text", ["12E5", "A1E+5", "1E10", "e+5", "00451", "0", "='A'"])
def test_what_only_looks_a_little_like_damage_is_kept(text: str) -> None:
    assert parse_id(text) == text


def test_an_id_that_became_a_date_is_damage() -> None:
    found = parse_id("2026-01-24", "d")

    assert isinstance(found, Problem)
    assert found.code == "damaged_id"


def test_long_typed_numbers_of_json_keep_every_digit() -> None:
    assert parse_id("3500007777777777777", "n") == "3500007777777777777"


@pytest.mark.parametrize(("text", "kind"), [("true", "b"), ("#REF!", "e"), ("NaN", "n"), ("x", "n")])
def test_other_cells_of_a_spreadsheet_are_no_id(text: str, kind: str) -> None:
    assert isinstance(parse_id(text, kind), Problem)


@pytest.mark.parametrize("text", ["A\x00B", "\ud800"])
def test_characters_that_no_database_keeps_are_a_problem(text: str) -> None:
    found = parse_id(text)

    assert isinstance(found, Problem)
    assert found.code == "bad_character"


def test_a_text_is_no_id_when_it_is_too_long() -> None:
    assert isinstance(parse_id("x" * 201), Problem)
    assert parse_id("x" * 200) == "x" * 200
