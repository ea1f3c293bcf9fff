"""Cells cut out of a sheet, put into the rows and columns of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from takeback.rules.issues import Issue
from takeback.tabular.bare_workbook import Answer, BareWorkbook
from takeback.tabular.byte_cells import SLACK, Buffer, ByteCells
from takeback.tabular.byte_records import ByteRecords
from takeback.tabular.objections import Objection, spread
from takeback.tabular.raw import RawRows
from takeback.tabular.shared_texts import SharedTexts
from takeback.tabular.sheet_cutter import NUMBER, ODD, SHARED, Cells
from takeback.tabular.table import ERROR, TEXT
from takeback.tabular.table import NUMBER as NUMBER_KIND
from takeback.tabular.workbook_cells import ERRORS
from takeback.tabular.workbook_issues import error_value, formula_without_value, is_inexact, number_precision

_ROOM = 1 << 16  # for texts that are added to a batch
_MOST_TEXT = 1 << 27  # bytes of a batch
_STEP = 1 << 12  # texts that are copied at once, since each of their bytes needs many more meanwhile


class CellGrid:
    """Batches of one sheet. A cell further left or right than those of the first batch is an `Objection`.

    `first` is the first column with something in it.
    """

    def __init__(self, bare: BareWorkbook, shared: SharedTexts) -> None:
        self._bare = bare
        self._shared = shared
        self.first = self._width = 0

    def batch(self, parts: Sequence[Cells], start: int, stop: int, *, is_last: bool) -> RawRows:
        """The rows from `start` up to `stop`, from 0, out of their cells. Of the last ones the very last must hold something."""
        rows, columns, forms = (np.concatenate([getattr(cells, name) for cells in parts]) for name in ("rows", "columns", "forms"))
        odd = np.flatnonzero(forms == ODD)
        answers = self._bare.answers([cells.odd[at] for cells in parts for at in cells.starts[cells.forms == ODD].tolist()])
        is_sure = np.ones(len(rows), bool)
        is_sure[odd] = [answer.is_sure for answer in answers]
        if not self._width and is_sure.any():
            self.first, self._width = int(columns[is_sure].min()), int(columns[is_sure].max()) + 1
        if not self._width or (is_last and not is_sure[rows == stop - 1].any()):
            raise Objection
        if columns.min(initial=self.first) < self.first or columns.max(initial=0) >= self._width:
            raise Objection
        count = stop - start
        cells = self._texts(parts, forms, answers)
        places = columns.astype(np.int64) * count + rows - start
        kinds = np.full(self._width * count, ord(TEXT), np.uint8)
        kinds[places[forms == NUMBER]] = ord(NUMBER_KIND)
        kinds[places[odd]] = [ord(answer.kind) for answer in answers]
        signs = np.flatnonzero((cells.buffer.data.take(cells.starts) == ord("#")) & (cells.lengths > 0) & (forms != NUMBER))
        kinds[places[[at for at in signs.tolist() if cells[at] in ERRORS]]] = ord(ERROR)
        starts, lengths = np.ones(self._width * count, np.int64), np.zeros(self._width * count, np.int64)
        starts[places], lengths[places] = cells.starts, cells.lengths
        grid = ByteCells(cells.buffer, starts, lengths)
        issues = [*_uncalculated(answers, rows[odd], columns[odd]), *_issues(grid, kinds, places[odd], count, start)]
        letters = [some.tobytes().decode() for some in kinds.reshape(self._width, count)]
        return RawRows(
            range(start + 1, stop + 1),
            ByteRecords(cells.buffer, starts.reshape(self._width, count), lengths.reshape(self._width, count), {}),
            [None if some.count(TEXT) == count else some for some in letters],
            cell_issues=issues,
            is_last=is_last,
        )

    def _texts(self, parts: Sequence[Cells], forms: np.ndarray, answers: Sequence[Answer]) -> ByteCells:
        """The texts of all cells, in one buffer."""
        starts, lengths = (np.concatenate([getattr(cells, name) for cells in parts], dtype=np.int64) for name in ("starts", "lengths"))
        written = [np.array([ord("\n")], np.uint8), *(cells.text for cells in parts)]  # the first byte belongs to no cell
        offsets = np.cumsum(list(map(len, written)))
        starts += np.repeat(offsets[:-1], list(map(len, parts)))
        size = int(offsets[-1])
        shared = np.flatnonzero(forms == SHARED)
        if len(shared):
            numbers = np.concatenate([cells.starts[cells.forms == SHARED] for cells in parts])
            texts, starts[shared], lengths[shared] = self._shared_texts(numbers)
            starts[shared] += size
            written += texts
            size += sum(map(len, texts))
        odd = np.flatnonzero(forms == ODD)
        lengths[odd] = [len(answer.text) for answer in answers]
        starts[odd] = size + np.cumsum(lengths[odd]) - lengths[odd]
        text = b"".join(answer.text for answer in answers)
        size += len(text)
        if size > _MOST_TEXT:
            raise Objection
        return ByteCells(Buffer(bytearray().join([*map(memoryview, written), text, bytes(_ROOM + SLACK)]), size), starts, lengths)

    def _shared_texts(self, numbers: np.ndarray) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
        """The shared texts of some cells, each once, and where the cells' own ones are in that."""
        shared = self._shared
        if numbers.max() >= len(shared):
            raise Objection
        is_used = np.zeros(len(shared), bool)
        is_used[numbers] = True
        used = np.flatnonzero(is_used)
        sizes = shared.lengths[used]
        if sizes.sum() > _MOST_TEXT:
            raise Objection
        steps = [slice(at, at + _STEP) for at in range(0, len(used), _STEP)]
        texts = [shared.text[spread(shared.starts[used[step]], sizes[step])] for step in steps]
        places = (np.cumsum(is_used) - 1).take(numbers)
        return texts, (np.cumsum(sizes) - sizes)[places], sizes[places]


def _uncalculated(answers: Sequence[Answer], rows: np.ndarray, columns: np.ndarray) -> Iterator[tuple[int, Issue]]:
    for answer, row, column in zip(answers, rows.tolist(), columns.tolist(), strict=True):
        if answer.is_uncalculated:
            yield column, formula_without_value(row + 1)


def _issues(grid: ByteCells, kinds: np.ndarray, odd: np.ndarray, count: int, start: int) -> Iterator[tuple[int, Issue]]:
    """What is wrong with cells, by column."""
    for place in np.flatnonzero(kinds == ord(ERROR)).tolist():
        yield place // count, error_value(grid[place], start + place % count + 1)
    for place in np.sort(odd[kinds[odd] == ord(NUMBER_KIND)]).tolist():
        if grid.lengths[place] > 15 and is_inexact(text := grid[place]):
            yield place // count, number_precision(text, start + place % count + 1)
