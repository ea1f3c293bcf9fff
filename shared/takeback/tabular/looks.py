"""What a cell looks like, apart from what it means: a value, a label, a total's label."""

from __future__ import annotations

import re
from collections.abc import Sequence

from takeback.tabular.headers import fold

_LONGEST_LABEL = 120

_SIGN = r"[(+\-−]*"
_MONTH = r"[^\W\d_]{3,10}\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_VALUE = re.compile(
    rf"""(?:
        {_SIGN}\s*(?:[A-Z]{{0,3}}[^\w\s"'#]{{1,2}}|[A-Z]{{3}})?\s*{_SIGN}\s*\d[\d.,'’\s]*%?\)?\s*(?:[A-Z]{{3}}|[^\w\s"']{{1,2}})?-?
      | \d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}(?:[T\W].*)?
      | \d{{1,2}}[:.h]\d{{2}}(?:[:.]\d{{2}}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?(?:\s*[A-Z]{{2,5}})?
      | (?:{_MONTH},?\s+)?{_MONTH}[\s-]+{_DAY}[\s,-]+\d{{2,4}}\b.*
      | (?:{_MONTH},?\s+)?{_DAY}[\s-]+(?:de\s+)?{_MONTH},?[\s-]+(?:de\s+)?\d{{2,4}}\b.*
      | [\w.+'-]+@[\w-]+\.[\w.-]+ | https?://\S+
    )""",
    re.VERBOSE,
)
_TOTAL_WORD = r"(?:totals?|totaux|totale[sn]?|gesamt(?:summe|betrag)?|summen?|suma|somme|somma|итого|合計|总计)"
_CLEAR = re.compile(
    rf"(?:(?:grand|sub|report|page|running|overall)[\s-]*{_TOTAL_WORD}|zwischensummen?|sous[\s-]*tota(?:l|ux)|subtotale?s?"
    rf"|{_TOTAL_WORD}\s+(?:for|of|pour|für|per|de)\b)",
    re.IGNORECASE,
)
_TOTAL = re.compile(rf"(?:(?:net|gross|order|sales)\s+)?{_TOTAL_WORD}\b", re.IGNORECASE)
_ONLY_TOTAL = re.compile(rf"(?:(?:{_CLEAR.pattern}|{_TOTAL.pattern})\W*|(?:net|gross|order|sales)\s+{_TOTAL_WORD}\W*)", re.IGNORECASE)
LABELS_BEGIN = "gnoprstz"  # the first letters of all of them, as far as they are in ASCII
_RECORDS = re.compile(
    r"\d+\W+(?:record|row|order|transaction|result|item)s?\W*s?\W*(?:downloaded|exported|found|listed|in total)\b", re.IGNORECASE
)
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")


def is_blank(cell: str) -> bool:
    """Whether nothing shows in a cell."""
    return not cell or cell.isspace()


def is_value(cell: str) -> bool:
    """Whether a cell is a number, an amount, a date, a time, an id with many digits or an address: what a header is not."""
    text = cell.strip()[:200]
    if _VALUE.fullmatch(text):
        return True
    if " " in text:
        return False
    digits = sum(map(str.isdigit, text))
    return digits >= 4 and digits * 2 >= len(text)


def is_label(cell: str) -> bool:
    """Whether a cell could be the name of a column."""
    return not is_blank(cell) and len(fold(cell)) <= _LONGEST_LABEL and not is_value(cell)


def total_label(cell: str) -> float:
    """How full a row may be, against the usual row, for this cell to make it a total; 0: the cell is no total's label.

    "Total" alone labels a total in any row of sums; "Subtotal May" in most; "Total Recall" only in a nearly empty row.
    """
    text = cell.strip()[:100]
    if _ONLY_TOTAL.fullmatch(text):
        return 1.0
    if _CLEAR.match(text):
        return 0.7
    return 0.5 if _TOTAL.match(text) else 0.0


def counts_records(row: Sequence[str]) -> bool:
    """Whether a record says how many there are, in one cell or several: `25 record(s) downloaded`."""
    return _RECORDS.match(" ".join(cell.strip() for cell in row[:3])[:_LONGEST_LABEL]) is not None


def shape(cell: str) -> str:
    """A cell with its digits as 9 and its words as A: `20-11840` and `06-11558` look alike."""
    return _LETTERS.sub("A", _DIGITS.sub("9", cell.strip()))


def filled(row: Sequence[str]) -> list[int]:
    """The positions of the cells in which something shows."""
    return [at for at, cell in enumerate(row) if cell and not cell.isspace()]


# Words of which one stands in most column names of order, payment and invoice exports, in the languages we have seen.
_WORDS = frozenset(
    """
    order orders sale sales sold item items title product sku qty quantity price amount total subtotal fee fees tax taxes vat shipping
    status date buyer customer payment payout transaction invoice currency net gross cost discount refund description listing note notes
    remark memo units email country city zip address platform marketplace commission profit
    bestellung bestellnummer bestellnr datum verkauf verkaufsdatum artikel artikelname menge anzahl preis betrag gebühr gebühren versand
    steuer käufer kunde rechnung währung
    commande vente désignation article quantité prix montant frais port tva remarque statut acheteur client facture devise
    pedido venta fecha artículo producto cantidad precio importe comisión envío estado comprador cliente factura moneda
    ordine vendita data articolo prodotto quantità prezzo importo spedizione stato acquirente fattura valuta
    bestelling verkoop aantal prijs bedrag kosten verzending
    """.split()
)
_WORD = re.compile(r"[^\W\d_]+")


def known_words(row: Sequence[str]) -> int:
    """How many cells of a row hold a word that column names of exports hold."""
    return sum(1 for cell in row if len(cell) <= _LONGEST_LABEL and not _WORDS.isdisjoint(_WORD.findall(_spaced(cell).casefold())))


def _spaced(cell: str) -> str:
    """`InvoiceDate` and `order_id` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell).replace("_", " ")
