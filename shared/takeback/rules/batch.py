"""A batch: one import, from its commit on. The JSON that the API speaks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel, ConfigDict, StrictBool, model_validator

LISTED_RECORDS = 100

OnExisting = Literal["reject", "skip", "update"]
Status = Literal["committing", "committed", "rolling_back", "rolled_back", "failed"]
Role = Literal["owner", "member", "viewer"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)  # built on first use: a function uses few of what it imports


class CommitRequest(_Part):
    """The body of a commit. `on_existing` says what to do with orders that the account has already."""

    batch_id: UUID
    revision: Annotated[str, MaxLen(100)]
    account_id: UUID
    on_existing: OnExisting = "reject"
    dry_run: StrictBool = False


class RollbackRequest(_Part):
    """The body of a rollback. `force` undoes edited rows too (the edits are lost), `keep_modified` leaves them alone."""

    force: StrictBool = False
    keep_modified: StrictBool = False
    dry_run: StrictBool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.force and self.keep_modified:
            raise ValueError("“force” undoes edited rows and “keep_modified” keeps them: ask for one of them")
        return self


class Problem(_Part):
    """Why the last attempt at a batch came to nothing; `code` is stable, `detail` tells a person what to do."""

    model_config = ConfigDict(extra="allow")

    code: str
    detail: str


class Warned(_Part):
    """An earlier batch of the org that was made from the same bytes."""

    code: Literal["same_file"] = "same_file"
    message: str
    batch_id: UUID
    filename: str
    status: Status
    created_by: str
    committed_at: datetime


class Progress(_Part):
    """How far a long commit or rollback is. `rows` counts the rows loaded so far, of the batch's row_count."""

    phase: Literal["waiting", "loading", "writing", "undoing"]
    rows: int


class CellLost(_Part):
    """One column of one record: its value before the import (null: no record), as imported, and now."""

    field: str
    before: Any
    imported: Any
    now: Any


class Undone(_Part):
    """What a rollback would do to one record. `edited`: somebody changed it after the import."""

    record_id: UUID
    identity: str
    order_line: int
    action: Literal["delete", "restore", "keep"]
    edited: bool
    columns: list[CellLost]


class WouldUndo(_Part):
    """What a rollback would do, counted, and the first 100 records (edited ones first)."""

    deleted: int
    restored: int
    kept: int
    lost: int
    records: list[Undone]


class Batch(_Part):
    """One import. Counts and totals are read back from the database; money is integer cents."""

    batch_id: UUID
    account_id: UUID
    org_id: UUID
    record_type: str
    created_by: str
    filename: str
    format: Literal["csv", "json", "excel"]
    sha256: str
    revision: str
    status: Status
    on_existing: OnExisting
    row_count: int
    inserted: int
    updated: int
    skipped: int
    column_mapping: dict[str, str | None]
    options: dict[str, Any]
    totals: dict[str, int]
    created_at: datetime
    committed_at: datetime | None
    can_rollback: bool
    rollback_until: datetime | None
    rollback_closed_at: datetime | None
    rollback_closed_by: str | None
    rolled_back_at: datetime | None
    rolled_back_by: str | None
    deleted: int
    restored: int
    kept: int
    kept_record_ids: list[UUID]
    warnings: list[Warned]
    problem: Problem | None
    progress: Progress | None = None
    dry_run: bool = False
    would_undo: WouldUndo | None = None


class BatchList(_Part):
    """One page of history, newest first."""

    items: list[Batch]
    next_cursor: str | None


class Account(_Part):
    """A bookkeeping account that the caller may see."""

    account_id: UUID
    name: str
    role: Role


class AccountList(_Part):
    """The accounts that the caller may see."""

    items: list[Account]


class WrittenRecord(_Part):
    """One record that a batch wrote: how it came to be, where it stands now, and whether it was edited since.

    `changes` holds the columns that the import overwrote, as `{field: {"before": …, "imported": …}}`.
    """

    record_id: UUID
    fate: Literal["inserted", "updated"]
    state: Literal["live", "deleted", "undone", "kept"]
    edited: bool
    order_line: int
    data: dict[str, Any]
    changes: dict[str, dict[str, Any]]


class WrittenRecordList(_Part):
    """One page of the records that a batch wrote, in file order."""

    items: list[WrittenRecord]
    next_cursor: str | None


class Event(_Part):
    """One line of a batch's trail; `actor` is null where the schedule acted."""

    happened_at: datetime
    actor: str | None
    action: str
    details: dict[str, Any]


class EventList(_Part):
    """The trail of a batch, oldest first."""

    items: list[Event]


class Manifest(_Part):
    """What an accountant files away: which file, read how, with which result, and everything done to it since."""

    batch: Batch
    events: list[Event]
