"""How a file will be read: its mapping, its order lines, its columns that bear witness. Made from the first chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from takeback.errors import InvalidOptions
from takeback.records import Column, Record
from takeback.rules.currency_column import CurrencyColumn, currency_column
from takeback.rules.decisions import Decision, Evidence, Reading, decide, reading_of
from takeback.rules.layouts import cent_columns
from takeback.rules.lines import LineRule, line_rule, scattered
from takeback.rules.mapping import ColumnSample, Suggestion, check_mapping, fingerprint, remembered_suggestions, suggest
from takeback.rules.options import Options
from takeback.rules.totals import net_header
from takeback.rules.values.dates import NumericDate, read_date
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.field_reader import FieldReader
from takeback.tabular.limits import Limits
from takeback.tabular.table import TEXT, Chunk

SAMPLE_ROWS = 2_000
_PRICE = "sale_price_cents"
_WITNESS = Column(kind="date", label="Date", example="")

Recall = Callable[[str], dict[str, Any] | None]


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
class Plan:
    """Everything about the reading of a file that does not change while it is read.

    `lines`: what further lines of an order leave out. `net`: the column that says what is left after fees.
    `witnesses`: columns of dates that are not imported; dates of one export look alike. `currency`: the column that
    names each row's currency. `warnings`: what the first rows already tell a bookkeeper.
    """

    fields: tuple[Column, ...]
    headers: list[str]
    fingerprint: str
    suggestions: list[Suggestion]
    column_mapping: dict[str, str | None]
    remembered: bool
    options: Options
    lines: LineRule | None
    net: str | None
    witnesses: tuple[str, ...]
    currency: CurrencyColumn | None
    warnings: tuple[str, ...]

    @property
    def places(self) -> dict[str, int]:
        """The index of the column that feeds each mapped field."""
        return {field: self.headers.index(header) for header, field in self.column_mapping.items() if field is not None}

    def evidence(self) -> list[Evidence]:
        """Empty evidence for each column that has something to say: the mapped fields in order, then the witnesses."""
        places, cents = self.places, cent_columns(self.headers)
        mapped = [
            Evidence(header, field, in_cents=header in cents)
            for field in self.fields
            if field.name in places
            for header in [self.headers[places[field.name]]]
        ]
        return mapped + [Evidence(header, _WITNESS, witness=True) for header in self.witnesses]

    def readings(self, decisions: Sequence[Decision]) -> dict[str, Reading]:
        """How each mapped field is read under these decisions."""
        return {field: reading_of(self.headers[at], decisions) for field, at in self.places.items()}


def make_plan(headers: list[str], first: Chunk, asked: Asked, recall: Recall) -> Plan:
    """The plan for a file with these headers that begins with this chunk.

    A mapping that was asked for is laid over the suggestions; without one, the mapping and options that were last
    committed for a file of this shape hold, unless its rows disprove the options. Raises `InvalidMapping`.
    """
    fields = asked.record.columns()
    samples = _samples(headers, first)
    shape = fingerprint(headers)
    suggestions = suggest(samples, fields)
    suggested = {suggestion.header: suggestion.field for suggestion in suggestions}
    options = asked.options
    recalled = recall(shape) if asked.column_mapping is None else None
    if asked.column_mapping is not None:
        check_mapping(asked.column_mapping, headers, fields)
        column_mapping = _merged(asked.column_mapping, suggested)
    elif recalled is not None:
        suggestions = remembered_suggestions(headers, recalled["column_mapping"], fields)
        column_mapping = {suggestion.header: suggestion.field for suggestion in suggestions}
        options = options.model_copy(update={key: value for key, value in recalled["options"].items() if getattr(options, key) is None})
    else:
        column_mapping = suggested
    plan = Plan(
        fields=fields,
        headers=headers,
        fingerprint=shape,
        suggestions=suggestions,
        column_mapping=column_mapping,
        remembered=recalled is not None,
        options=options,
        lines=line_rule(samples, column_mapping, fields, asked.record.identity),
        net=net_header(headers, column_mapping),
        witnesses=tuple(sample.header for sample in samples if not column_mapping[sample.header] and _looks_like_dates(sample)),
        currency=currency_column(samples, next((header for header, field in column_mapping.items() if field == _PRICE), None)),
        warnings=scattered(samples, column_mapping, asked.record.identity, _PRICE),
    )
    return plan if options == asked.options or _fits(plan, first, asked.today) else replace(plan, options=asked.options)


def first_evidence(plan: Plan, first: Chunk) -> list[Evidence]:
    """What the first chunk alone says."""
    gathered = plan.evidence()
    for evidence in gathered:
        if evidence.listens:
            at = plan.headers.index(evidence.header)
            reader = FieldReader(evidence.column, Reading(), evidence)
            reader.read(ByteCells.of(first.columns[at]), first.kinds[at], first.row_numbers)
            reader.finish()
    return gathered


def _merged(answers: dict[str, str | None], suggested: dict[str, str | None]) -> dict[str, str | None]:
    """A person's answers over the suggestions: what they say wins, and a field they gave away is nobody else's."""
    taken = {field for field in answers.values() if field is not None}
    return {header: answers.get(header, None if field in taken else field) for header, field in suggested.items()}


def _fits(plan: Plan, first: Chunk, today: date) -> bool:
    try:
        decide(first_evidence(plan, first), plan.options, today=today)
    except InvalidOptions:
        return False
    return True


def _samples(headers: Sequence[str], first: Chunk) -> list[ColumnSample]:
    return [
        ColumnSample(header, list(zip(cells[:SAMPLE_ROWS], kinds or TEXT * len(cells), strict=False)))
        for header, cells, kinds in zip(headers, first.columns, first.kinds, strict=True)
    ]


def _looks_like_dates(sample: ColumnSample) -> bool:
    filled = [text for text, _ in sample.cells[:200] if text.strip()]
    return bool(filled) and sum(isinstance(read_date(text), NumericDate) for text in filled) * 2 > len(filled)
