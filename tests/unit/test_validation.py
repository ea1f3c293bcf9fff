from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.errors import Refused
from takeback.records import record_type
from takeback.rules.options import Options
from takeback.rules.values import Problem, parse_cell
from takeback.tabular.limits import Limits
from takeback.tabular.plan import Asked
from takeback.tabular.validation import Outputs, Understood, validate

BOOKKEEPING = record_type("bookkeeping")
MAPPING: dict[str, str | None] = {
    "Order number": "ebay_order_id",
    "Sale date": "sale_date",
    "Item": "item_name",
    "Quantity": "qty",
    "Sale price": "sale_price_cents",
    "Fees": "ebay_fees_cents",
}
HEADERS = list(MAPPING)


class Object(io.BytesIO):
    """An object that begins anew each time it is entered, as one in S3 does."""

    versions = 0

    def __enter__(self) -> Self:
        self.versions += 1
        self.seek(0)
        self.truncate()
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Run:
    """One validation, with what it left behind."""

    def __init__(self, data: str | bytes, mapping: dict[str, str | None] | None = None, recalled: Any = None, **options: Any) -> None:
        self.rows, self.errors = Object(), Object()
        self.told: list[int] = []
        asked = Asked(BOOKKEEPING, mapping, Options(**options), Limits(), date(2026, 6, 1), 1, b"0123456789")
        outputs = Outputs(self.rows, self.errors, self.told.append, lambda _: recalled)
        source = io.BytesIO(data.encode() if isinstance(data, str) else data)
        self.found: Understood = validate(source, asked, outputs)

    @property
    def lines(self) -> list[list[str]]:
        return [line.split("\t") for line in self.rows.getvalue().decode().splitlines()]

    @property
    def codes(self) -> set[str]:
        return {issue.code for issue in self.found.issues} | {error.code for error in self.found.done.findings.errors}


def sheet(*rows: list[str], headers: list[str] = HEADERS) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([headers, *rows])
    return text.getvalue()


GOOD = ["A-1", "2026-01-24", "Lens", "2", "$1,234.50", "3.00"]


def test_a_good_row_is_written_in_the_form_that_copy_wants() -> None:
    run = Run(sheet([*GOOD[:2], "Back\\slash\tand\nnewline", *GOOD[3:]]))

    ((record_id, *values),) = [row.split("\t") for row in run.rows.getvalue().decode().rstrip("\n").split("\n")]
    assert len(record_id) == 36
    assert values == [
        "A-1", "2026-01-24", "Back\\\\slash\\tand\\nnewline", "2", "123450", "300", "\\N", "\\N", "\\N", "\\N", "\\N", "SUCCESSFUL",
    ]  # fmt: skip


def test_totals_are_those_of_the_rows_that_were_written() -> None:
    run = Run(sheet(GOOD, ["A-2", "2026-01-25", "Lens", "1", "10.00", ""], ["A-3", "someday", "Lens", "1", "99.00", "1.00"]))

    assert run.found.done.findings.totals == {"sale_price_cents": 124450, "ebay_fees_cents": 300}
    assert run.found.done.findings.total == 3
    assert run.found.done.findings.invalid == 1
    assert len(run.lines) == 2


def test_every_row_is_checked_not_only_the_first_hundred() -> None:
    rows = [[f"A-{n}", "2026-01-24", "Lens", "1", "1.00", ""] for n in range(50_000)]
    rows[49_999][4] = "free"
    run = Run(sheet(*rows))

    assert run.found.done.findings.invalid == 1
    assert [error.row for error in run.found.done.findings.errors] == [50_001]
    assert len(run.found.done.findings.rows) == 100
    assert len(run.lines) == 49_999


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_encoding_that_shows_only_late_in_a_long_file_is_that_of_the_file(encoding: str) -> None:
    rows = [[f"A-{n}", "2026-01-24", "A lens in a box with a lid", "1", "1.00", ""] for n in range(30_000)]
    rows[29_000][2] = "Café crème brûlée déjà"
    run = Run(sheet(*rows).encode(encoding))

    assert run.found.table.facts.encoding == encoding
    assert run.found.done.findings.invalid == 0
    assert run.lines[29_000][3] == "Café crème brûlée déjà"


def test_a_date_order_proven_by_the_last_row_of_many_holds_for_all() -> None:
    rows = [[f"A-{n}", "03/04/2026", "Lens", "1", "1.00", ""] for n in range(45_000)]
    run = Run(sheet(*rows, ["B", "25/04/2026", "Lens", "1", "1.00", ""]))

    assert run.rows.versions == 2
    assert {line[2] for line in run.lines} == {"2026-04-03", "2026-04-25"}
    assert len(run.lines) == 45_001
    assert run.found.done.findings.total == 45_001
    (decision,) = [decision for decision in run.found.decisions if decision.kind == "date_order"]
    assert decision.value == "DMY"
    assert "45002" in decision.evidence


def test_a_file_that_agrees_with_its_first_rows_is_read_once() -> None:
    rows = [[f"A-{n}", "2026-01-24", "Lens", "1", "1.00", ""] for n in range(45_000)]

    assert Run(sheet(*rows)).rows.versions == 1


def test_a_question_that_no_row_answers_is_asked() -> None:
    run = Run(sheet(["A", "03/04/2026", "Lens", "1", "1.00", ""]))

    assert [decision.needs_answer for decision in run.found.decisions if decision.kind == "date_order"] == [True]
    answered = Run(sheet(["A", "03/04/2026", "Lens", "1", "1.00", ""]), date_order="DMY")
    assert answered.lines[0][2] == "2026-04-03"


