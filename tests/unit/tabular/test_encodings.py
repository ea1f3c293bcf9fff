from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.tabular.encoding import BLOCK_BYTES, bad_text, lines_of

NAMES = "id,name,city\n1,José Müller,Zürich\n2,Søren Ångström,Malmö\n3,Renée Lefèvre,Orléans\n"
POLISH = "id,nazwa,miasto\n1,Łódź żółć,Kraków\n2,Gęślą jaźń,Wrocław\n3,Święta Małgorzata,Częstochowa\n"
CZECH = "id,jméno,město\n1,Příliš žluťoučký kůň,Plzeň\n2,Úpěl ďábelské ódy,Brno\n3,Řeřicha,Ústí\n"
RUSSIAN = "id,имя,город\n1,Иван Петров,Москва\n2,Мария Сидорова,Казань\n3,Ольга Кузнецова,Самара\n"
GREEK = "id,όνομα,πόλη\n1,Γιώργος Παπαδόπουλος,Αθήνα\n2,Μαρία Νικολάου,Θεσσαλονίκη\n"
TURKISH = "id,isim,şehir\n1,Şükrü Çağlayan,İstanbul\n2,Ayşe Yıldız,İzmir\n3,Ömer Öğüt,Eskişehir\n"
LANGUAGES = [
    (POLISH, "cp1250"),
    (CZECH, "cp1250"),
    (RUSSIAN, "cp1251"),
    (RUSSIAN, "koi8_r"),
    (GREEK, "cp1253"),
    (GREEK, "iso8859_7"),
    (TURKISH, "cp1254"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_every_usual_encoding_of_western_names_is_read(seen: Callable, encoding: str) -> None:
    got = seen(NAMES.encode(encoding))

    assert [row[1] for row in got.rows] == ["José Müller", "Søren Ångström", "Renée Lefèvre"]


@pytest.mark.parametrize(("text", "encoding"), LANGUAGES)
def test_other_alphabets_are_told_by_their_words_and_the_guess_is_named(seen: Callable, text: str, encoding: str) -> None:
    got = seen(text.encode(encoding))

    assert [",".join(row) for row in got.rows] == text.splitlines()[1:]
    assert "encoding_guessed" in got.noticed


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman"])
def test_an_encoding_that_nothing_proves_is_refused_and_not_guessed(refusal: Callable, encoding: str) -> None:
    assert refusal(NAMES.encode(encoding)) == "encoding"


def test_a_chosen_encoding_is_taken(seen: Callable) -> None:
    got = seen(NAMES.encode("cp850"), encoding="cp850")

    assert got.rows[0][1] == "José Müller"
    assert got.table.facts.encoding == "cp850"


def test_an_encoding_that_does_not_exist_is_refused(refusal: Callable) -> None:
    assert refusal(b"a,b\n1,2\n", encoding="klingon") == "unknown_encoding"


def test_one_bad_byte_in_a_utf8_file_is_an_issue_in_its_row(seen: Callable) -> None:
    lines = ["order,item"] + [f"{number},Café {number}" for number in range(2, 4002)]
    content = "\n".join(lines).encode() + b"\n4002,Caf\xe9\n4003,Th\xc3\xa9\n"

    got = seen(content)

    assert got.flagged("encoding") == [4002]
    assert got.rows[-1] == ("4003", "Thé")
    assert got.rows[0] == ("2", "Café 2")


def test_a_bad_byte_far_behind_plain_text_is_found(seen: Callable) -> None:
    plain = b"1,Lamp\n" * (2 * BLOCK_BYTES // 7)

    got = seen("order,item\n1,Thé\n".encode() + plain + b"9,Caf\xe9\n")

    assert got.flagged("encoding") == [len(got.numbers) + 1]


@pytest.mark.parametrize("damage", [b"Lamp\xff", b"L\x81mp", b"\xf0\x9fLamp", "Müller".encode("cp437")])
def test_a_few_damaged_bytes_in_plain_text_are_issues_of_their_rows(seen: Callable, damage: bytes) -> None:
    lines = [b"order,item", *(b"%d,Lamp" % number for number in range(2, 60))]
    lines[40] = b"41," + damage

    got = seen(b"\n".join(lines))

    assert got.flagged("encoding") == [41]
    assert got.rows[-1] == ("59", "Lamp")


def test_as_many_good_characters_as_bad_bytes_make_a_utf8_file(seen: Callable) -> None:
    got = seen("order,item\n1,Café\n".encode() + b"2,Caf\xe9\n3,Lamp\n")

    assert got.flagged("encoding") == [3]
    assert got.rows[0] == ("1", "Café")


def test_a_byte_that_a_legacy_encoding_lacks_is_flagged(seen: Callable) -> None:
    got = seen("order,item\n1,Café\n".encode("cp1252") + b"2,L\x81mp\n", encoding="cp1252")

    assert got.flagged("encoding") == [3]


@given(st.text(alphabet="ab,\r\n\v\f\x1c\x85\u2028", max_size=60))
def test_only_lf_cr_and_crlf_end_a_line(text: str) -> None:
    lines = lines_of(text)

    assert "".join(lines) == text
    assert len(lines) == len(text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")) * bool(text)


@given(st.text(max_size=40))
def test_bad_text_is_half_a_character_or_a_nul(text: str) -> None:
    assert bool(bad_text(text)) == any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text)
