"""A column that names the currency of each row: amounts of two currencies cannot be added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from takeback.rules.fits import ColumnSample
from takeback.rules.headers import words
from takeback.rules.issues import Issue
from takeback.rules.values.currencies import agree, currency

_CURRENCY = "currency"
# What may stand beside “currency” where it is the price's, and not that of a payout or of money that was changed.
_HARMLESS = frozenset(
    {_CURRENCY, "code", "iso", "order", "sale", "transaction", "item", "gross", "presentment", "price", "amount", "total"}
)


@dataclass(frozen=True, slots=True)
class CurrencyColumn:
    """The header of the column and the currency of most of the first rows."""

    header: str
    currency: str

    def issues(self, cells: Sequence[str], row_numbers: Sequence[int]) -> Iterator[tuple[int, Issue]]:
        """The rows in another currency: their place among the cells, and what to do about them."""
        for at, cell in enumerate(cells):
            if cell == self.currency:
                continue
            found = currency(cell.strip())
            if found and not agree(found, self.currency):
                message = f"This row is in {found}, the file in {self.currency}: they cannot be added. Convert it or leave the row out."
                yield at, Issue("mixed_currency", message, row_numbers[at], None, self.header, cell[:200])


def currency_column(columns: Sequence[ColumnSample], price: str | None = None) -> CurrencyColumn | None:
    """The column that says the currency of each row's price, which stands under the header `price`.

    Of several, the one that shares a word with that header (`Gross` is in the `Gross Currency`), else the one that says no
    more than “currency”. None where that does not settle it and they differ.
    """
    said = set(words(price or "")) - {_CURRENCY}
    found: list[tuple[bool, bool, CurrencyColumn, list[str]]] = []
    for column in columns:
        meant = words(column.header)
        main = _main_currency(column) if _CURRENCY in meant and _HARMLESS.issuperset(meant) else None
        if main:
            cells = [text.strip() for text, _ in column.cells]
            found.append((said.isdisjoint(meant), len(meant) > 1, CurrencyColumn(column.header, main), cells))
    best = [candidate for candidate in found if candidate[:2] == min(each[:2] for each in found)]
    return best[0][2] if best and all(candidate[3] == best[0][3] for candidate in best) else None


def _main_currency(column: ColumnSample) -> str | None:
    """The currency of most cells; None when the cells are not currencies."""
    filled = [text.strip() for text, _ in column.cells if text.strip()]
    codes = Counter(code for text in filled if (code := currency(text)))
    if not codes or codes.total() < 0.9 * len(filled):
        return None
    return max(sorted(codes), key=lambda code: codes[code])
