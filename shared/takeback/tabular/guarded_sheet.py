"""Workbooks to records without a Python object for most cells, for sheets written as spreadsheets write them.

The sheet is read once, as it unpacks; only the workbook's shared texts are held as a whole. What is unusual is an
`Objection`: then the exact reader judges the whole file.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from takeback.rules.options import Options
from takeback.tabular.bare_workbook import BareWorkbook
from takeback.tabular.byte_body import ByteBody
from takeback.tabular.cell_grid import CellGrid
from takeback.tabular.formats import sniff
from takeback.tabular.limits import Limits
from takeback.tabular.objections import Objection
from takeback.tabular.raw import SHEET_CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.shared_texts import SharedTexts, shared_texts
from takeback.tabular.sheet_choice import HEAD_ROWS, check_name, choose, names_of, others
from takeback.tabular.sheet_cutter import Cells, SheetCutter
from takeback.tabular.sheet_scan import MOST_ROWS, scan_sheet
from takeback.tabular.table import FileFacts, Table
from takeback.tabular.tables import lay_out
from takeback.tabular.xml_text import whole_pieces
from takeback.tabular.zero_formats import zero_formats
from takeback.tabular.zip_guard import Archive


def open_guarded_workbook(source: BinaryIO, options: Options, limits: Limits) -> Table | None:
    """The table of an XLSX file; None for any other file, and for one whose sheets cannot be told from its index.

    This and reading the chunks may raise `Objection`: then the file has to be read by the exact reader. Raises what that one raises.
    """
    if sniff(source, limits) != "xlsx":
        return None
    archive = Archive(source, limits)
    archive.check()
    parts = archive.sheet_parts()
    if not parts:
        return None
    styles = archive.tree("xl/styles.xml")
    formats = zero_formats(styles) if styles is not None else {}
    bare = BareWorkbook(archive, parts, formats)
    names, visible = names_of(bare.book)
    reader = _Reader(archive, bare, shared_texts(archive, bare), limits)
    if options.sheet is None:
        (name, batches), passed_over = choose(names, visible, lambda name: reader.opened(name, parts[name]))
    else:
        check_name(options.sheet, names)
        name, passed_over = options.sheet, {}
        batches = reader.batches(parts[name])
    for other, part in parts.items():
        if other != name and not scan_sheet(archive, part, formats, limits).plain:
            raise Objection
    notices = [others(name, passed_over)] if passed_over else []
    return lay_out(RawFile(FileFacts("excel", sheet=name, sheets=names), batches, notices=notices), options, limits, ByteBody)


class _Reader:
    """The sheets of one workbook to batches of records."""

    def __init__(self, archive: Archive, bare: BareWorkbook, shared: SharedTexts, limits: Limits) -> None:
        self._archive = archive
        self._bare = bare
        self._shared = shared
        self._limits = limits

    def opened(self, name: str, part: str) -> tuple[tuple[str, Iterator[RawRows]], list[list[str]]] | None:
        """A sheet's name and batches, and its first rows; None where it is empty."""
        grid = CellGrid(self._bare, self._shared)
        batches = self._batches(part, grid)
        first = next(batches, None)
        if first is None:
            return None
        head = [list(row)[grid.first :] for row in first.rows[:HEAD_ROWS]]
        return (name, chain([first], batches)), head

    def batches(self, part: str) -> Iterator[RawRows]:
        """All records of a sheet, in the batches of the exact reader."""
        return self._batches(part, CellGrid(self._bare, self._shared))

    def _batches(self, part: str, grid: CellGrid) -> Iterator[RawRows]:
        cutter = SheetCutter(self._bare.is_number)
        held: list[Cells] = []
        start = last = 0
        for piece, is_last in whole_pieces(self._archive, part, b"<row "):
            cells = cutter.cut(piece, is_last=is_last)
            if not len(cells):
                continue
            held.append(cells)
            last = int(cells.rows[-1])
            self._check_extent(last + 1, int(cells.columns.max()) + 1)
            while last >= start + SHEET_CHUNK_ROWS:
                start += SHEET_CHUNK_ROWS
                yield grid.batch(_taken(held, start), start - SHEET_CHUNK_ROWS, start, is_last=False)
        if held:
            yield grid.batch(_taken(held, last + 1), start, last + 1, is_last=True)

    def _check_extent(self, rows: int, columns: int) -> None:
        limits = self._limits
        if rows > MOST_ROWS or rows * columns > limits.sheet_cells or columns > limits.columns:
            raise Objection


def _taken(held: list[Cells], stop: int) -> list[Cells]:
    """Takes the cells of the rows before `stop` away, so that nothing holds on to them while their batch is looked at."""
    taken = [cells.between(0, stop) for cells in held]
    held[:] = [rest for cells in held if len(rest := cells.between(stop, MOST_ROWS))]
    return taken
