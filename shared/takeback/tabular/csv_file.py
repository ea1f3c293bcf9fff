"""CSV to records: the csv module at full speed, and a careful look at every record that breaks the rules."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.options import Options
from takeback.tabular import dialect as dialects
from takeback.tabular.cells import REPLACED
from takeback.tabular.dialect import Dialect
from takeback.tabular.encoding import Encoding, bad_text, detect, lines_of, text_blocks
from takeback.tabular.limits import Limits
from takeback.tabular.raw import CHUNK_ROWS, RawFile, RawRows
from takeback.tabular.stray_quotes import Stray, may_be_stray, stray
from takeback.tabular.table import FileFacts

_SAMPLE_CHARS = 1 << 16
_LONGEST_FOOTER = 50  # records kept back, so that the last batch holds all of a footer
_LONGEST_QUOTED_RECORD = 200  # lines; a quoted cell that goes on for longer is a quotation mark nobody closed


@dataclass(frozen=True, slots=True)
class CsvStart:
    """What the start of a file says about all of it. `text` is its first block after the `skipped` characters of a `sep=` line."""

    encoding: Encoding
    dialect: Dialect
    facts: FileFacts
    notices: list[Issue]
    skipped: str
    text: str
    blocks: Iterator[str]


def open_csv(source: BinaryIO, options: Options, limits: Limits) -> RawFile:
    """The records of a CSV file. `facts` say encoding and delimiter; rows count every record, blank ones too."""
    start = start_csv(source, options, limits)
    batches = _Reader(start.dialect, limits, start.notices).batches(chain([start.text], start.blocks))
    return RawFile(start.facts, batches, notices=start.notices)


def start_csv(source: BinaryIO, options: Options, limits: Limits, *, by_start: bool = False) -> CsvStart:
    """How a file is written: its encoding, by its start alone or by all of it, and how it separates and quotes its cells."""
    encoding = detect(source, options.encoding, by_start=by_start)
    blocks = text_blocks(source, encoding.name, limits)
    text = next(blocks, "")
    separator = dialects.sep_line(text)
    skipped = separator[0] if separator else ""
    text = text[len(skipped) :]
    _refuse_lone_value(text)
    sample = lines_of(text[:_SAMPLE_CHARS])
    if len(text) > _SAMPLE_CHARS:
        sample = sample[:-1] or sample
    dialect = dialects.sniff(sample, options.delimiter or (separator and separator[1]))
    facts = FileFacts("csv", encoding=encoding.name.removesuffix("-sig"), delimiter=dialect.delimiter)
    return CsvStart(encoding, dialect, facts, list(_notices(encoding, dialect)), skipped, text, blocks)


def has_swallowed_lines(rows: Sequence[Sequence[str]], dialect: Dialect, limits: Limits) -> bool:
    """Whether a cell of some records holds what reads as whole records."""
    reader = _Reader(dialect, limits, [])
    reader.rows = list(rows)
    reader.flag_swallowed_lines(0)
    return bool(reader.issues)


def _refuse_lone_value(text: str) -> None:
    """One value without a line end or a delimiter is a stray file, not a table of one cell."""
    if len(text) < 10_000 and not any(mark in text for mark in ("\n", "\r", *dialects.DELIMITERS)):
        raise Refused("not_a_table", "The file holds a single value and no rows. Export it again and check that it shows rows.")


def _notices(encoding: Encoding, dialect: Dialect) -> Iterator[Issue]:
    if encoding.how == "guessed":
        yield Issue(
            "encoding_guessed",
            f"The file is not UTF-8; it was read as {encoding.name}. Look at the names with accents; "
            "if they are wrong, choose another encoding.",
        )
    if dialect.rival:
        yield Issue(
            "ambiguous_delimiter",
            f"The cells may be separated by {dialects.name_of(dialect.delimiter)} or by {dialects.name_of(dialect.rival)}: both fit. "
            f"The first was taken; choose the other if the columns are wrong.",
        )
    if dialect.quote == "'":
        yield Issue("unusual_quoting", "Cells stand between single quotation marks ('…'), which were taken off.")
    if dialect.quote is None:
        yield Issue("unusual_quoting", "Quotation marks do not enclose cells in this file, so they were kept as text.")
    if dialect.backslash:
        yield Issue("unusual_quoting", 'Quotation marks inside cells are written \\" in this file; they were read as ".')


class _Reader:
    """Records out of blocks of whole lines. Holds the lines of a record that is not finished yet, and counts."""

    def __init__(self, dialect: Dialect, limits: Limits, notices: list[Issue]) -> None:
        self.dialect = dialect
        self.limits = limits
        self.notices = notices
        self.number = 0
        self.rows: list[Sequence[str]] = []
        self.issues: list[Issue] = []
        self.lines: Sequence[str] = []
        self.suspect = False
        self.ended = False

    def batches(self, blocks: Iterator[str]) -> Iterator[RawRows]:
        """All records, in batches of at most CHUNK_ROWS."""
        for block in blocks:
            self._read_block(block)
            while len(self.rows) >= CHUNK_ROWS + _LONGEST_FOOTER:
                yield self._batch(CHUNK_ROWS)
        self.ended = True
        rest, self.lines, first = self.lines, [], len(self.rows)
        self._read(rest, final=True)
        self._look_closer("".join(rest), rest, first, 0)
        while self.rows:
            yield self._batch(CHUNK_ROWS)

    def _read_block(self, block: str) -> None:
        lines = dialects.unescaped(lines_of(block), self.dialect)
        first = len(self.rows)
        carried = sum(line.count('"') for line in self.lines)
        if self.lines:
            lines = [*self.lines, *lines]
        taken = self._read(lines, final=False)
        self.lines = lines[taken:]
        self._look_closer(block, lines[:taken], first, carried)

    def _look_closer(self, block: str, lines: Sequence[str], first: int, carried: int) -> None:
        """Looks for bad bytes, stray quotation marks and swallowed lines where a quick look at the block says there may be some."""
        bad = bad_text(block) is not None
        if bad or self.suspect:
            self._mark_bad_text(first)
        self.suspect = bad and bool(self.lines)
        if len(lines) != len(self.rows) - first:
            self.flag_swallowed_lines(first)
        torn = (carried + sum(line.count('"') for line in self.lines)) % 2 == 1  # a record goes on beyond the block
        if self.dialect.quote == '"' and may_be_stray(block, self.dialect.delimiter, torn=torn):
            self._look_for_stray_quotes(lines, first)
        self.issues.sort(key=lambda issue: issue.row or 0)

    def _batch(self, count: int) -> RawRows:
        rows, self.rows = self.rows[:count], self.rows[count:]
        numbers = range(self.number + 1, self.number + len(rows) + 1)
        self.number += len(rows)
        self.limits.check_rows(self.number)
        self.limits.check_columns(max(map(len, rows)))
        issues = [issue for issue in self.issues if (issue.row or 0) <= self.number]
        self.issues = self.issues[len(issues) :]
        return RawRows(numbers, rows, row_issues=issues, is_last=self.ended and not self.rows)

    def _read(self, lines: Sequence[str], *, final: bool) -> int:
        """Adds the records of some lines; says how many lines they took (all of them when `final`)."""
        csv.field_size_limit(self.limits.cell_chars)  # the module's own setting, so set again for each block
        at = 0
        while at < len(lines):
            known = len(self.rows)
            reader = csv.reader(islice(lines, at, None), **self.dialect.parameters(strict=True))
            try:
                self.rows.extend(reader)  # keeps what it read before an error
                at = len(lines)
            except csv.Error:
                at += self._lines_of(lines, at, len(self.rows) - known)
                if not final and self._is_open(lines, at):
                    break
                at = self._recover(lines, at)
        return at

    def _lines_of(self, lines: Sequence[str], at: int, records: int) -> int:
        """How many lines the next `records` good records take."""
        reader = csv.reader(islice(lines, at, None), **self.dialect.parameters(strict=True))
        deque(islice(reader, records), maxlen=0)
        return reader.line_num

    def _is_open(self, lines: Sequence[str], at: int) -> bool:
        """Whether the record at this line is merely unfinished: quoted text goes on beyond the lines at hand."""
        rest = lines[at : at + _LONGEST_QUOTED_RECORD + 1]
        if len(rest) > _LONGEST_QUOTED_RECORD or sum(map(len, rest)) > self.limits.cell_chars:
            return False
        try:
            next(csv.reader([*rest, self.dialect.quote or ""], **self.dialect.parameters(strict=True)))
        except csv.Error:
            return False
        return True

    def _recover(self, lines: Sequence[str], at: int) -> int:
        """Reads one record that breaks the quoting rules, flags it, and says at which line to go on.

        Its first line alone is taken unless the record as a whole has the usual width and the line after the first
        does not read as a record of its own: then one cell holds line breaks as well as a stray quotation mark.
        """
        row, taken = self._faulty_record(lines, at)
        self._flag(len(self.rows), *self._fault_of(row))
        self.rows.append([cell[: self.limits.cell_chars] for cell in row])
        return at + taken

    def _faulty_record(self, lines: Sequence[str], at: int) -> tuple[list[str], int]:
        row, taken = self._leniently(lines[at : at + _LONGEST_QUOTED_RECORD])
        if taken > 1 and (len(row) != self.dialect.width or self._is_record(lines[at + 1])):
            return self._leniently(lines[at : at + 1])
        return row, taken

    def _leniently(self, lines: Sequence[str]) -> tuple[list[str], int]:
        csv.field_size_limit(self.limits.record_chars + _SAMPLE_CHARS)
        try:
            reader = csv.reader(lines, **self.dialect.parameters(strict=False))
            row = next(reader, [])
            return row, reader.line_num
        finally:
            csv.field_size_limit(self.limits.cell_chars)

    def _is_record(self, line: str) -> bool:
        try:
            return len(next(csv.reader([line], **self.dialect.parameters(strict=True)), [])) == self.dialect.width
        except csv.Error:
            return False

    def _fault_of(self, row: Sequence[str]) -> tuple[str, str]:
        if any(len(cell) > self.limits.cell_chars for cell in row):
            return (
                "cell_too_long",
                f"A cell has more than {self.limits.cell_chars:,} characters, the most a spreadsheet can hold. Shorten it.",
            )
        return _BAD_QUOTING

    def _flag(self, position: int, code: str, message: str, value: str | None = None) -> None:
        self.issues.append(Issue(code, message, row=self.number + position + 1, value=value))

    def _mark_bad_text(self, first: int) -> None:
        """Flags records with a NUL or a byte that the encoding does not know, and puts the replacement sign there."""
        for position in range(first, len(self.rows)):
            row = self.rows[position]
            if not (found := bad_text("\t".join(row))):
                continue
            if found[0] == "\0":
                self._flag(
                    position, "nul_byte", "This row holds a NUL character, which no cell can. Delete it (often by typing the cell anew)."
                )
            else:
                self._flag(
                    position,
                    "encoding",
                    "This row holds a byte that is no letter in the file's encoding. Type the odd character anew and save as CSV UTF-8.",
                )
            self.rows[position] = [cell.translate(REPLACED) for cell in row]

    def _look_for_stray_quotes(self, lines: Sequence[str], first: int) -> None:
        """Flags records with quotation marks in cells that none enclose, unless these are inch marks or nicknames."""
        flagged = {issue.row for issue in self.issues}
        at = 0
        for position in range(first, len(self.rows)):
            start, at = at, self._next_record(lines, at)
            text = "".join(lines[start:at])
            if '"' not in text or self.number + position + 1 in flagged:
                continue
            found = stray(text, self.dialect.delimiter)
            if found is Stray.TORN:
                self._flag(position, *_BAD_QUOTING)
            elif found is Stray.TEXT and not any(notice.code == "quotes_kept" for notice in self.notices):
                message = "Quotation marks inside cells (inch marks, nicknames) were kept as text; this is the first row with some."
                self.notices.append(Issue("quotes_kept", message, row=self.number + position + 1))

    def _next_record(self, lines: Sequence[str], at: int) -> int:
        reader = csv.reader(islice(lines, at, None), **self.dialect.parameters(strict=True))
        try:
            next(reader, None)
        except csv.Error:
            return at + self._faulty_record(lines, at)[1]
        return at + reader.line_num

    def flag_swallowed_lines(self, first: int) -> None:
        """Flags records whose quoted cell holds what read without quotation marks are whole records: two stray marks pair up."""
        width, delimiter = self.dialect.width, self.dialect.delimiter
        if width < 3:
            return
        for position, text in enumerate(map("".join, islice(self.rows, first, None)), start=first):
            if "\n" not in text and "\r" not in text:
                continue
            row = self.rows[position]
            for column, cell in enumerate(row):
                if "\n" in cell or "\r" in cell:
                    inner = cell.splitlines()
                    counts = [part.count(delimiter) for part in inner]
                    wanted = [width - column - 1, *[width - 1] * (len(inner) - 2), width - len(row) + column]
                    if len(inner) > 1 and counts == wanted:
                        self._flag(position, *_SWALLOWED)


_CORRECT = "Correct the marks, or save the sheet as .xlsx and try again."
_BAD_QUOTING = ("bad_quoting", f"A quotation mark is missing or too many in this row, so its cells are not certain. {_CORRECT}")
_SWALLOWED = ("bad_quoting", f"A stray quotation mark seems to have made one cell of the rows below. {_CORRECT}")
