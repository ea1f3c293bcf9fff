"""From an uploaded file to its preview, its committable rows and its error file, in one pass where possible.

Decisions hold for a whole column (date order, decimal mark, unit), yet the file streams. So a pass is optimistic: it
decides by the first chunk, parses on, and collects the evidence of every row meanwhile. When the evidence of the whole
file decides otherwise, what was written is thrown away and the file is read once more under the final decisions. The
evidence does not depend on how cells were read, so the second pass is the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, BinaryIO

from takeback.errors import InvalidMapping, InvalidOptions
from takeback.records import Column, Record
from takeback.rules.answers import disproofs
from takeback.rules.decisions import Decision, Evidence, Reading, decide, reading_of
from takeback.rules.identifiers import uuid7s
from takeback.rules.issues import Issue
from takeback.rules.mapping import (
    ColumnSample,
    Suggestion,
    check_mapping,
    fingerprint,
    remembered_suggestions,
    suggest,
    unmapped_required,
)
from takeback.rules.options import Options
from takeback.rules.preview import SAMPLES, ColumnView, DecisionView, Disproof
from takeback.tabular.error_file import ErrorFile, Sink
from takeback.tabular.findings import Findings
from takeback.tabular.limits import Limits
from takeback.tabular.one_pass import Pass
from takeback.tabular.reader import open_table
from takeback.tabular.table import Chunk, DroppedLine, Table

_SAMPLE_ROWS = 2_000
_LONGEST_SAMPLE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What to read a file as, under which limits, and what the outside world contributes: the day and the ids' seed."""

    record: type[Record]
    column_mapping: dict[str, str | None] | None
    options: Options
    limits: Limits
    today: date
    unix_ms: int
    entropy: bytes


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where results go. Entering `rows` or `errors` begins anew; what is left by an exception is not kept."""

    rows: AbstractContextManager[Sink]
    errors: AbstractContextManager[Sink]
    progress: Callable[[int], None]
    recall: Callable[[str], dict[str, Any] | None]


@dataclass(slots=True)
class Understood:
    """Everything that was understood of a file; the preview is made of it."""

    table: Table
    findings: Findings
    fingerprint: str
    suggestions: list[Suggestion]
    columns: list[ColumnView]
    column_mapping: dict[str, str | None]
    remembered: bool
    unmapped_required: list[str]
    decisions: list[DecisionView]
    disproofs: list[Disproof]
    issues: list[Issue]
    fields: list[str]
    warnings: list[str]


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
        issue = Issue(error.code, error.detail)
        return _validate(source, _without_mapping(asked), outputs, [issue])
    except InvalidOptions as error:
        issue = Issue(error.code, error.detail)
        return _validate(source, _without_answers(asked), outputs, [issue])


def _validate(source: BinaryIO, asked: Asked, outputs: Outputs, issues: list[Issue]) -> Understood:
    table = open_table(source, asked.options, asked.limits)
    first = next(table.chunks, None) or Chunk([], [[] for _ in table.headers], [None for _ in table.headers])
    plan = _plan(table, first, asked, outputs)
    chunks = chain([first], table.chunks)
    evidence = _first_evidence(plan, first)
    while True:
        decisions = decide(evidence, plan.options, today=asked.today)
        try:
            done = _read(table, chunks, plan, decisions, asked, outputs)
        except _Disproved as disproved:
            evidence = disproved.evidence
            table = open_table(source, asked.options, asked.limits)
            chunks = table.chunks
        else:
            return _understood(table, first, plan, decisions, done, issues, asked.today)


@dataclass(frozen=True, slots=True)
class _Plan:
    fields: tuple[Column, ...]
    headers: list[str]
    fingerprint: str
    suggestions: list[Suggestion]
    column_mapping: dict[str, str | None]
    remembered: bool
    options: Options

    @property
    def mapped(self) -> dict[str, int]:
        return {field: self.headers.index(header) for header, field in self.column_mapping.items() if field is not None}


def _plan(table: Table, first: Chunk, asked: Asked, outputs: Outputs) -> _Plan:
    fields = asked.record.columns()
    shape = fingerprint(table.headers)
    suggestions = suggest(_samples(table.headers, first), fields)
    suggested = {suggestion.header: suggestion.field for suggestion in suggestions}
    options = asked.options
    recalled = outputs.recall(shape) if asked.column_mapping is None else None
    remembered = recalled is not None and set(recalled["column_mapping"]) == set(table.headers)
    if remembered and recalled is not None:
        suggestions = remembered_suggestions(table.headers, recalled["column_mapping"], fields)
        column_mapping = {suggestion.header: suggestion.field for suggestion in suggestions}
        options = _with_recalled(options, recalled["options"], column_mapping, table, first, fields, asked.today)
    elif asked.column_mapping is not None:
        check_mapping(asked.column_mapping, table.headers, fields)
        column_mapping = _merged(asked.column_mapping, suggested)
    else:
        column_mapping = suggested
    return _Plan(fields, table.headers, shape, suggestions, column_mapping, remembered, options)


def _merged(answers: dict[str, str | None], suggested: dict[str, str | None]) -> dict[str, str | None]:
    """A person's answers over the suggestions: what they say wins, and a field they gave away is nobody else's."""
    taken = {field for field in answers.values() if field is not None}
    return {header: answers.get(header, None if field in taken else field) for header, field in suggested.items()}


def _with_recalled(
    options: Options,
    recalled: dict[str, Any],
    column_mapping: dict[str, str | None],
    table: Table,
    first: Chunk,
    fields: Sequence[Column],
    today: date,
) -> Options:
    """The options of last time under today's, unless today's rows disprove them."""
    both = options.model_copy(update={key: value for key, value in recalled.items() if getattr(options, key) is None})
    plan = _Plan(tuple(fields), table.headers, "", [], column_mapping, remembered=True, options=both)
    try:
        decide(_first_evidence(plan, first), both, today=today)
    except InvalidOptions:
        return options
    return both


def _first_evidence(plan: _Plan, first: Chunk) -> list[Evidence]:
    by_name = {field.name: field for field in plan.fields}
    gathered = []
    for name, at in plan.mapped.items():
        evidence = Evidence(plan.headers[at], by_name[name])
        for row, text, kind in zip(first.row_numbers, first.columns[at], first.kinds[at] or "t" * len(first.row_numbers), strict=True):
            evidence.see(text, kind, row)
        gathered.append(evidence)
    return gathered


def _read(table: Table, chunks: Iterator[Chunk], plan: _Plan, decisions: list[Decision], asked: Asked, outputs: Outputs) -> Pass:
    readings = {name: reading_of(plan.headers[at], decisions) for name, at in plan.mapped.items()}
    done = Pass(plan.headers, plan.fields, plan.mapped, readings, uuid7s(asked.unix_ms, asked.entropy))
    with outputs.rows as rows, outputs.errors as errors:
        done.run(_without_rows(chunks, asked.options.exclude_rows, table), rows, ErrorFile(errors, plan.headers), outputs.progress)
        final = decide(done.evidence, plan.options, today=asked.today)
        if _readings(plan, final) != readings:
            raise _Disproved(done.evidence)
    return done


def _readings(plan: _Plan, decisions: Sequence[Decision]) -> dict[str, Reading]:
    return {name: reading_of(plan.headers[at], decisions) for name, at in plan.mapped.items()}


def _without_rows(chunks: Iterator[Chunk], excluded: Sequence[int], table: Table) -> Iterator[Chunk]:
    """The chunks without the rows that the uploader leaves out, each of them with a receipt."""
    doomed = set(excluded)
    for chunk in chunks:
        if doomed.isdisjoint(chunk.row_numbers):
            yield chunk
            continue
        keep = [at for at, row in enumerate(chunk.row_numbers) if row not in doomed]
        for at, row in enumerate(chunk.row_numbers):
            if row in doomed:
                text = " ".join(cell for cell in (column[at] for column in chunk.columns) if cell)
                table.facts.dropped_lines.append(DroppedLine(row, text[:_LONGEST_SAMPLE], "You left this row out."))
        yield Chunk(
            [chunk.row_numbers[at] for at in keep],
            [[column[at] for at in keep] for column in chunk.columns],
            [None if kinds is None else "".join(kinds[at] for at in keep) for kinds in chunk.kinds],
            [issue for issue in chunk.issues if issue.row not in doomed],
        )


def _samples(headers: Sequence[str], first: Chunk) -> list[ColumnSample]:
    return [
        ColumnSample(header, list(zip(cells[:_SAMPLE_ROWS], kinds or "t" * len(cells), strict=False)))
        for header, cells, kinds in zip(headers, first.columns, first.kinds, strict=True)
    ]


def _understood(
    table: Table, first: Chunk, plan: _Plan, decisions: list[Decision], done: Pass, issues: list[Issue], today: date
) -> Understood:
    missing = unmapped_required(plan.column_mapping, plan.fields)
    labels = {field.name: field.label for field in plan.fields}
    absent = [
        Issue("missing_column", f"No column was found for “{labels[name]}”. Choose the column that holds it.", field=name)
        for name in missing
    ]
    none = [] if done.findings.total else [Issue("no_rows", "There is a header but no row below it. Check that the sheet holds your data.")]
    return Understood(
        table=table,
        findings=done.findings,
        fingerprint=plan.fingerprint,
        suggestions=plan.suggestions,
        columns=_column_views(plan, first),
        column_mapping=plan.column_mapping,
        remembered=plan.remembered,
        unmapped_required=missing,
        decisions=[
            DecisionView(header=d.header, kind=d.kind, value=d.value, evidence=d.evidence, needs_answer=d.needs_answer) for d in decisions
        ],
        disproofs=list(disproofs(done.evidence, today)),
        issues=[*issues, *table.issues, *none, *absent],
        fields=[field.name for field in plan.fields if field.name in plan.mapped],
        warnings=[notice.message for notice in table.notices],
    )


def _column_views(plan: _Plan, first: Chunk) -> list[ColumnView]:
    views = []
    for suggestion, cells in zip(plan.suggestions, first.columns, strict=True):
        distinct = dict.fromkeys(cell for cell in cells[:_SAMPLE_ROWS] if cell.strip())
        samples = [cell[:_LONGEST_SAMPLE].encode("utf-8", "replace").decode() for cell in list(distinct)[:SAMPLES]]
        field = plan.column_mapping[suggestion.header]
        views.append(
            ColumnView(
                header=suggestion.header,
                samples=samples,
                suggested_field=suggestion.field,
                score=suggestion.score,
                reason=suggestion.reason,
                field=field,
            )
        )
    return views


def _without_mapping(asked: Asked) -> Asked:
    return Asked(asked.record, None, asked.options, asked.limits, asked.today, asked.unix_ms, asked.entropy)


def _without_answers(asked: Asked) -> Asked:
    options = asked.options.model_copy(update={"date_order": None, "decimal_mark": None, "money_unit": None})
    return Asked(asked.record, asked.column_mapping, options, asked.limits, asked.today, asked.unix_ms, asked.entropy)
