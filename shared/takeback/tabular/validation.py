"""From an uploaded file to its preview, its committable rows and its error file, in one pass where possible.

Decisions hold for a whole column (date order, decimal mark, unit), yet the file streams. So a pass is optimistic: it
decides by the first chunk, parses on, and collects the evidence of every row meanwhile. When the evidence of the whole
file decides otherwise, what was written is thrown away and the file is read once more under the final decisions. The
evidence does not depend on how cells were read, so the second pass is the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

import numpy as np

from takeback.errors import InvalidMapping, InvalidOptions
from takeback.rules.answers import disproofs
from takeback.rules.decisions import Decision, Evidence, decide
from takeback.rules.identifiers import uuid7s
from takeback.rules.issues import Issue
from takeback.rules.mapping import unmapped_required
from takeback.rules.notices import in_the_future, notices
from takeback.rules.options import Options
from takeback.rules.preview import SAMPLES, ColumnView, Disproof
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.error_file import ErrorFile, Sink
from takeback.tabular.formats import sniff
from takeback.tabular.guarded_csv import open_guarded_csv
from takeback.tabular.guarded_json import open_guarded_json
from takeback.tabular.limits import Limits
from takeback.tabular.objections import NotUtf8, Objection
from takeback.tabular.one_pass import Pass
from takeback.tabular.plan import SAMPLE_ROWS, Asked, Plan, Recall, first_evidence, make_plan
from takeback.tabular.reader import open_table
from takeback.tabular.table import Chunk, DroppedLine, Table
from takeback.tabular.tables import resumed

_LONGEST_SAMPLE = 100
_LOOKED_AT = 100  # cells at once


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go. Entering `rows` or `errors` begins anew; what is left by an exception is not kept."""

    rows: AbstractContextManager[Sink]
    errors: AbstractContextManager[Sink]
    progress: Callable[[int], None]
    recall: Recall


@dataclass(frozen=True, slots=True)
class Understood:
    """Everything that was understood of a file; the preview is made of it. `issues` are about the file as a whole."""

    table: Table
    plan: Plan
    done: Pass
    decisions: list[Decision]
    disproofs: list[Disproof]
    columns: list[ColumnView]
    issues: list[Issue]
    warnings: list[str]

    @property
    def missing(self) -> list[str]:
        """The required fields without a column."""
        return unmapped_required(self.plan.column_mapping, self.plan.fields)


class _Disproved(Exception):
    """The whole file decides otherwise than its first chunk did: leave what was written and read again."""

    def __init__(self, evidence: list[Evidence]) -> None:
        self.evidence = evidence


def validate(source: BinaryIO, asked: Asked, outputs: Outputs) -> Understood:
    """Read a file, check every row, write rows and errors.

    Raises `Refused` for a file that cannot be read as a table. Answers that contradict the file (a mapping to a column
    that is not there, a date order that a row disproves) become issues of the whole file, and the file is shown
    without them.
    """
    try:
        return _validate(source, asked, outputs, [])
    except InvalidMapping as error:
        return _validate(source, replace(asked, column_mapping=None), outputs, [Issue(error.code, error.detail)])
    except InvalidOptions as error:
        open_questions = asked.options.model_copy(update={"date_order": None, "decimal_mark": None, "money_unit": None})
        return _validate(source, replace(asked, options=open_questions), outputs, [Issue(error.code, error.detail)])


def _validate(source: BinaryIO, asked: Asked, outputs: Outputs, issues: list[Issue]) -> Understood:
    """By way of the fast reader, unless that one finds something in the file that only the exact one can judge."""
    try:
        try:
            return _understood(source, asked, outputs, issues, partial(_open_fast, by_start=True))
        except NotUtf8:
            return _understood(source, asked, outputs, issues, _open_fast)
    except Objection:
        return _understood(source, asked, outputs, issues, open_table)


def _open_fast(source: BinaryIO, options: Options, limits: Limits, *, by_start: bool = False) -> Table:
    kind = sniff(source, limits)
    table = None
    if kind == "csv":
        table = open_guarded_csv(source, options, limits, by_start=by_start)
    elif kind == "xlsx":
        from takeback.tabular.guarded_sheet import open_guarded_workbook  # noqa: PLC0415 - loaded when it is needed

        table = open_guarded_workbook(source, options, limits)
    elif kind == "json":
        table = open_guarded_json(source, options, limits, by_start=by_start)
    return table or open_table(source, options, limits)


