"""Records whose cells stay where they stand in the file: as rows for the layout, as columns for everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np

from takeback.tabular.byte_cells import Buffer, ByteCells


class ByteRecords(Sequence[Sequence[str]]):
    """Record i has the cells `starts[:, i]`, `lengths[:, i]`, unless it is one of the `uneven` with more or fewer cells."""

    def __init__(self, buffer: Buffer, starts: np.ndarray, lengths: np.ndarray, uneven: Mapping[int, list[str]]) -> None:
        self.buffer = buffer
        self.starts = starts
        self.lengths = lengths
        self.uneven = uneven

    @property
    def width(self) -> int:
        """The number of cells of all records that are not uneven."""
        return len(self.starts)

    def __len__(self) -> int:
        return self.starts.shape[1]

    @overload
    def __getitem__(self, at: int) -> Sequence[str]: ...
    @overload
    def __getitem__(self, at: slice) -> ByteRecords: ...
    def __getitem__(self, at: int | slice) -> Sequence[str] | ByteRecords:
        if isinstance(at, int):
            return self.uneven[at] if at in self.uneven else list(ByteCells(self.buffer, self.starts[:, at], self.lengths[:, at]))
        start, stop, step = at.indices(len(self))
        if step != 1:
            raise IndexError
        uneven = {place - start: cells for place, cells in self.uneven.items() if start <= place < stop}
        return ByteRecords(self.buffer, self.starts[:, start:stop], self.lengths[:, start:stop], uneven)

    def __iter__(self) -> Iterator[Sequence[str]]:
        return (_Record(self, at) for at in range(len(self)))

    def columns(self) -> list[ByteCells]:
        """The cells by column; an uneven record is cut off or filled up."""
        found = [ByteCells(self.buffer, starts, lengths) for starts, lengths in zip(self.starts, self.lengths, strict=True)]
        if not self.uneven:
            return found
        return [
            cells.replaced({at: record[place] if place < len(record) else "" for at, record in self.uneven.items()})
            for place, cells in enumerate(found)
        ]


class _Record(Sequence[str]):
    """A record that is read once somebody looks at it: of most of them nobody wants more than their place."""

    __slots__ = ("_at", "_cells", "_records")

    def __init__(self, records: ByteRecords, at: int) -> None:
        self._records = records
        self._at = at
        self._cells: Sequence[str] | None = None

    def _read(self) -> Sequence[str]:
        if self._cells is None:
            self._cells = self._records[self._at]
        return self._cells

    def __len__(self) -> int:
        return len(self._records.uneven.get(self._at, self._records.starts))

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return self._read()[at]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())
