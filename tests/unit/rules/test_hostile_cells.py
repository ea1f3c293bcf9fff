from __future__ import annotations

import pytest

from takeback.records import Column, record_type
from takeback.rules.decisions import Evidence
from takeback.rules.fits import objection
from takeback.rules.mapping import ColumnSample, suggest
from takeback.rules.readings import Reading
from takeback.rules.values import Problem, parse_cell

FIELDS = record_type("bookkeeping").columns()
HOSTILE = {
    "digits": "9" * 50_000,
    "groups": "1" + ",000" * 10_000,
    "spaces": "1" + " " * 50_000 + "2",
    "letters": "a" * 50_000,
    "almost a mail address": "a." * 20_000,
    "an enormous exponent": "1E+999999999",
    "a tiny exponent": "1E-999999999",
    "dates": "1/" * 20_000,
    "brackets": "(" * 20_000 + ")" * 20_000,
    "accents": "é" * 30_000,
    "a zero byte": "1\x00",
    "half a pair": "\ud83d",
}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize("kind", ["t", "n", "d", "b", "e"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_cell_takes_long_or_breaks_a_rule(field: Column, kind: str, text: str) -> None:
    value = parse_cell(field, Reading(date_order="MDY", decimal_mark="."), text, kind)
    evidence = Evidence("Column", field)
    evidence.see(text, kind, 2)

    if isinstance(value, str):
        assert len(value) <= 10_000
        assert value.encode()
    elif isinstance(value, int):
        assert abs(value) <= 10**15
    else:
        assert isinstance(value, Problem)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_column_of_such_cells_is_judged_quickly(field: Column) -> None:
    objection([(text, kind) for text in HOSTILE.values() for kind in "tn"] * 20, field)


def test_headers_of_such_texts_are_mapped_to_nothing() -> None:
    found = suggest([ColumnSample(text, [(text, "t")]) for text in HOSTILE.values()], FIELDS)

    assert all(suggestion.field is None for suggestion in found)
