"""The fast reader gives what the exact reader gives, and the fast engine what the scalar rules give: to the last cell."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import tarfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.errors import Refused
from takeback.records import record_type
from takeback.rules.identifiers import uuid7s
from takeback.rules.options import Options
from takeback.tabular import by_shape, by_value, error_file, glance, guarded_csv, text_rows
from takeback.tabular.guarded_csv import open_guarded_csv
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection
from takeback.tabular.plan import Asked
from takeback.tabular.raw import CHUNK_ROWS
from takeback.tabular.reader import open_table
from takeback.tabular.table import Table
from takeback.tabular.validation import Outputs, validate
from tests.unit.scalar_engine import ScalarEngine

SHARED = Path(__file__).parents[3] / "shared"
LIMITS = Limits()
NO_OPTIONS = Options()
ENTROPY = b"0123456789"
TODAY = date(2026, 11, 1)


def files(*folders: str) -> list[Path]:
    """All files of folders of other people's data; without the folders the tests that want them are skipped aloud."""
    found = [path for folder in folders for path in sorted((SHARED / folder).rglob("*")) if path.is_file()]
    if not found and os.environ.get("CI"):
        raise FileNotFoundError(SHARED)
    return found


DATA = files("corpus/files", "corpus/hostile/files", "exports/files")
needs_data = pytest.mark.skipif(not DATA, reason=f"the test files are not in {SHARED}, so nobody else's file is compared")


class Object(io.BytesIO):
    """An object that begins anew each time it is entered, as one in S3 does."""

    def __enter__(self) -> Self:
        self.seek(0)
        self.truncate()
        return self

    def __exit__(self, *_: object) -> None:
        pass


def read(opened: Callable[[io.BytesIO, Options, Limits], Table | None], data: bytes, options: Options) -> Any:
    """Everything that a reader says of a file."""
    try:
        table = opened(io.BytesIO(data), options, LIMITS)
        if table is None:
            return None
        chunks = [(list(c.row_numbers), [list(column) for column in c.columns], c.kinds, sorted(map(repr, c.issues))) for c in table.chunks]
    except Refused as refusal:
        return refusal.code, refusal.message
    return table.facts, table.headers, chunks, table.issues, table.notices


def compare_readers(data: bytes, options: Options = NO_OPTIONS) -> bool:
    """Compares the readers; whether the fast one dared."""
    try:
        fast = read(open_guarded_csv, data, options)
    except Objection:
        return False
    if fast is None:
        return False
    assert fast == read(open_table, data, options)
    return True


def compare_engines(data: bytes, mapping: dict[str, str | None] | None = None, options: Options = NO_OPTIONS) -> int:
    """Compares a validation with the scalar rules; the number of rows."""
    rows, errors = Object(), Object()
    asked = Asked(record_type("bookkeeping"), mapping, options, LIMITS, TODAY, 1, ENTROPY)
    try:
        found = validate(io.BytesIO(data), asked, Outputs(rows, errors, lambda _: None, lambda _: None))
    except Refused:
        return 0
    if any(issue.code.startswith("invalid_") for issue in found.issues):
        return 0  # read again without the answers; the options are not those that were asked for
    table = open_table(io.BytesIO(data), options, LIMITS)
    engine = ScalarEngine(found.plan, found.plan.readings(found.decisions), uuid7s(1, ENTROPY)).run(table.chunks)
    findings = found.done.findings
    assert rows.getvalue().decode() == "".join(f"{line}\n" for line in engine.rows)
    assert errors.getvalue() == engine.error_file()
    assert (findings.total, findings.invalid) == (engine.total, engine.invalid)
    assert +findings.totals == +engine.totals
    assert findings.errors == engine.listed()
    assert [(kind.field, kind.code, kind.count, kind.first_rows) for kind in findings.summary()] == engine.summary()
    assert [(row.row_number, len(row.errors)) for row in findings.rows] == [(row, len(issues)) for row, _, issues in engine.shown[:100]]
    for shown, (_, values, _) in zip(findings.rows, engine.shown, strict=False):
        assert shown.data == {name: _plain(value) for name, value in values.items()}
    assert found.done.evidence == engine.evidence
    assert found.done.net == engine.net
    if found.done.lines and engine.lines:
        assert found.done.lines.warnings() == engine.lines.warnings()
    return findings.total


