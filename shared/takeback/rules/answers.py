"""A person's answers held against what is known of the file already, so that a wrong one is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from takeback.errors import InvalidOptions
from takeback.records import Column
from takeback.rules.decisions import Evidence, decide
from takeback.rules.mapping import check_mapping
from takeback.rules.options import Options
from takeback.rules.preview import Disproof, Preview, Question
from takeback.rules.upload import ValidateRequest

_LAYOUT: Final = {"sheet", "header_row", "delimiter", "encoding"}
_ANSWERS: Final[tuple[tuple[Question, str], ...]] = (
    ("date_order", "MDY"),
    ("date_order", "DMY"),
    ("date_order", "YMD"),
    ("decimal_mark", "."),
    ("decimal_mark", ","),
    ("money_unit", "major"),
    ("money_unit", "cents"),
)


def disproofs(evidence: Sequence[Evidence], today: date) -> Iterator[Disproof]:
    """The answers that the rows of a file rule out, each with the row that does."""
    for option, value in _ANSWERS:
        try:
            decide(evidence, Options.model_validate({option: value}), today=today)
        except InvalidOptions as error:
            yield Disproof(option=option, value=value, header=error.extra["header"], row=error.extra["row"], message=error.detail)


def check_answers(asked: ValidateRequest, known: Preview | None, fields: Sequence[Column]) -> None:
    """Raise `InvalidMapping` or `InvalidOptions` where an answer cannot be.

    What depends on the columns can only be held against a preview that was read with the same layout; where the
    layout changes with the answer, the next preview tells.
    """
    mapping = asked.column_mapping or {}
    if (
        known is None
        or known.state == "unreadable"
        or asked.options.model_dump(include=_LAYOUT) != known.options.model_dump(include=_LAYOUT)
    ):
        check_mapping(mapping, list(mapping), fields)
        return
    check_mapping(mapping, list(known.column_mapping), fields)
    for disproof in known.disproofs:
        if getattr(asked.options, disproof.option) == disproof.value and mapping.get(disproof.header, "") is not None:
            raise InvalidOptions(disproof.message, header=disproof.header, row=disproof.row, option=disproof.option)
