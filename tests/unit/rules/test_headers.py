from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.rules.headers import LONGEST_HEADER, fold, says_cents, words


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("Order #", "order number"),
        ("Order No.", "order number"),
        ("orderId", "order number"),
        ("ORDER_ID", "order number"),
        ("order-id", "order number"),
        ("orderid", "order number"),
        ("*InvoiceNumber", "invoice number"),
        ("POAddressLine1", "po address line 1"),
        ("Bestellnummer", "order number"),
        ("Bestell-Nr.", "order number"),
        ("N° de commande", "number order"),
        ("Nº de pedido", "number order"),
        ("Number of Items", "quantity item"),
        ("Artikelbezeichnung", "item name"),
        ("Käufername", "buyer name"),
        ("Versandkosten", "shipping cost"),
        ("Prix d'achat", "price purchase"),
        ("TVA sur achat", "tax purchase"),
        ("Sold On", "sale"),
        ("📅 Sold", "sale"),
        ("AMZ\nTax", "amazon tax"),
        ("eBay Fee (13%)", "ebay fee"),
        ("PayPal fee", "paypal fee"),
        ("Sale Price ($)", "sale price"),
        ("Total (ARS)", "total"),
        ("FEES (USD)", "fee"),
        ("Total#2", "total"),
        ("Lineitem name", "item name"),
        ("line_items.price", "item price"),
        ("transactions.price.amount", "item price"),
        ("customer.first_name", "buyer person"),
        ("Verk.-Datum", "sale date"),
        ("Comis. (€)", "fee"),
        ("Com.", "com"),
        ("Sale Date (MM/DD/YYYY)", "sale date"),
        ("Datum TT.MM.JJJJ", "date"),
        ("TCGplayer order", "marketplace order"),
        ("AbeBooks fee", "marketplace fee"),
        ("eB fee", "ebay fee"),
        ("Price excl. VAT", "price"),
        ("Montant (hors taxes)", "amount"),
        ("💬", ""),
        ("", ""),
    ],
)
def test_a_header_is_read_as_plain_english(header: str, meaning: str) -> None:
    assert " ".join(words(header)) == meaning


@pytest.mark.parametrize("word", ["lineage", "shipmate", "taxonomy", "unordered", "pricey", "Weihnachten", "saleor"])
def test_a_word_that_only_begins_like_a_known_one_stays_whole(word: str) -> None:
    assert words(word) == (word.lower(),)


@given(st.text(max_size=300))
def test_any_text_has_words_and_folding_is_stable(header: str) -> None:
    assert all(word and word == word.casefold() for word in words(header))
    assert fold(fold(header)) == fold(header)
    assert fold(header.upper()) == fold(header.upper().upper())


def test_a_header_of_any_length_is_read_quickly() -> None:
    assert len(words("verkaufs" * 10_000)) <= LONGEST_HEADER


@pytest.mark.parametrize(
    "header", ["Price (cents)", "amount_cents", "AmountCents", "Preis (Cent)", "prix en centimes", "base_money.amount"]
)
def test_a_header_can_say_cents(header: str) -> None:
    assert says_cents(header)


@pytest.mark.parametrize("header", ["Price", "Percent", "Recent", "Innocent price", "Cost centre", "money.amounts"])
def test_most_headers_do_not(header: str) -> None:
    assert not says_cents(header)
