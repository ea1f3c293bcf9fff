"""How large a file may be in every direction; what is larger is refused with the limit's name."""

from __future__ import annotations

from dataclasses import dataclass

from takeback.errors import Refused


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file. Sizes are bytes unless the name says otherwise.

    `unpacked_bytes` and `packing_ratio` are about the parts of a workbook (a zip archive), `sheet_cells` about the
    rectangle from a sheet's first used cell to its last one, which the workbook reader holds in memory at once
    (about 32 bytes a cell), `record_chars` about one line of CSV or one object of JSON.
    """

    bytes: int = 500_000_000
    rows: int = 5_000_000
    columns: int = 1_000
    cell_chars: int = 32_767
    record_chars: int = 16_000_000
    zip_entries: int = 10_000
    unpacked_bytes: int = 600_000_000
    packing_ratio: int = 200
    sheet_cells: int = 30_000_000
    nesting: int = 32

    def check_bytes(self, size: int) -> None:
        """Refuses a file that is too long to be read."""
        if size > self.bytes:
            raise Refused(
                "too_large",
                f"The file has {size:,} bytes; at most {self.bytes:,} can be read. Split it, for instance by month, and import the parts.",
            )

    def check_columns(self, columns: int) -> None:
        """Refuses a table that is too wide."""
        if columns > self.columns:
            raise Refused(
                "too_many_columns",
                f"A row has {columns:,} cells; at most {self.columns:,} can be read. Delete columns that are not needed and try again.",
            )

    def check_rows(self, rows: int) -> None:
        """Refuses a table that is too long."""
        if rows > self.rows:
            raise Refused(
                "too_many_rows",
                f"The file has more than {self.rows:,} rows. Split it, for instance by month, and import the parts.",
            )