def test_an_answer_that_a_row_disproves_is_an_issue_and_the_file_is_shown_without_it() -> None:
    run = Run(sheet(["A", "01/24/2026", "Lens", "1", "1.00", ""]), date_order="DMY")

    assert "invalid_options" in run.codes
    assert "row 2" in run.found.issues[0].message
    assert run.lines[0][2] == "2026-01-24"


def test_a_mapping_to_a_column_that_is_not_there_is_an_issue() -> None:
    run = Run(sheet(GOOD), mapping={"Nowhere": "item_name"})

    assert "invalid_mapping" in run.codes
    assert len(run.lines) == 1


def test_a_mapping_is_laid_over_the_suggestions() -> None:
    run = Run(sheet(GOOD), mapping={"Fees": None, "Item": "order_remark", "Order number": "item_name"})

    assert run.found.plan.column_mapping == {
        "Order number": "item_name",
        "Sale date": "sale_date",
        "Item": "order_remark",
        "Quantity": "qty",
        "Sale price": "sale_price_cents",
        "Fees": None,
    }
    assert run.found.missing == ["ebay_order_id"]


def test_what_was_committed_for_this_shape_is_remembered_unless_the_rows_disprove_it() -> None:
    remembered = {"column_mapping": {**dict.fromkeys(HEADERS), "Sale date": "sale_date"}, "options": {"date_order": "DMY"}}
    run = Run(sheet(["A", "03/04/2026", "Lens", "1", "1.00", ""]), recalled=remembered)
    assert run.found.plan.remembered
    assert run.found.plan.column_mapping["Item"] is None
    assert run.found.done.findings.rows[0].data["sale_date"] == "2026-04-03"

    other = Run(sheet(["A", "03/24/2026", "Lens", "1", "1.00", ""]), recalled=remembered)
    assert other.found.done.findings.rows[0].data["sale_date"] == "2026-03-24"


def test_rows_that_are_left_out_leave_a_receipt() -> None:
    run = Run(sheet(GOOD, ["A-2", "someday", "Lens", "1", "x", ""], ["A-3", *GOOD[1:]]), exclude_rows=[3])

    assert [line[1] for line in run.lines] == ["A-1", "A-3"]
    assert run.found.done.findings.invalid == 0
    assert [(line.row_number, line.reason) for line in run.found.table.facts.dropped_lines] == [(3, "You left this row out.")]


def test_all_rows_may_be_left_out() -> None:
    run = Run(sheet(GOOD, GOOD), exclude_rows=[2, 3])

    assert run.lines == []
    assert run.found.done.findings.total == 0


def test_the_error_file_holds_the_bad_rows_as_they_were_uploaded() -> None:
    run = Run(sheet(GOOD, ["A-2", "someday", "=cmd()", "0", "x", ""]), mapping=MAPPING)

    header, row = csv.reader(io.StringIO(run.errors.getvalue().decode("utf-8-sig")))
    assert header == [*HEADERS, "row_number", "reasons"]
    assert row[:7] == ["A-2", "someday", "'=cmd()", "0", "x", "", "3"]
    assert all(name in row[7] for name in ("Sale date:", "Quantity:", "Sale price:"))


def test_a_file_without_a_needed_column_says_which() -> None:
    run = Run(sheet(["A-17", "Lens"], headers=["Order number", "Item"]))

    assert run.found.missing == ["sale_date", "sale_price_cents"]
    assert "missing_column" in run.codes


def test_errors_are_counted_in_full_and_listed_in_part() -> None:
    run = Run(sheet(*[[f"A-{n}", f"day {n}", "Lens", "1", f"{n} coins", ""] for n in range(3_000)]), mapping=MAPPING)

    assert len(run.found.done.findings.errors) == 1_000
    assert {kind.field: kind.count for kind in run.found.done.findings.summary()} == {"sale_date": 3_000, "sale_price_cents": 3_000}
    assert run.found.done.findings.summary()[0].first_rows == [2, 3, 4, 5, 6]


def test_a_file_that_is_no_table_is_refused() -> None:
    with pytest.raises(Refused):
        Run(b"\x89PNG\r\n\x1a\n" + bytes(100))


cell = st.one_of(
    st.sampled_from(["", "--", "1", "1.50", "$2,000.00", "(3.00)", "1.234,50", "1.000", "abc", "=1", "1e5"]),
    st.sampled_from(["01/24/2026", "24.1.2026", "2026-01-24", "3 Jan 2026", "03/04/26"]),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=8),
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(cell, min_size=6, max_size=6), min_size=3, max_size=12))
def test_a_column_parsed_by_its_distinct_cells_equals_the_rules_cell_by_cell(rows: list[list[str]]) -> None:
    try:
        run = Run(sheet(GOOD, *rows), mapping=MAPPING, header_row=1, delimiter=",", encoding="utf-8")
    except Refused:
        return
    readings = run.found.plan.readings(run.found.decisions)
    fields = {field.name: field for field in BOOKKEEPING.columns()}
    for row in run.found.done.findings.rows:
        for header, field in MAPPING.items():
            if field is None or (run.found.plan.lines and header in (run.found.plan.lines.order, *run.found.plan.lines.filled)):
                continue
            value = parse_cell(fields[field], readings[field], row.raw[header])
            problems = [error for error in row.errors if error.field == field]
            if isinstance(value, Problem):
                assert [(value.code, value.message)] == [(error.code, error.message) for error in problems]
            else:
                assert problems == []
                assert row.data[field] == (value.isoformat() if isinstance(value, date) else value)
