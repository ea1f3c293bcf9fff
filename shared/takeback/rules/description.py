"""Record types as the API describes them."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from takeback.records import Record


class FieldView(BaseModel):
    """One field of a record type; `choices` are the words that it takes."""

    name: str
    label: str
    kind: str
    required: bool
    aliases: list[str]
    choices: list[str] | None = None


class RecordTypeView(BaseModel):
    """Something that can be imported."""

    name: str
    fields: list[FieldView]


class RecordTypes(BaseModel):
    """Everything that can be imported."""

    items: list[RecordTypeView]


def describe(records: Iterable[type[Record]]) -> RecordTypes:
    """The record types with their fields, in order."""
    return RecordTypes(items=[RecordTypeView(name=record.name, fields=_fields(record)) for record in records])


def _fields(record: type[Record]) -> list[FieldView]:
    return [
        FieldView(
            name=column.name,
            label=column.label,
            kind=column.kind,
            required=column.required,
            aliases=list(column.aliases),
            choices=None if column.choices is None else list(column.choices),
        )
        for column in record.columns()
    ]
