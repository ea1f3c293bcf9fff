"""One pass over a table: every row checked, the good ones written for commit, the bad ones for the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.issues import Issue
from takeback.rules.lines import BLANK, OrderLines
from takeback.rules.totals import NetCheck
from takeback.rules.values import Problem, parse_cell
from takeback.tabular import loops
from takeback.tabular.bad_rows import BadRows
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.copy_text import Ids, copy_text
from takeback.tabular.currencies import CurrencyRows
from takeback.tabular.error_file import ErrorFile, Sink
from takeback.tabular.field_reader import FieldReader
from takeback.tabular.findings import Findings
from takeback.tabular.glance import Beginnings
from takeback.tabular.parsed import ParsedColumn
from takeback.tabular.plan import Plan
from takeback.tabular.table import TEXT, Chunk
from takeback.tabular.text_rows import side_by_side

_NET = Column(kind="money", label="Net", example="")
_GROSS, _FEES = "sale_price_cents", "ebay_fees_cents"
_SAFE_TO_ADD = 1 << 40  # times the rows of a chunk this is still a 64-bit number
_BLANK = Beginnings(BLANK)


class Pass:
    """Reads chunks under fixed readings. `evidence` afterwards speaks for the whole file, whatever the readings were."""

    def __init__(self, plan: Plan, readings: Mapping[str, Reading], ids: Iterator[str]) -> None:
        self.findings = Findings(plan.headers)
        self.evidence = plan.evidence()
        self.lines = OrderLines(plan.lines, plan.headers) if plan.lines else None
        self.net = NetCheck()
        self._plan = plan
        self._readings = readings
        self._ids = Ids(ids)
        self._places = plan.places
        self._used = {header for header, field in plan.column_mapping.items() if field}
        mapped = [field for field in plan.fields if field.name in self._places]
        evidence = dict(zip((field.name for field in mapped), self.evidence, strict=False))
        self._readers = {field.name: FieldReader(field, readings[field.name], evidence[field.name]) for field in mapped}
        self._witnesses = [FieldReader(witness.column, Reading(), witness) for witness in self.evidence[len(mapped) :]]
        self._net = FieldReader(_NET, readings[_GROSS], Evidence("", _NET)) if plan.net else None
        self._currency = CurrencyRows(plan.currency, plan.headers.index(plan.currency.header)) if plan.currency else None

    def run(self, chunks: Iterable[Chunk], rows: Sink, errors: ErrorFile, progress: Callable[[int], None]) -> None:
        """Check every row of every chunk."""
        for chunk in chunks:
            if chunk.row_numbers:
                self._check(chunk, rows, errors)
                progress(self.findings.total)
        for reader in (*self._readers.values(), *self._witnesses):
            reader.finish()

    def _check(self, chunk: Chunk, rows: Sink, errors: ErrorFile) -> None:
        written = [ByteCells.of(column) for column in chunk.columns]
        columns = self._with_order_lines(written, chunk.row_numbers)
        parsed = {name: self._read(reader, self._places[name], columns, chunk) for name, reader in self._readers.items()}
        for reader, evidence in zip(self._witnesses, self.evidence[len(parsed) :], strict=True):
            self._read(reader, self._plan.headers.index(evidence.header), columns, chunk)
        if self._net and self._plan.net:
            self._compare(parsed, self._read(self._net, self._plan.headers.index(self._plan.net), columns, chunk), chunk.row_numbers)
        bad_rows = BadRows(self._plan, written, chunk.row_numbers, parsed, self._told(chunk, written))
        is_bad = bad_rows.mask()
        bad = np.flatnonzero(is_bad)
        self._write_good(~is_bad, parsed, rows)
        if len(bad):
            bad_rows.tell(bad, self.findings, errors)
        self._show(chunk, columns, bad_rows)
        self._sum(bad, parsed)
        self.findings.total += len(is_bad)
        self.findings.invalid += len(bad)

    def _read(self, reader: FieldReader, place: int, columns: Sequence[ByteCells], chunk: Chunk) -> ParsedColumn:
        return reader.read(columns[place], chunk.kinds[place], chunk.row_numbers)

    def _with_order_lines(self, columns: list[ByteCells], row_numbers: Sequence[int]) -> list[ByteCells]:
        """The columns with the further lines of orders filled and amounts counted once."""
        if self.lines is None or self._plan.lines is None:
            return columns
        suspects = _same_as_above_or_blank(columns[self._plan.headers.index(self._plan.lines.order)])
        changes = self.lines.changes(columns, row_numbers, suspects)
        return [cells.replaced(changes[place]) if place in changes else cells for place, cells in enumerate(columns)]

    def _told(self, chunk: Chunk, columns: Sequence[ByteCells]) -> dict[int, list[Issue]]:
        """The issues of whole rows by place in the chunk. The reader's about a cell count only where its column is used."""
        place_of = {row: at for at, row in enumerate(chunk.row_numbers)} if chunk.issues else {}
        told: dict[int, list[Issue]] = {}
        for issue in chunk.issues:
            if issue.row in place_of and (issue.header is None or issue.header in self._used):
                told.setdefault(place_of[issue.row], []).append(issue)
        if self._currency:
            for at, issue in self._currency.issues(columns, chunk.row_numbers):
                told.setdefault(at, []).append(issue)
        return told

    def _write_good(self, good: np.ndarray, parsed: Mapping[str, ParsedColumn], rows: Sink) -> None:
        columns = [parsed[field.name].copied if field.name in parsed else copy_text(field.default) for field in self._plan.fields]
        text = side_by_side(self._ids, columns, good)
        rows.write(text[1:].data)  # each row begins with the line end of the one before it

    def _show(self, chunk: Chunk, columns: Sequence[ByteCells], bad_rows: BadRows) -> None:
        for at in range(min(len(chunk.row_numbers), self.findings.rows_wanted)):
            data = {field.name: self._value(field, chunk, columns, at) for field in self._plan.fields}
            cells = [column[at] for column in chunk.columns]
            self.findings.add_row(chunk.row_numbers[at], cells, data, bad_rows.issues(at))

    def _value(self, field: Column, chunk: Chunk, columns: Sequence[ByteCells], at: int) -> Any:
        place = self._places.get(field.name)
        if place is None:
            return field.default
        kinds = chunk.kinds[place]
        value = parse_cell(field, self._readings[field.name], columns[place][at], kinds[at] if kinds else TEXT)
        return None if isinstance(value, Problem) else value

    def _sum(self, bad: np.ndarray, parsed: Mapping[str, ParsedColumn]) -> None:
        """Add up the amounts of all rows but the bad ones."""
        for field in self._plan.fields:
            if field.kind == "money" and field.name in parsed:
                cents = parsed[field.name].cents
                is_small = max(-int(cents.min()), int(cents.max())) < _SAFE_TO_ADD
                good = int(cents.sum() - cents[bad].sum()) if is_small else sum(np.delete(cents, bad).tolist())
                self.findings.totals[field.name] += good

    def _compare(self, parsed: Mapping[str, ParsedColumn], net: ParsedColumn, row_numbers: Sequence[int]) -> None:
        """Count the rows whose price less fees is the file's own net amount."""
        gross, fees = parsed[_GROSS], parsed[_FEES]
        known = ~(gross.bad | fees.bad | net.bad) & net.filled
        right = known & (gross.cents - fees.cents == net.cents)
        wrong = known & ~right
        self.net.right += int(right.sum())
        at = int(np.argmax(wrong))
        if wrong[at]:
            self.net.add([(row_numbers[at], int(gross.cents[at]), int(fees.cents[at]), int(net.cents[at]))])
            self.net.wrong += int(wrong.sum()) - 1


def _same_as_above_or_blank(numbers: ByteCells) -> list[int]:
    """The rows whose order number may be that of the row above: equal, or one of the two blank. The first row is always one."""
    found = np.empty(len(numbers), bool)
    loops.repeat(*numbers.arrays(), *_BLANK.table, found.view(np.uint8))
    return np.flatnonzero(found).tolist()
