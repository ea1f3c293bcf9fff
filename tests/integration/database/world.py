"""Orgs, people, and files of sales, for tests that speak to the store without a bucket."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from takeback.records import record_type
from takeback.rules.batch import Batch, OnExisting, RollbackRequest
from takeback.rules.commit_order import CommitOrder
from takeback.rules.identifiers import uuid7s
from takeback.stores import commit, database, expiry, rollback
from tests.integration.conftest import Database

Sale = dict[str, Any]
COLUMNS = [column.name for column in record_type("bookkeeping").columns()]
MONEY = [column.name for column in record_type("bookkeeping").columns() if column.kind == "money"]


@dataclass(frozen=True)
class Person:
    """Somebody with a role in an org that has one account."""

    user_id: str
    org_id: UUID
    account_id: UUID


def sale(order_id: str, **columns: Any) -> Sale:
    """One row as validation would leave it."""
    return {"ebay_order_id": order_id, "sale_date": "2026-01-24", "item_name": "Lens", "qty": 1, "sale_price_cents": 1000} | {
        "status": "SUCCESSFUL",
        **columns,
    }


def sales(*order_ids: str, **columns: Any) -> list[Sale]:
    return [sale(order_id, **columns) for order_id in order_ids]


def rows_object(rows: Sequence[Sale]) -> list[bytes]:
    """The object that validation leaves for commit: COPY's text format, one line per row."""
    ids = uuid7s(time.time_ns() // 1_000_000, os.urandom(10))
    return [
        ("\t".join([record_id, *(_cell(row.get(name)) for name in COLUMNS)]) + "\n").encode()
        for record_id, row in zip(ids, rows, strict=False)
    ]


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


def order(
    person: Person, rows: Sequence[Sale], on_existing: OnExisting = "reject", fields: Sequence[str] = COLUMNS, **other: Any
) -> CommitOrder:
    """What a commit of these rows would be told. `fields` are those that the file fills."""
    told: dict[str, Any] = {
        "user_id": person.user_id,
        "batch_id": uuid4(),
        "revision": "0" * 32,
        "account_id": person.account_id,
        "on_existing": on_existing,
        "record_type": "bookkeeping",
        "filename": "sales.csv",
        "format": "csv",
        "sha256": uuid4().hex,
        "row_count": len(rows),
        "totals": {name: sum(row.get(name) or 0 for row in rows) for name in MONEY if name in fields},
        "fields": list(fields),
        "rows_version": "1",
        "column_mapping": {"Order number": "ebay_order_id"},
        "options": {},
    }
    return CommitOrder(**(told | other))


@dataclass
class World:
    """The store as its callers use it, and the tables as nobody's row security hides them."""

    database: Database
    window_hours: int = 24
    _orgs: list[UUID] = field(default_factory=list)

    def person(self, role: str = "owner", of: Person | None = None) -> Person:
        """Somebody in an org of their own, or in that of somebody else."""
        user_id = f"user {uuid4()}"
        org_id = of.org_id if of else self._value("select add_org('Acme')")
        account_id = of.account_id if of else self._value("select add_account(%s, 'Main')", org_id)
        self.database.sql.execute("select add_member(%s, %s, %s)", [user_id, org_id, role])
        return Person(user_id, org_id, account_id)

    def account(self, person: Person) -> Person:
        """The same person, at another account of the org."""
        return Person(person.user_id, person.org_id, self._value("select add_account(%s, 'Second')", person.org_id))

    def commit(self, person: Person, rows: Sequence[Sale], on_existing: OnExisting = "reject", **other: Any) -> Batch:
        dry_run = other.pop("dry_run", False)
        told = order(person, rows, on_existing, **other)
        return commit.commit(told, rows_object(rows), rollback_window_hours=self.window_hours, dry_run=dry_run)

    def roll_back(self, person: Person, batch: Batch, **asked: bool) -> Batch:
        return rollback.rollback(person.user_id, batch.batch_id, RollbackRequest(**asked))

    def live(self, person: Person, *columns: str) -> list[Any]:
        """The account's live rows in order of their ids; with columns, those of each row as a tuple."""
        rows = self.database.sql.execute(
            "select * from bookkeeping_records where account_id = %s and deleted_at is null order by ebay_order_id, order_line",
            [person.account_id],
        ).fetchall()
        return [tuple(row[name] for name in columns) for row in rows] if columns else rows

    def all_rows(self) -> list[dict[str, Any]]:
        return self.database.sql.execute("select * from bookkeeping_records order by record_id").fetchall()

    def edit(self, person: Person, order_id: str, **columns: Any) -> None:
        """Change live rows of one order as another program would."""
        changes = sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in columns.items())
        self.database.sql.execute(
            sql.SQL("update bookkeeping_records set {} where account_id = {} and ebay_order_id = {} and deleted_at is null").format(
                changes, sql.Literal(person.account_id), sql.Literal(order_id)
            )
        )

    def delete(self, person: Person, order_id: str) -> None:
        self.edit(person, order_id, deleted_at="now")

    def batch(self, batch: Batch) -> dict[str, Any]:
        return self.database.sql.execute("select * from import_batches where batch_id = %s", [batch.batch_id]).fetchall()[0]

    def tidy(self) -> dict[str, int]:
        """What the schedule does, as the role that it has."""
        before = os.environ["PGUSER"]
        database.close()
        os.environ["PGUSER"] = "takeback_expiry"
        try:
            return expiry.tidy()
        finally:
            database.close()
            os.environ["PGUSER"] = before

    def trail(self, batch: Batch) -> list[str]:
        return self.trail_of(batch.batch_id)

    def trail_of(self, batch_id: UUID) -> list[str]:
        rows = self.database.sql.execute("select action from import_events where batch_id = %s order by event_id", [batch_id]).fetchall()
        return [row["action"] for row in rows]

    def _value(self, query: str, *parameters: Any) -> Any:
        return next(iter(self.database.sql.execute(query, parameters).fetchall()[0].values()))
