"""A column that names the currency of each row: amounts of two currencies cannot be added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from takeback.rules.fits import ColumnSample
from takeback.rules.headers import words
from takeback.rules.issues import Issue
from takeback.rules.values.currencies import agree, currency

_HEADERS = frozenset(
    {("currency",), ("currency", "code"), ("order", "currency"), ("sale", "currency"), ("transaction", "currency"), ("item", "currency")}
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


def currency_column(columns: Sequence[ColumnSample]) -> CurrencyColumn | None:
    """The column that says each row's currency, when the file has exactly one of them."""
    candidates = [column for column in columns if words(column.header) in _HEADERS]
    if len(candidates) != 1:
        return None
    filled = [text.strip() for text, _ in candidates[0].cells if text.strip()]
    codes = Counter(code for text in filled if (code := currency(text)))
    if not codes or codes.total() < 0.9 * len(filled):
        return None
    main = max(sorted(codes), key=lambda code: codes[code])
    return CurrencyColumn(candidates[0].header, main)
