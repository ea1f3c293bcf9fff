"""What a commit is told: the request, and what the preview found out."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from takeback.errors import NotReady
from takeback.rules.batch import CommitRequest, OnExisting
from takeback.rules.preview import Preview


class CommitOrder(BaseModel):
    """Everything a commit needs to know beside the rows: the request, and what the preview found out.

    `fields` are those that the file fills: an update overwrites no others. `rows_version` is the rows object's.
    """

    model_config = ConfigDict(defer_build=True)

    user_id: str
    batch_id: UUID
    revision: str
    account_id: UUID
    on_existing: OnExisting
    record_type: str
    filename: str
    format: Literal["csv", "json", "excel"]
    sha256: str
    row_count: int
    totals: dict[str, int]
    fields: list[str]
    rows_version: str
    column_mapping: dict[str, str | None]
    options: dict[str, Any]


def commit_order(user_id: str, asked: CommitRequest, preview: Preview) -> CommitOrder:
    """What to commit; `NotReady` while the preview has invalid rows, an open question, or is of no readable table."""
    if preview.state != "ready" or preview.stored_rows is None or preview.file.format is None:
        raise NotReady(state=preview.state, invalid_rows=preview.invalid_rows, unmapped_required=preview.unmapped_required)
    return CommitOrder(
        user_id=user_id,
        batch_id=asked.batch_id,
        revision=asked.revision,
        account_id=asked.account_id,
        on_existing=asked.on_existing,
        record_type=preview.record_type,
        filename=preview.file.filename,
        format=preview.file.format,
        sha256=preview.file.sha256,
        row_count=preview.valid_rows,
        totals=preview.totals,
        fields=preview.stored_rows.fields,
        rows_version=preview.stored_rows.version_id,
        column_mapping=preview.column_mapping,
        options=preview.options.model_dump(mode="json", exclude_defaults=True),
    )