def _plain(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 2_000:
        return value[:2_000] + "…"
    return value.isoformat() if isinstance(value, date) else value


HEADERS = "Order number,Sale Date,Item,Quantity,Sale price,Fees,Net,Amazon order ID,Notes,Status,Payment date".split(",")
FIELDS = ["ebay_order_id", "sale_date", "item_name", "qty", "sale_price_cents", "ebay_fees_cents", None, "amazon_order_id", "order_remark"]
FIELDS += ["status", None]
MAPPING = dict(zip(HEADERS, FIELDS, strict=True))

# Cells as they occur, the unusual and the broken ones among them; # is any digit.
MONEY = """$#.##;$##.##;$#,###.##;##.##;(#.##);($##.##);-$#.##;#.##-;#.###,##;#,##;#.###;###;#;0.##;0.0#;#,##0.00;CA$##.##;## €
#,##,###.##;$ -;--;;n/a;free;$1,##.#;##############.##;#########################;.##;1e#;+#.##;##¢;#'###.##;# ###,##;#.####
#.#0;$#.## USD;１２;#.##\t; $#.## ;−#.##;#.0#0;00#.##;US$ #,###.## USD each way""".replace("\n", ";").split(";")
DATES = """0#/0#/2025;##/##/2026;#/#/26;2026-0#-1#;2025-12-0# 1#:##:##;2025-12-0#T1#:##:##Z;Jan 0#, 2026;1# Feb 2026;45###;17########
;TBD;x##;yesterday;13/45/2024;##/##/####;20260##1;1#.0#.2026;Sat, 1# Jul 2026 10:##:## +0#00;26-0#-1#
0#-0#-2026 11:##""".replace("\n", ";").split(";")
IDS = '20-#####-#####|#1##||A-##|\'##|="##"|1.##E+11|x|n/a|112-#######-#######|##\\#|#,#|a#b#c#| ## |ÄÖ-#|-#|-|0##'.split("|")
TEXTS = [
    *"Lens #|Vintage camera lens ####| padded title of a thing ||not available|--|tab\there and so on|back\\slash in a long title".split(
        "|"
    ),
    *'the "Limited" edition ##|two\nlines of it, and more|=SUM(A#)|=1+1, a formula that is long enough|Total|-|+#|–|Order number'.split(
        "|"
    ),
    *"\u200bunseen at both ends of it\u200b|@home with many letters|a\rb|ends with a blank |Ｗｉｄｅ＝".split("|"),
    *("é" * 15, "é" * 14, "x" * 70, "y" * 300, "#" * 64),
]
COUNTS = ["#", "##", "1", "2.0", "0", "-1", "x#", "# pcs", "#.5", "", "1,000", "two", "##########", "#0", "1e3"]
WORDS = [
    "Shipped",
    "SUCCESSFUL",
    "delivered",
    "Refund - no return",
    "RETURN_CLOSED",
    "lost",
    "",
    "n/a",
    "???",
    "Rückgabe abgeschlossen",
    "sold#",
]
COLUMNS = [IDS, DATES, TEXTS, COUNTS, MONEY, MONEY, MONEY, IDS, TEXTS, WORDS, DATES]

cell = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=20),
    st.text(alphabet='0123456789.,-$€() /:"=\\\t\n', max_size=40),
)


@st.composite
def sheets(draw: st.DrawFn) -> list[list[str]]:
    """Rows that look alike, as those of a real file do, with something odd among them."""
    usual = [draw(st.lists(st.sampled_from(column), min_size=1, max_size=3)) for column in COLUMNS]
    odd = [draw(st.lists(st.one_of(st.sampled_from(column), cell), max_size=2)) for column in COLUMNS]
    rng = Random(draw(st.integers(0, 1 << 30)))  # noqa: S311 - a seed is drawn in place of a thousand digits
    rows = []
    for _ in range(draw(st.integers(1, 70))):
        templates = [rng.choice(rare if rare and rng.random() < 0.1 else common) for common, rare in zip(usual, odd, strict=True)]
        rows.append(["".join(rng.choice("0011234567899") if sign == "#" else sign for sign in text) for text in templates])
        while rng.random() < 0.15:  # a further line of the same order
            rows.append([text if rng.random() < 0.5 else "" for text in rows[-1]])
    return rows


