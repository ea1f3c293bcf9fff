from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.errors import InvalidMapping
from takeback.records import record_type
from takeback.rules.mapping import (
    ColumnSample,
    Suggestion,
    check_mapping,
    fingerprint,
    remembered_suggestions,
    suggest,
    unmapped_required,
)

FIELDS = record_type("bookkeeping").columns()
CELLS = {
    "i": ["07-10433-18659", "15-11183-54965", "26-11962-31422"],
    "k": ["45678901234", "45678901299", "56789012345"],
    "d": ["24/01/2026 10:15:00", "02/02/2026 09:00:00", "28/02/2026 23:59:59"],
    "m": ["12.50", "1,249.50", "3.00"],
    "f": ["-1.25", "-124.95", "0"],
    "n": ["1", "2", "1"],
    "t": ["Canon AE-1 35mm Camera with Lens", "1984", "Yeti Rambler 20 oz, Navy"],
    "p": ["Buyer One", "Buyer Two", "buyer_three"],
    "s": ["Completed", "Completed", "Returned"],
    "b": ["Yes", "No", "Yes"],
    "e": ["one@example.com", "two@example.com", "three@example.com"],
    "u": ["", "", ""],
    "%": ["12%", "8%", "100%"],
    "x": ["Alpha", "Visa", "online"],
}


@dataclass(frozen=True)
class HeaderRow:
    """One entry of header_rows.txt."""

    name: str
    columns: list[ColumnSample]
    must: dict[str, list[str]]
    may: dict[str, list[str]]


def sample(header: str, letter: str) -> ColumnSample:
    return ColumnSample(header, [(text, "t") for text in CELLS[letter] * 8])


def header_rows() -> Iterator[HeaderRow]:
    text = Path(__file__).with_name("header_rows.txt").read_text(encoding="utf-8")
    for entry in text.split("\n== ")[1:]:
        name, headers, *rules = entry.strip().split("\n")
        columns = [sample(header, letter) for header, _, letter in (column.rpartition(":") for column in headers.split(" ~ "))]
        told = {rule[0]: dict(part.split(" = ") for part in rule[2:].split("; ")) for rule in rules}
        split = {mark: {field: found.split(" | ") for field, found in fields.items()} for mark, fields in told.items()}
        yield HeaderRow(name, columns, split[">"], split.get("?", {}))


ROWS = list(header_rows())


def mapped(*columns: tuple[str, str]) -> dict[str, str]:
    found = suggest([sample(header, letter) for header, letter in columns], FIELDS)
    return {suggestion.field: suggestion.header for suggestion in found if suggestion.field}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_columns_of_real_exports_are_found_and_no_others(row: HeaderRow) -> None:
    found = {suggestion.field: suggestion.header for suggestion in suggest(row.columns, FIELDS) if suggestion.field}

    wrong = {field: header for field, header in found.items() if header not in row.must.get(field, []) + row.may.get(field, [])}
    missed = {field: headers for field, headers in row.must.items() if found.get(field) not in headers}
    assert (wrong, missed) == ({}, {})


def test_most_columns_are_found_even_when_nobody_knows_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Precision and recall without the files of known sources: what an unknown marketplace's export can expect."""
    monkeypatch.setattr("takeback.rules.mapping.layout_of", lambda _: None)
    right = wrong = missed = 0
    for row in ROWS:
        found = {suggestion.field: suggestion.header for suggestion in suggest(row.columns, FIELDS) if suggestion.field}
        right += sum(found.get(field) in headers for field, headers in row.must.items())
        missed += sum(found.get(field) not in headers for field, headers in row.must.items())
        wrong += sum(header not in row.must.get(field, []) + row.may.get(field, []) for field, header in found.items())

    assert right / (right + wrong) >= 0.98
    assert right / (right + missed) >= 0.94


@pytest.mark.parametrize(
    ("header", "letter"),
    [
        ("Transaction Date", "d"),
        ("Transaction Date", "m"),
        ("Shipping City", "m"),
        ("Shipping City", "x"),
        ("Order Date", "i"),
        ("Buyer Name", "t"),
        ("Payout Date", "d"),
        ("Paid On Date", "d"),
        ("Ship By Date", "d"),
        ("Listing Date", "d"),
        ("Net amount", "m"),
        ("Balance", "m"),
        ("Payout", "m"),
        ("Sales Tax", "m"),
        ("Shipping And Handling", "m"),
        ("Tracking Number", "k"),
        ("Item Number", "k"),
        ("SKU", "i"),
        ("Payment Status", "s"),
        ("State", "x"),
        ("Buyer Note", "t"),
        ("Gift Message", "t"),
        ("Order Type", "x"),
        ("Fee Description", "t"),
        ("Marketplace Name", "x"),
    ],
)
def test_a_column_that_only_resembles_a_field_is_left_alone(header: str, letter: str) -> None:
    expected = {"sale_date": header} if (header, letter) == ("Transaction Date", "d") else {}

    assert mapped((header, letter)) == expected


