"""Does what the file itself says add up: gross + fees = net?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from takeback.rules.headers import words

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
_MOST = 0.8  # a relation that fewer rows keep is none: shipping or tax stands between gross and net


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
