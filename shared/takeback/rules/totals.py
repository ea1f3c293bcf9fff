"""Does what the file itself says add up: gross + fees = net?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from takeback.rules.fits import ColumnSample
from takeback.rules.headers import words
from takeback.rules.readings import Reading
from takeback.rules.values.money import parse_money

_NET = frozenset(
    {
        ("net",),
        ("net", "amount"),
        ("amount", "net"),
        ("net", "total"),
        ("total", "net"),
        ("net", "proceeds"),
        ("net", "earnings"),
        ("net", "payout"),
    }
)
_GROSS = frozenset({("gross",), ("gross", "amount"), ("amount", "gross"), ("gross", "total"), ("total", "gross")})
_ENOUGH = 3  # rows with a charge that prove what a column is
_LOOKED_AT = 400
_MOST = 0.8  # a relation that fewer rows keep is none: shipping or tax stands between gross and net


def what_is_taken_off(columns: Sequence[ColumnSample]) -> int | None:
    """The place of the one column that stands between gross and net in nearly all rows, whatever its header says."""
    gross = [column for column in columns if words(column.header) in _GROSS]
    net = [column for column in columns if words(column.header) in _NET]
    if len(gross) != 1 or len(net) != 1:
        return None
    differences = [
        after - before if before is not None and after is not None else None
        for before, after in zip(_cents(gross[0]), _cents(net[0]), strict=True)
    ]
    found = [place for place, column in enumerate(columns) if column not in (gross[0], net[0]) and _explains(column, differences)]
    return found[0] if len(found) == 1 else None


def _explains(column: ColumnSample, differences: Sequence[int | None]) -> bool:
    pairs = [(cents, wanted) for cents, wanted in zip(_cents(column), differences, strict=True) if cents and wanted is not None]
    right = sum(abs(cents) == abs(wanted) for cents, wanted in pairs)
    return right >= _ENOUGH and right >= _MOST * len(pairs)


def _cents(column: ColumnSample) -> list[int | None]:
    read = (parse_money(text, Reading(), kind) for text, kind in column.cells[:_LOOKED_AT])
    return [cents if isinstance(cents, int) else None for cents in read]


def net_header(headers: Sequence[str], column_mapping: Mapping[str, str | None]) -> str | None:
    """The column of what is left after fees, when the file has one and price and fees are mapped, too."""
    fed = set(column_mapping.values())
    if not {"sale_price_cents", "ebay_fees_cents"} <= fed:
        return None
    return next((header for header in headers if not column_mapping.get(header) and words(header) in _NET), None)


@dataclass(slots=True)
class NetCheck:
    """Counts the rows that add up. Amounts are in cents; fees as magnitudes."""

    right: int = 0
    wrong: int = 0
    first_row: int = 0
    first_amounts: tuple[int, int, int] = (0, 0, 0)

    def add(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        """Rows of (row_number, gross, fees, net)."""
        for row_number, gross, fees, net in rows:
            if gross - fees == net:
                self.right += 1
                continue
            self.wrong += 1
            if not self.first_row or row_number < self.first_row:
                self.first_row, self.first_amounts = row_number, (gross, fees, net)

    def warning(self, header: str) -> str | None:
        """A sentence about the rows that do not add up, when nearly all others do."""
        if not self.wrong or self.right < _MOST * (self.right + self.wrong):
            return None
        gross, fees, net = (f"{cents / 100:.2f}" for cents in self.first_amounts)
        rows = f"In {self.wrong} of {self.right + self.wrong} rows price less fees is not “{header}”"
        return f"{rows}, first in row {self.first_row}: {gross} − {fees} ≠ {net}."
