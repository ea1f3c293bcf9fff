"""A person's answers held against what is known of the file already, so that a wrong one is told at once."""

from __future__ import annotations

from collections.abc import Sequence

from takeback.errors import InvalidOptions
from takeback.records import Column
from takeback.rules.mapping import check_mapping
from takeback.rules.preview import Preview
from takeback.rules.upload import ValidateRequest

_LAYOUT = {"sheet", "header_row", "delimiter", "encoding"}


def check_answers(asked: ValidateRequest, known: Preview | None, fields: Sequence[Column]) -> None:
    """Raise `InvalidMapping` or `InvalidOptions` where an answer cannot be.

    What depends on the columns can only be held against a preview that was read with the same layout; where the
    layout changes with the answer, the next preview tells.
    """
    if known is None or known.state == "unreadable" or _layout(asked) != known.options.model_dump(include=_LAYOUT):
        _check_fields(asked, fields)
        return
    if asked.column_mapping is not None:
        check_mapping(asked.column_mapping, list(known.column_mapping), fields)
    remapped = asked.column_mapping or {}
    for disproof in known.disproofs:
        same_field = remapped.get(disproof.header, known.column_mapping.get(disproof.header)) == known.column_mapping.get(disproof.header)
        if same_field and getattr(asked.options, disproof.option) == disproof.value:
            words = disproof.option.replace("_", " ")
            raise InvalidOptions(
                f"The {words} cannot be {disproof.value}: row {disproof.row} of “{disproof.header}” says “{disproof.text}”.",
                row=disproof.row,
                header=disproof.header,
                option=disproof.option,
            )


def _layout(asked: ValidateRequest) -> dict[str, object]:
    return asked.options.model_dump(include=_LAYOUT)


def _check_fields(asked: ValidateRequest, fields: Sequence[Column]) -> None:
    """The part of a mapping's check that needs no file: the fields exist, and none is given twice."""
    if asked.column_mapping is not None:
        check_mapping(asked.column_mapping, list(asked.column_mapping), fields)