@pytest.mark.parametrize(
    "columns",
    [
        [("Price", "d")],
        [("Sale Date", "m")],
        [("Order Number", "d")],
        [("Order Number", "t")],
        [("Quantity", "m")],
        [("Item", "m")],
        [("Item", "d")],
        [("Title", "e")],
        [("Status", "x")],
        [("Fees", "%")],
        [("Price", "k")],
        [("Name", "p")],
    ],
)
def test_the_cells_of_a_column_have_a_veto(columns: list[tuple[str, str]]) -> None:
    (found,) = suggest([sample(header, letter) for header, letter in columns], FIELDS)

    assert found.field is None
    assert found.score is None
    assert columns[0][0] in found.reason


def test_a_column_that_only_counts_the_rows_is_no_order_number() -> None:
    counting = ColumnSample("ID", [(str(number), "t") for number in range(1, 30)])

    assert suggest([counting], FIELDS)[0].field is None
    assert mapped(("ID", "k"))["ebay_order_id"] == "ID"


@pytest.mark.parametrize("cells", [["46027", "46030.5"], ["1767571200", "1767657600"], ["20260105"]])
def test_dates_as_bare_numbers_are_dates_under_a_header_that_says_so(cells: list[str]) -> None:
    assert suggest([ColumnSample("Sale date", [(cell, "t") for cell in cells])], FIELDS)[0].field == "sale_date"
    assert suggest([ColumnSample("Sale date", [("12345", "t"), ("99", "t")])], FIELDS)[0].field is None


def test_a_typing_error_is_forgiven_and_a_known_word_is_no_typing_error() -> None:
    (typo,) = suggest([sample("Order Numbr", "i")], FIELDS)
    (other,) = suggest([sample("Order Member", "i")], FIELDS)

    assert typo.field == "ebay_order_id"
    assert typo.score is not None
    assert 0.7 <= typo.score < 0.9
    assert "resembles" in typo.reason
    assert other.field is None


def test_headers_of_four_languages_are_the_same_headers() -> None:
    for headers in (
        ["Order number", "Sale date", "Item name", "Quantity", "Sale price", "Fees", "Purchase price", "Note"],
        ["Bestellnummer", "Verkaufsdatum", "Artikelname", "Menge", "Verkaufspreis", "Gebühren", "Einkaufspreis", "Notiz"],
        ["N° de commande", "Date de vente", "Nom du produit", "Quantité", "Prix de vente", "Frais", "Prix d'achat", "Remarque"],
        ["Nº de pedido", "Fecha de venta", "Nombre del producto", "Cantidad", "Precio de venta", "Comisión", "Precio de compra", "Nota"],
    ):
        found = mapped(*zip(headers, "idtnmmmt", strict=True))
        assert [found.get(field.name) for field in FIELDS if field.name in found] == headers
        assert len(found) == 8


def test_an_amazon_order_is_a_purchase_beside_a_sale_and_a_sale_where_it_stands_alone() -> None:
    assert mapped(("Order #", "i"), ("Amazon Order #", "i"), ("Cost", "m"))["amazon_order_id"] == "Amazon Order #"
    assert mapped(("Amazon Order #", "i"), ("Price", "m"))["ebay_order_id"] == "Amazon Order #"


def test_a_bare_total_is_the_price_only_where_no_fees_could_have_been_taken_off() -> None:
    assert mapped(("Order", "i"), ("Total", "m"))["sale_price_cents"] == "Total"
    assert "sale_price_cents" not in mapped(("Order", "i"), ("Total", "m"), ("Fees", "m"))


def test_shipping_cost_is_the_resellers_only_in_a_sheet_that_has_their_costs() -> None:
    assert mapped(("Item cost", "m"), ("Shipping cost", "m"))["amazon_shipping_cents"] == "Shipping cost"
    assert mapped(("Price", "m"), ("Shipping cost", "m")) == {"sale_price_cents": "Price"}


