"""What an import and its undo mean, as simply as it can be said: rows in a list, one loop per rule, no database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

IDENTITY = "ebay_order_id"
DEFAULTS = {"order_remark": None, "ebay_fees_cents": None}


class Refused(Exception):
    """A code of the contract, and what it counts."""

    def __init__(self, code: str, count: int | None = None) -> None:
        self.code = code
        self.count = count
        super().__init__(code)


@dataclass(eq=False)
class Row:
    """A record. Its version counts its changes, except those that an undo took back completely."""

    order_id: str
    line: int
    columns: dict[str, Any]
    version: int = 1
    live: bool = True


@dataclass(eq=False)
class Change:
    """A record that an import overwrote; `before` is empty where it held the same already."""

    row: Row
    before: dict[str, Any]
    before_version: int
    written_version: int
    kept: bool = False


@dataclass(eq=False)
class ModelBatch:
    created: list[Row]
    changes: list[Change]
    skipped: int
    status: str = "committed"
    in_time: bool = True
    given_up: bool = False
    undone: dict[str, int] = field(default_factory=dict)

    def edited(self) -> list[tuple[Row, int]]:
        """The rows that somebody changed since, with the version that this import wrote."""
        created = [(row, 1) for row in self.created if row.version != 1]
        changed = [(change.row, change.written_version) for change in self.changes if change.before]
        return created + [(row, written) for row, written in changed if row.version != written]


@dataclass
class Account:
    """One account's records and imports."""

    rows: list[Row] = field(default_factory=list)
    batches: list[ModelBatch] = field(default_factory=list)

    def live(self, order_id: str, line: int = 1) -> Row | None:
        return next((row for row in self.rows if row.live and (row.order_id, row.line) == (order_id, line)), None)

    def commit(self, file: list[dict[str, Any]], on_existing: str, fields: list[str], *, dry_run: bool = False) -> ModelBatch:
        """Commit a file; `Refused` when it meets rows and may not."""
        lines: Counter[str] = Counter()
        new, met = [], []
        for cells in file:
            lines[cells[IDENTITY]] += 1
            there = self.live(cells[IDENTITY], lines[cells[IDENTITY]])
            if there:
                met.append((there, cells))
            else:
                columns = DEFAULTS | {name: value for name, value in cells.items() if name != IDENTITY}
                new.append(Row(cells[IDENTITY], lines[cells[IDENTITY]], columns))
        if met and on_existing == "reject":
            raise Refused("existing_records", len(met))
        changes = []
        for row, cells in met if on_existing == "update" else []:
            new_values = {name: cells.get(name) for name in fields if name != IDENTITY}
            before = {name: row.columns[name] for name, value in new_values.items() if row.columns[name] != value}
            changes.append(Change(row, before, row.version, row.version + bool(before)))
            if before and not dry_run:
                row.columns |= new_values
                row.version += 1
        batch = ModelBatch(new, changes, len(met) - len(changes))
        if not dry_run:
            self.rows += new
            self.batches.append(batch)
        return batch

    def roll_back(self, batch: ModelBatch, *, force: bool, keep: bool, dry_run: bool = False) -> ModelBatch:
        """Undo; `Refused` when something stands in the way."""
        if batch.status == "rolled_back":
            return batch
        if batch.given_up:
            raise Refused("rollback_disabled")
        if not batch.in_time:
            raise Refused("rollback_expired")
        edited = batch.edited()
        later = [
            change
            for row, written in edited
            for other in self.batches
            if other is not batch and other.status == "committed"
            for change in other.changes
            if change.row is row and change.before and change.written_version > written
        ]
        if later and not keep:
            raise Refused("later_import")
        if edited and not force and not keep and not dry_run:
            raise Refused("records_modified", len(edited))
        if not dry_run:
            self._undo(batch, force=force)
        return batch

    def _undo(self, batch: ModelBatch, *, force: bool) -> None:
        deleted = [row for row in batch.created if row.live and (force or row.version == 1)]
        for row in deleted:
            row.live = False
            row.version += 1
        for change in batch.changes:
            row = change.row
            if change.before and row.version == change.written_version:
                row.columns |= change.before
                row.version = change.before_version
            elif change.before and force:
                row.columns |= change.before
                row.version += 1
            else:
                change.kept = bool(change.before)
        batch.status = "rolled_back"
        restored = sum(not change.kept for change in batch.changes)
        kept = sum(row.live for row in batch.created) + len(batch.changes) - restored
        batch.undone = {"deleted": len(deleted), "restored": restored, "kept": kept}
