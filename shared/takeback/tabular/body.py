"""The rows below the header: data in columns, and a receipt for every line that is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress
from statistics import median

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.tabular.headers import fold
from takeback.tabular.layout import Layout
from takeback.tabular.looks import counts_records, filled, is_label, is_value, known_words, shape, total_label
from takeback.tabular.raw import RawRows
from takeback.tabular.table import Chunk, DroppedLine, Table

_MOST_RECEIPTS = 1_000
_LONGEST_FOOTER = 40  # records at the end of the file among which a footer is looked for
_SAMPLE = 200
_WATCHED = 8
_HEADER_AGAIN = "the header again"
_LONGEST_NOTE = 200
_IN_TOTALS = ("tota", "sum", "gesamt", "somm", "итого", "合計", "总计")  # one of these stands in every total's label


class Body:
    """Turns the records below a header into chunks, and says in the table which lines it left out and why."""

    def __init__(self, table: Table, layout: Layout, sample: Sequence[Sequence[str]]) -> None:
        self.table = table
        self.width = len(table.headers)
        self.typed = layout.typed
        self.has_header = layout.is_sure
        self.names = [name.casefold() for name in layout.names]
        self._first_name = self.names[0] if self.names else ""
        full = [filled(row) for row in sample[:_SAMPLE]]
        self.usual = median([len(at) for at in full if at] or [self.width])
        counts = Counter(at for cells in full for at in cells)
        rows = sum(1 for at in full if len(at) >= 0.5 * self.usual) or 1
        # A line that is no data leaves empty what data rows fill, so only rows with a gap in these columns are looked at.
        fullest = max(rows - max(2, 0.1 * rows), 0.5 * rows)
        self.always = [at for at, count in reversed(counts.most_common()) if count >= fullest and at < self.width][:_WATCHED]
        self.first_shapes = {
            shape(row[0])
            for row, at in zip(sample, full, strict=False)
            if len(at) >= 0.7 * self.usual and row[0].strip() and not total_label(row[0])
        }
        self.after_gap = False
        self.receipts = 0

    def chunks(self, batches: Iterator[RawRows]) -> Iterator[Chunk]:
        """The data of all batches. A header with no row below it is refused, or named where it may be no header at all."""
        empty = True
        for chunk in map(self._chunk, batches):
            if chunk.row_numbers:
                empty = False
                yield chunk
        if empty:
            self._say_that_there_are_no_rows()

    def _say_that_there_are_no_rows(self) -> None:
        message = "The file has column names but no rows, so there is nothing to import. Export it again for a time with sales."
        if len(self.names) > 1 and known_words(self.names) > 0.5 * len(self.names):
            raise Refused("no_rows", message)
        self.table.issues.append(Issue("no_rows", message, row=self.table.facts.header_row))

    def drop(self, number: int, row: Sequence[str], reason: str) -> None:
        """Leaves a receipt for a line; beyond the first thousand only the number of further lines is kept."""
        dropped = self.table.facts.dropped_lines
        self.receipts += 1
        text = ", ".join(fold(cell) for cell in row if cell.strip())[:200]
        if self.receipts <= _MOST_RECEIPTS:
            dropped.append(DroppedLine(number, text, reason))
        else:
            more = self.receipts - _MOST_RECEIPTS
            dropped[_MOST_RECEIPTS:] = [DroppedLine(number, "", f"and {more:,} more such lines up to here")]

    def _chunk(self, batch: RawRows) -> Chunk:
        rows, width = batch.rows, self.width
        columns, odd = self._columns(rows)
        suspects = range(len(rows)) if not self.always else sorted({*odd, *self._with_gaps(columns), *self._with_words(columns[0])})
        reasons = {at: reason for at in suspects if (reason := self._why_no_data(rows[at]))}
        if batch.is_last:
            reasons |= self._footer(rows, reasons)
        self._look_for_second_table(batch, reasons)
        self._drop_all(batch, reasons)
        kinds = [*(batch.kinds or ()), *[None] * width][:width]
        numbers = batch.numbers
        if reasons:
            keep = [at not in reasons for at in range(len(rows))]
            numbers = list(compress(numbers, keep))
            columns = [self._kept(column, keep) for column in columns]
            kinds = [None if kind is None else "".join(compress(kind, keep)) for kind in kinds]
        return Chunk(numbers, columns, kinds, self._issues(batch, odd, reasons))

    def _issues(self, batch: RawRows, odd: Sequence[int], reasons: dict[int, str]) -> list[Issue]:
        lost = {batch.numbers[at] for at in reasons}
        found = [issue for issue in batch.row_issues if issue.row not in lost]
        found += [_ragged(batch.numbers[at], batch.rows[at], self.width) for at in odd if at not in reasons]
        found += [
            replace(issue, header=self.table.headers[at]) for at, issue in batch.cell_issues if at < self.width and issue.row not in lost
        ]
        return found

    def _drop_all(self, batch: RawRows, reasons: dict[int, str]) -> None:
        for at in sorted(reasons):
            number = batch.numbers[at]
            if reasons[at] == _HEADER_AGAIN and number == (self.table.facts.header_row or 0) + 1:
                message = "The column names stand there twice, one row below the other."
                self.table.notices.append(Issue("header_rows", message, row=number))
            self.drop(number, batch.rows[at], reasons[at])

    def _columns(self, rows: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], Sequence[int]]:
        """The records by column, and the places of those that have not one cell for each."""
        width = self.width
        odd = [at for at, row in enumerate(rows) if len(row) != width] if set(map(len, rows)) != {width} else []
        return list(zip(*(self._squared(rows) if odd else rows), strict=True)) or [()] * width, odd

    def _kept(self, column: Sequence[str], keep: Sequence[bool]) -> Sequence[str]:
        return tuple(compress(column, keep))

    def _squared(self, rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        """The records with exactly one cell for each column."""
        width = self.width
        return [row if len(row) == width else [*row, *[""] * (width - len(row))][:width] for row in rows]

    def _with_gaps(self, columns: Sequence[Sequence[str]]) -> Iterator[int]:
        """The records with a gap where data have none. Blanks are looked for in one column, nothing at all in several."""
        for column in self.always:
            if "" in columns[column]:
                yield from _places("", columns[column])
        column = columns[self.always[0]]
        if any(map(str.isspace, column)):
            yield from (at for at, cell in enumerate(column) if cell.isspace())

    def _with_words(self, column: Sequence[str]) -> Iterator[int]:
        """The records whose first cell is the header's again or may be a total's label, in all the languages we know."""
        if not self._holds_label("\n".join(column).casefold()):
            return
        for at, cell in enumerate(column):
            if self._holds_label(cell.casefold()) and (cell[:100].strip().casefold() == self._first_name or total_label(cell)):
                yield at

    def _holds_label(self, text: str) -> bool:
        """Whether the header's first cell or a total's label may stand in a case-folded text."""
        return self._first_name in text or any(word in text for word in _IN_TOTALS)

    def _why_no_data(self, row: Sequence[str]) -> str | None:
        """Why a record is no data row, None if it is one."""
        at = filled(row)
        if not at:
            return "blank line"
        if self.has_header and len(at) >= 2 and self._is_header(row):
            return _HEADER_AGAIN
        first, share = row[at[0]], len(at) / self.usual
        others_are_values = all(is_value(row[i]) for i in at[1:])
        if others_are_values and (label := total_label(first)) and (share <= label or at[0] in self.typed):
            return "a total"
        if (
            share <= 0.5
            and any(total_label(row[i]) == 1 for i in at[1:])
            and all(is_value(row[i]) or total_label(row[i]) == 1 for i in at[1:])
        ):
            return "a total"
        if share <= 0.5 and at[0] in self.typed and len(at) > 1 and others_are_values and is_label(first):
            return "a line of sums: words stand where a value should"
        if len(at) == 1 and self.usual >= 3 and at[0] == 0 and len(first) <= _LONGEST_NOTE and self._is_strange(first):
            return "a note: only one cell is filled"
        return None

    def _is_header(self, row: Sequence[str]) -> bool:
        """Whether a record is the header again; of most records the first cell settles it."""
        cells, names = row[: self.width], self.names[: len(row)]
        return len(cells) == len(names) and all(fold(cell).casefold() == name for cell, name in zip(cells, names, strict=True))

    def _is_strange(self, first: str) -> bool:
        """Whether the first cell of a row does not look like those of data, nor like several cells in one."""
        return shape(first) not in self.first_shapes and not _holds_data(first)

    def _footer(self, rows: Sequence[Sequence[str]], reasons: dict[int, str]) -> dict[int, str]:
        """Lines at the very end that hold next to nothing, or nothing but sums."""
        found: dict[int, str] = {}
        for at in range(len(rows) - 1, max(-1, len(rows) - 1 - _LONGEST_FOOTER), -1):
            if at in reasons:
                continue
            cells = filled(rows[at])
            first = rows[at][cells[0]]
            if len(cells) <= max(1, min(2, 0.4 * self.usual)) and not is_value(first) and self.usual >= 3 and self._is_strange(first):
                found[at] = "a note at the end"
            elif counts_records(rows[at]):
                found[at] = "a note at the end: the number of records"
            elif (
                len(cells) <= 0.6 * self.usual
                and all(is_value(rows[at][i]) for i in cells)
                and not any(column in cells for column in self.always[:2])
                and 0 not in cells
            ):
                found[at] = "a total: only sums, at the end"
            else:
                break
        return found

    def _look_for_second_table(self, batch: RawRows, reasons: dict[int, str]) -> None:
        """Says so where, below a gap, labels stand in the columns of values: that is the header of another table."""
        for at, row in enumerate(batch.rows if reasons or self.after_gap else []):
            if at in reasons:
                self.after_gap = True
            elif self.after_gap:
                self.after_gap = False
                labels = [column for column in filled(row) if is_label(row[column])]
                typed = [column for column in labels if column in self.typed]
                if len(labels) == len(filled(row)) and len(typed) >= max(2, 0.4 * len(self.typed)):
                    self.table.issues.append(_second_table(batch.numbers[at], row))


def _holds_data(text: str) -> bool:
    """Whether a lone cell is rather a row whose cells something else separates."""
    separators = (text.count(mark) - text.count(f"{mark} ") for mark in ",;|\t")
    return sum(map(is_value, text.split())) >= 5 or max(separators) >= 3


def _places(wanted: str, cells: Sequence[str]) -> Iterator[int]:
    """The positions of a cell's text; few hits in a long column cost next to nothing."""
    at = -1
    try:
        while True:
            at = cells.index(wanted, at + 1)
            yield at
    except ValueError:
        return


def _ragged(number: int, row: Sequence[str], width: int) -> Issue:
    cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
    extra = " | ".join(row[width:]) if len(row) > width else ""
    return Issue(
        "ragged_rows",
        f"This row has {cells}, the header {width}, so cells may stand in the wrong column. "
        "Look for a separator or quotation mark that is missing or too many.",
        row=number,
        value=extra[:200] or None,
    )


def _second_table(number: int, row: Sequence[str]) -> Issue:
    return Issue(
        "several_tables",
        f"Another table seems to begin in row {number}. Put each table into a file or sheet of its own and import them one by one.",
        row=number,
        value=" | ".join(cell for cell in row if cell.strip())[:200],
    )
