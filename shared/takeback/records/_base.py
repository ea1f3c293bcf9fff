"""How a record type is declared: a pydantic model whose fields say how a spreadsheet column becomes a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["id", "text", "date", "money", "count", "choice"]


def listed(text: str) -> tuple[str, ...]:
    """The entries of a list that is written as text, parted by commas."""
    return tuple(" ".join(entry.split()) for entry in text.split(","))


@dataclass(frozen=True, slots=True)
class Given:
    """Headers that mean a field only in some files: what “Shipping cost” or “Total” is, depends on the sheet it stands in.

    They count where one of the fields `beside` has a column (if any are named), the field `apart` has none, and no other
    header has one of the words `absent`.
    """

    aliases: tuple[str, ...]
    beside: tuple[str, ...] = ()
    apart: str = ""
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a record type.

    `kind` picks the rules its cells are read by. A `money` field holds integer cents, so its name ends in `_cents`.
    `aliases` are headers that mean this field, in any language; they are compared after normalising.
    The first alias is the surest. `harmless` words may stand in a header beside an alias. `given` are aliases that
    count only under a condition.
    `outgoing` money is paid by the one who imports: a column of it that is negative throughout holds magnitudes.
    `example` stands in the blank sheet. `name`, `required`, `default` are read off the pydantic field.
    """

    kind: Kind
    label: str
    example: str
    aliases: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()
    outgoing: bool = False
    choices: dict[str, tuple[str, ...]] | None = None  # stored word -> other spellings
    minimum: int | None = None
    name: str = ""
    required: bool = False
    default: Any = None


class Record(BaseModel):
    """One imported row. Subclass it in a file of this folder, with a migration for its table.

    `identity` names the field that tells rows of one account apart; rows of a file that share it are its lines.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: ClassVar[str]
    table: ClassVar[str]
    identity: ClassVar[str]

    @classmethod
    @cache
    def columns(cls) -> tuple[Column, ...]:
        """The importable fields in order."""
        return tuple(
            replace(column, name=name, required=info.is_required(), default=None if info.is_required() else info.default)
            for name, info in cls.model_fields.items()
            for column in info.metadata
            if isinstance(column, Column)
        )
