from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.records import record_type
from takeback.rules.values import Problem, parse_choice, parse_text

STATUS = next(column.choices for column in record_type("bookkeeping").columns() if column.name == "status") or {}
KEPT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


@given(KEPT)
def test_text_loses_its_outer_blanks_and_nothing_else(text: str) -> None:
    found = parse_text(text)

    assert isinstance(found, str)
    assert found in text
    assert not text.replace(found, "", 1).strip("\ufeff\u200b \t\r\n").strip()


def test_line_breaks_within_a_text_stay() -> None:
    assert parse_text(" Leave with\nthe neighbour \n") == "Leave with\nthe neighbour"


@pytest.mark.parametrize("text", ["A\x00B", "A\ud800"])
def test_characters_that_no_database_keeps_are_a_problem(text: str) -> None:
    found = parse_text(text)

    assert isinstance(found, Problem)
    assert found.code == "bad_character"


def test_a_spreadsheets_error_is_no_text() -> None:
    assert isinstance(parse_text("#REF!", "e"), Problem)


def test_a_text_is_refused_when_it_is_too_long() -> None:
    assert isinstance(parse_text("x" * 10_001), Problem)


@given(st.sampled_from([(word, spelling) for word, others in STATUS.items() for spelling in (word, *others)]), st.sampled_from(" _-–."))
def test_a_status_is_read_in_every_usual_spelling(pair: tuple[str, str], between: str) -> None:
    word, spelling = pair

    assert parse_choice(spelling, STATUS) == word
    assert parse_choice(spelling.upper().replace(" ", between), STATUS) == word
    assert parse_choice(f" {spelling.capitalize()} ", STATUS) == word


@given(st.text(max_size=20))
def test_a_status_is_one_of_the_words_or_a_problem(text: str) -> None:
    found = parse_choice(text, STATUS)

    assert found in STATUS or isinstance(found, Problem)


@pytest.mark.parametrize("text", ["Refunded", "Canceled", "Pending", "Annulé", "storniert", "success rate"])
def test_a_word_that_may_mean_several_things_is_not_guessed(text: str) -> None:
    found = parse_choice(text, STATUS)

    assert isinstance(found, Problem)
    assert found.code == "unknown_choice"


def test_no_spelling_stands_for_two_words() -> None:
    spellings = [spelling for others in STATUS.values() for spelling in others]

    assert len(spellings) == len(set(spellings))