def as_csv(rows: list[list[str]], delimiter: str = ",", line_end: str = "\r\n", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return text.getvalue()


@settings(max_examples=60)
@given(rows=sheets(), answers=st.sampled_from([{}, {"date_order": "MDY"}, {"decimal_mark": ","}, {"money_unit": "cents"}]))
def test_columns_read_by_value_and_shape_equal_the_rules_cell_by_cell(rows: list[list[str]], answers: dict[str, Any]) -> None:
    compare_engines(as_csv([HEADERS, *rows]).encode(), MAPPING, Options(**answers, delimiter=",", encoding="utf-8", header_row=1))


@pytest.mark.parametrize("seed", range(6))
def test_columns_of_more_values_and_shapes_than_are_kept_equal_the_rules_cell_by_cell(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_csv, "CHUNK_ROWS", 60)
    monkeypatch.setattr(guarded_csv, "_FEW_CELLS", 30)
    monkeypatch.setattr(by_value, "_FEW", 5)
    monkeypatch.setattr(by_shape, "_MOST_SHAPES", 20 + 20 * seed)
    rng = Random(seed)  # noqa: S311 - the same sheet for the same seed
    rows = [
        ["".join(rng.choice("0123456789") if sign == "#" else sign for sign in text) for text in map(rng.choice, COLUMNS)]
        for _ in range(400)
    ]
    compare_engines(as_csv([HEADERS, *rows]).encode(), MAPPING, Options(date_order="MDY", delimiter=",", encoding="utf-8", header_row=1))


NONSENSE = ["abcdefgh XYZ", "0123456789.,-$ ()", "0123456789-/.: TJan", "0123456789", 'xyz0123456789 ,;"=+-@\n', "äß漢€ 012,.-ab", "0"]


@pytest.mark.parametrize("seed", range(8))
def test_nonsense_in_every_cell_equals_the_rules_cell_by_cell(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_csv, "CHUNK_ROWS", 60)
    monkeypatch.setattr(guarded_csv, "_FEW_CELLS", 30)
    monkeypatch.setattr(glance, "_MANY", 10)
    monkeypatch.setattr(glance, "_LOOKED_AT", 5)
    monkeypatch.setattr(by_value, "_FEWEST", 10)
    monkeypatch.setattr(error_file, "_MANY", 10)
    monkeypatch.setattr(text_rows, "_BLOCK_BYTES", 300)
    rng = Random(seed)  # noqa: S311 - the same sheet for the same seed
    signs = NONSENSE[seed % len(NONSENSE)]
    usual = [[text.replace("#", "1") for text in (column[0] for column in COLUMNS)] for _ in range(30)]
    rows = [["".join(rng.choices(signs, k=rng.randint(0, rng.choice([3, 9, 90])))) for _ in COLUMNS] for _ in range(300)]
    compare_engines(as_csv([HEADERS, *usual, *rows]).encode(), MAPPING, Options(delimiter=",", encoding="utf-8", header_row=1))


SPOILT = [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\n\n", b"\r\n", b"\xe2\x80", b'""', b" "]


@settings(max_examples=60)
@given(
    rows=sheets(),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    spoilt=st.lists(st.tuples(st.integers(0, 1 << 20), st.sampled_from(SPOILT))),
)
def test_the_fast_reader_equals_the_exact_one_or_objects(
    rows: list[list[str]], delimiter: str, line_end: str, quoting: Any, encoding: str, spoilt: list[tuple[int, bytes]]
) -> None:
    data = bytearray(as_csv([HEADERS, *rows], delimiter, line_end, quoting).encode(encoding))
    for place, sign in spoilt:
        data[place % len(data) : place % len(data)] = sign
    compare_readers(bytes(data))


def test_the_fast_reader_dares_to_read_what_is_plain() -> None:
    rows = [[f"20-{n:05}", "01/24/2026", 'Lens, "old"\nand used' if n % 50 == 0 else "Lens", "1", f"${n}.99"] for n in range(50_000)]
    for delimiter, line_end, quoting in [(",", "\n", csv.QUOTE_MINIMAL), (";", "\r\n", csv.QUOTE_ALL), ("\t", "\n", csv.QUOTE_MINIMAL)]:
        assert compare_readers(as_csv([HEADERS[:5], *rows], delimiter, line_end, quoting).encode())


@pytest.mark.parametrize("count", [CHUNK_ROWS - 2, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 2 * CHUNK_ROWS - 1, 2 * CHUNK_ROWS])
@pytest.mark.parametrize("end", ["", "\r\n", "Total,,,,99.00\r\n", "\r\n\r\nExported by Seller Hub\r\n", "20-1,,,1\r\n"])
def test_what_stands_at_the_end_is_left_out_alike_wherever_the_batches_end(count: int, end: str) -> None:
    rows = [[f"20-{n:05}", "01/24/2026", "Lens", "1", f"${n}.99"] for n in range(count)]
    assert compare_readers((as_csv([HEADERS[:5], *rows]) + end).encode())


def test_lines_that_end_in_a_carriage_return_alone_are_left_to_the_exact_reader() -> None:
    rows = [[f"20-{n:05}", "01/24/2026", "Lens", "1", f"${n}.99"] for n in range(300)]
    old = as_csv([HEADERS[:5], *rows], line_end="\r").encode()
    stretch = as_csv([HEADERS[:5], *rows * 100]).encode() + old + b"\r\n"

    assert not compare_readers(old)
    assert not compare_readers(stretch)
    assert compare_engines(old) == 300


def test_a_record_longer_than_any_table_is_left_to_the_exact_reader() -> None:
    data = b"order,item\n1,Lens\n" + b"," * LIMITS.columns + b"\n"

    with pytest.raises(Objection):
        read(open_guarded_csv, data, NO_OPTIONS)


def test_wider_tables_than_any_are_left_to_the_exact_reader_before_there_is_room_for_them() -> None:
    assert read(open_guarded_csv, b",".join([b"column"] * (LIMITS.columns + 1)) + b"\n", NO_OPTIONS) is None


def test_blank_lines_totals_and_repeated_headers_are_left_out_alike() -> None:
    rows = [[f"20-{n:05}", "01/24/2026", "Lens", "1", f"${n}.99"] for n in range(60_000)]
    rows[100] = []
    rows[101] = ["", "", "", "", ""]
    rows[30_000] = HEADERS[:5]
    rows[30_001] = ["Subtotal", "", "", "", "$9,999.00"]
    rows[45_000] = ["20-1", "01/24/2026", "one cell too many", "1", "$1.00", "x"]
    rows[45_001] = ["one cell"]
    rows[59_998] = ["Total", "", "", "", "$9,999,999.00"]
    assert compare_readers(as_csv([["Report of all sales"], [], HEADERS[:5], *rows]).encode())


def test_one_bad_row_near_the_end_of_many_is_judged_by_the_exact_reader() -> None:
    rows = [[f"20-{n:05}", "01/24/2026", "Lens", "1", f"${n}.99"] for n in range(45_000)]
    text = as_csv([HEADERS[:5], *rows]) + '20-1,01/24/2026,a "half open,1,$1.00\r\n20-2,01/24/2026,Lens,1,$1.00\r\n'

    assert not compare_readers(text.encode())
    assert compare_engines(text.encode()) == 45_002


@needs_data
def test_the_fast_reader_equals_the_exact_one_on_all_files_of_others() -> None:
    dared = [compare_readers(path.read_bytes()) for path in DATA if path.suffix != ".xz"]
    assert sum(dared) > len(dared) / 4


@needs_data
def test_the_fast_reader_equals_the_exact_one_on_polluted_files() -> None:
    with tarfile.open(SHARED / "corpus/files/pollock_polluted.tar.xz") as archive:
        members = [member for member in archive if member.isfile() and member.name.endswith(".csv")]
        dared = [compare_readers(file.read()) for member in members[::23] if (file := archive.extractfile(member))]
    assert any(dared)


@needs_data
def test_the_engine_equals_the_rules_on_all_files_of_others() -> None:
    small = [path.read_bytes() for path in DATA if path.suffix != ".xz" and path.stat().st_size < 300_000]
    assert sum(map(compare_engines, small)) > 1_000


@needs_data
@pytest.mark.parametrize("seed", [1, 2])
def test_the_engine_equals_the_rules_on_an_export_with_faults(seed: int) -> None:
    spec = importlib.util.spec_from_file_location("gen_perf_data", SHARED / "gen_perf_data.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    rows = list(generator.rows(6_000, seed, 0.1, 0.05 * seed, 0.2, 0.05, {}))
    mapping = dict(zip(generator.HEADERS, [*FIELDS[:6], "amazon_tax_cents", None, None, *FIELDS[7:10]], strict=True))
    for asked in (None, mapping):
        assert compare_engines(as_csv([generator.HEADERS, *rows]).encode(), asked) == 6_000


@pytest.mark.parametrize("bad", [{0, 5, 6, 40}, {39, 58, 59}, {1}, set(range(0, 60, 2)), set(range(59))])
def test_good_rows_are_numbered_one_after_the_other_whatever_stands_between_them(bad: set[int]) -> None:
    rows = [f"20-{number},{'someday' if number in bad else '2026-01-24'},Lens,1,5.00,,,,,Shipped," for number in range(60)]

    assert compare_engines("\n".join([",".join(HEADERS), *rows, ""]).encode(), MAPPING) == 60