def _understood(
    source: BinaryIO, asked: Asked, outputs: Outputs, issues: list[Issue], opened: Callable[[BinaryIO, Options, Limits], Table]
) -> Understood:
    table = opened(source, asked.options, asked.limits)
    first = next(table.chunks, None) or Chunk([], [[] for _ in table.headers], [None for _ in table.headers])
    plan = make_plan(table.headers, first, asked, outputs.recall)
    evidence, columns = first_evidence(plan, first), _column_views(plan, first)
    chunks = resumed([first], table.chunks)
    del first
    while True:
        decisions = decide(evidence, plan.options, today=asked.today)
        try:
            done = _read(_without_rows(chunks, asked.options.exclude_rows, table), plan, decisions, asked, outputs)
        except _Disproved as disproved:
            evidence = disproved.evidence
            table = opened(source, asked.options, asked.limits)
            chunks = table.chunks
        else:
            decisions = decide(done.evidence, plan.options, today=asked.today)
            return Understood(
                table=table,
                plan=plan,
                done=done,
                decisions=decisions,
                disproofs=list(disproofs(done.evidence, asked.today)),
                columns=columns,
                issues=[*issues, *table.issues, *_absent(plan, done)],
                warnings=[*_warnings(table, plan, done), *in_the_future(done.evidence, decisions, asked.today)],
            )


def _read(chunks: Iterator[Chunk], plan: Plan, decisions: Sequence[Decision], asked: Asked, outputs: Outputs) -> Pass:
    readings = plan.readings(decisions)
    done = Pass(plan, readings, uuid7s(asked.unix_ms, asked.entropy))
    with outputs.rows as rows, outputs.errors as errors:
        done.run(chunks, rows, ErrorFile(errors, plan.headers), outputs.progress)
        if plan.readings(decide(done.evidence, plan.options, today=asked.today)) != readings:
            raise _Disproved(done.evidence)
    return done


def _without_rows(chunks: Iterator[Chunk], excluded: Sequence[int], table: Table) -> Iterator[Chunk]:
    """The chunks without the rows that the uploader leaves out, each of them with a receipt."""
    doomed = set(excluded)
    for chunk in chunks:
        if not doomed or doomed.isdisjoint(chunk.row_numbers):
            yield chunk
            continue
        keep = [at for at, row in enumerate(chunk.row_numbers) if row not in doomed]
        for at, row in enumerate(chunk.row_numbers):
            if row in doomed:
                text = " ".join(cell for cell in (column[at] for column in chunk.columns) if cell)
                table.facts.dropped_lines.append(DroppedLine(row, text, "You left this row out."))
        yield Chunk(
            [chunk.row_numbers[at] for at in keep],
            [
                column.take(np.array(keep, np.int64)) if isinstance(column, ByteCells) else [column[at] for at in keep]
                for column in chunk.columns
            ],
            [None if kinds is None else "".join(kinds[at] for at in keep) for kinds in chunk.kinds],
            [issue for issue in chunk.issues if issue.row not in doomed],
        )


def _absent(plan: Plan, done: Pass) -> Iterator[Issue]:
    """What the file lacks as a whole: rows, or the column of a required field."""
    if not done.findings.total:
        yield Issue("no_rows", "There is a header but no row below it. Check that the sheet holds your data.")
    labels = {field.name: field.label for field in plan.fields}
    for name in unmapped_required(plan.column_mapping, plan.fields):
        yield Issue("missing_column", f"No column was found for “{labels[name]}”. Choose the column that holds it.", field=name)


def _warnings(table: Table, plan: Plan, done: Pass) -> list[str]:
    net = done.net.warning(plan.net) if plan.net else None
    return [
        *(notice.message for notice in table.notices),
        *notices(plan.headers, plan.column_mapping, plan.fields),
        *plan.warnings,
        *(done.lines.warnings() if done.lines else ()),
        *([net] if net else ()),
    ]


def _column_views(plan: Plan, first: Chunk) -> list[ColumnView]:
    views = []
    for suggestion, cells in zip(plan.suggestions, first.columns, strict=True):
        samples = [cell[:_LONGEST_SAMPLE].encode("utf-8", "replace").decode() for cell in _first_different(cells)]
        views.append(
            ColumnView(
                header=suggestion.header,
                samples=samples,
                suggested_field=suggestion.field,
                score=suggestion.score,
                reason=suggestion.reason,
                field=plan.column_mapping[suggestion.header],
            )
        )
    return views


def _first_different(cells: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for start in range(0, SAMPLE_ROWS, _LOOKED_AT):
        found |= dict.fromkeys(cell for cell in cells[start : start + _LOOKED_AT] if cell.strip())
        if len(found) >= SAMPLES:
            break
    return list(found)[:SAMPLES]