def test_an_empty_column_yields_to_a_filled_one() -> None:
    assert mapped(("Order number", "u"), ("Transaction ID", "i"))["ebay_order_id"] == "Transaction ID"
    assert mapped(("Order number", "u"), ("Item", "t"))["ebay_order_id"] == "Order number"


def test_the_reason_says_where_a_suggestion_comes_from() -> None:
    reasons = {found.header: found.reason for found in suggest([sample(h, c) for h, c in [("Order #", "i"), ("Fee (13%)", "m")]], FIELDS)}

    assert reasons["Order #"] == "“Order #” is a usual name for order number."
    assert reasons["Fee (13%)"].startswith("“Fee (13%)” is a usual name")


def test_a_known_source_says_why_its_traps_are_traps() -> None:
    row = next(row for row in ROWS if row.name == "paypal de")
    reasons = {found.header: found.reason for found in suggest(row.columns, FIELDS)}

    assert reasons["Brutto"] == "This looks like PayPals Aktivitäten, where “Brutto” is sale price."
    assert reasons["Netto"] == "PayPals Aktivitäten: this is what is left after fees."


HEADERS = st.sampled_from([column.header for row in ROWS for column in row.columns]) | st.text(max_size=30)
LETTERS = st.sampled_from(list(CELLS))


@given(st.lists(st.tuples(HEADERS, LETTERS), max_size=25, unique_by=lambda column: column[0]))
def test_no_field_has_two_columns_and_no_suggestion_a_low_score(columns: list[tuple[str, str]]) -> None:
    found = suggest([sample(header, letter) for header, letter in columns], FIELDS)

    assert [suggestion.header for suggestion in found] == [header for header, _ in columns]
    fields = [suggestion.field for suggestion in found if suggestion.field]
    assert len(fields) == len(set(fields))
    assert all(suggestion.score is not None and 0.7 <= suggestion.score <= 1 for suggestion in found if suggestion.field)
    assert all(suggestion.reason.endswith(".") for suggestion in found)


@settings(max_examples=30)
@given(st.sampled_from(ROWS), st.integers(0, 99))
def test_the_order_of_columns_does_not_matter(row: HeaderRow, seed: int) -> None:
    shuffled = list(row.columns)
    random.Random(seed).shuffle(shuffled)  # noqa: S311

    found, again = suggest(row.columns, FIELDS), suggest(shuffled, FIELDS)
    assert {(each.header, each.field) for each in found} == {(each.header, each.field) for each in again}


def test_a_mapping_names_its_unknown_header() -> None:
    with pytest.raises(InvalidMapping, match="no column “Prise”"):
        check_mapping({"Prise": "qty"}, ["Price"], FIELDS)


def test_a_mapping_names_its_unknown_field() -> None:
    with pytest.raises(InvalidMapping, match="no field “colour”"):
        check_mapping({"Price": "colour"}, ["Price"], FIELDS)


def test_a_mapping_names_the_two_headers_of_one_field() -> None:
    with pytest.raises(InvalidMapping, match="“Price” and “Total” are both mapped to sale_price_cents"):
        check_mapping({"Price": "sale_price_cents", "Total": "sale_price_cents"}, ["Price", "Total"], FIELDS)


def test_a_mapping_may_leave_columns_out() -> None:
    check_mapping({"Price": None, "Total": "sale_price_cents"}, ["Price", "Total", "Other"], FIELDS)


def test_required_fields_without_a_column_are_named_in_order() -> None:
    assert unmapped_required({"Price": "sale_price_cents", "X": None}, FIELDS) == ["ebay_order_id", "sale_date", "item_name"]


def test_files_of_one_shape_have_one_fingerprint() -> None:
    assert fingerprint(["Order Number", "Sale  Date"]) == fingerprint(["ORDER NUMBER", "Sale Date"])
    assert fingerprint(["Order Number", "Sale Date"]) != fingerprint(["Sale Date", "Order Number"])
    assert fingerprint(["A", "B C"]) != fingerprint(["A B", "C"])


def test_a_remembered_mapping_is_suggested_as_such() -> None:
    found = remembered_suggestions(["A", "B", "C"], {"A": "qty", "B": None, "C": "gone"}, FIELDS)

    assert found[0] == Suggestion("A", "qty", 1.0, "You chose this when you last imported a file with these columns.")
    assert [suggestion.field for suggestion in found] == ["qty", None, None]
