"""What a rollback does to the records of one batch, inside the rollback's transaction and under its locks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from takeback.errors import LaterImport, RecordsModified, Unavailable
from takeback.records import Record
from takeback.rules.batch import LISTED_RECORDS, Batch, CellLost, RollbackRequest, Undone, WouldUndo
from takeback.stores import batches
from takeback.stores.database import Connection

# Nobody has touched the row since the import created it, or wrote over it.
_CREATED_IS_AS_WRITTEN: LiteralString = "(t.row_version = 1 and t.updated_at <= t.created_at + interval '1 second')"
_CHANGED_IS_AS_WRITTEN: LiteralString = "(t.row_version = c.written_version and t.updated_at <= c.written_at + interval '1 second')"
_ATTEMPTS_AGAINST_EDITORS = 3


class Undo:
    """The undo of one batch. Table and column names come from the record type, everything else is literal."""

    def __init__(self, db: Connection, batch: Batch, record: type[Record], asked: RollbackRequest) -> None:
        self._db = db
        self._batch = batch
        self._asked = asked
        self._columns = [column.name for column in record.columns()]
        restorable = [name for name in self._columns if name != record.identity]
        self._names = {
            "table": sql.Identifier(record.table),
            "identity": sql.Identifier(record.identity),
            "restorable": sql.SQL(", ").join(sql.Identifier(name) for name in restorable),
            "restored": sql.SQL(", ").join(sql.Identifier("x", name) for name in restorable),
        }

    def check_edited(self) -> None:
        """Find the rows that were edited since, into the table edited_rows; `Conflict` when they stand in the way.

        `created` tells the rows that the import created from those it overwrote, `state` whether the row is there still.
        `later_batch_id` is the newest import, not undone, that overwrote the row after this one.
        """
        self._db.execute("drop table if exists pg_temp.edited_rows")
        self._run(
            f"""
            create temporary table edited_rows on commit drop as
            with edited as (
              select t.record_id, true as created, case when t.deleted_at is null then 'live' else 'deleted' end as state,
                     1::bigint as written_version
              from {{table}} t
              where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s and not {_CREATED_IS_AS_WRITTEN}
              union all
              select c.record_id, false,
                     case when t.record_id is null then 'gone' when t.deleted_at is null then 'live' else 'deleted' end,
                     c.written_version
              from import_changes c left join {{table}} t using (account_id, record_id)
              where c.batch_id = %(batch_id)s and c.account_id = %(account_id)s and c.before <> '{{{{}}}}'
                and (t.record_id is null or not {_CHANGED_IS_AS_WRITTEN})
            )
            select record_id, created, state, (
              select l.batch_id from import_batches b
              join import_changes l on l.batch_id = b.batch_id and l.account_id = b.account_id and l.record_id = edited.record_id
              where b.account_id = %(account_id)s and b.status in ('committed', 'rolling_back') and b.batch_id <> %(batch_id)s
                and b.updated > 0 and l.before <> '{{{{}}}}' and l.written_version > edited.written_version
              order by l.written_version desc limit 1) as later_batch_id
            from edited
            """
        )
        if self._asked.keep_modified:
            return
        self._refuse_over_later_import()
        if not self._asked.force and not self._asked.dry_run:
            self._refuse_over_edits()

    def foresee(self) -> WouldUndo:
        """What `run` would do, without doing it; where rows were edited and nothing is said of them, as with `force`."""
        counts = self._one(
            """
            select
              (select count(*) from {table} t left join edited_rows e on e.created and e.record_id = t.record_id
               where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s and t.deleted_at is null
                 and (e.record_id is null or not %(keep)s)) as deleted,
              (select count(*) from import_changes c left join edited_rows e on not e.created and e.record_id = c.record_id
               where c.batch_id = %(batch_id)s and (e.record_id is null or (e.state <> 'gone' and not %(keep)s))) as restored,
              (select count(*) from edited_rows
               where state = 'gone' or (%(keep)s and (state = 'live' or not created))) as kept,
              (select count(*) from edited_rows
               where not %(keep)s and state <> 'gone' and (state = 'live' or not created)) as lost
            """
        )
        return WouldUndo(**counts, records=self._foreseen())

    def run(self, user_id: str) -> Batch:
        """Undo, and give the batch as it stands then."""
        for _ in range(_ATTEMPTS_AGAINST_EDITORS):
            stamp = self._one("select clock_timestamp() as now")["now"]
            with self._db.transaction() as savepoint:
                self._delete(stamp)
                self._restore(stamp)
                if self._asked.force or self._asked.keep_modified or not self._passed_over(stamp):
                    return self._finish(user_id, stamp)
                # Somebody edited a row between the look and the statement.
                raise psycopg.Rollback(savepoint)
            self.check_edited()
        raise Unavailable("Somebody else is changing these records right now. Nothing was changed; try again in a few seconds.")

    def _refuse_over_later_import(self) -> None:
        row = self._one(
            """
            select b.batch_id::text, b.filename, b.committed_at::text, count(*) over () as batches, n as records
            from (select later_batch_id, count(*) as n from edited_rows where later_batch_id is not null group by later_batch_id) e
            join import_batches b on b.batch_id = later_batch_id order by b.committed_at desc limit 1
            """
        )
        if row:
            raise LaterImport(
                f"The import of “{row['filename']}” changed {row['records']} of these records later. Undo that import first, "
                "or undo this one with “keep_modified”, which leaves those records as they are.",
                later_import={name: row[name] for name in ("batch_id", "filename", "committed_at")},
                later_records=row["records"],
            )

    def _refuse_over_edits(self) -> None:
        rows = self._run(
            "select record_id::text, count(*) over () as n from edited_rows order by record_id limit %(limit)s", limit=LISTED_RECORDS
        ).fetchall()
        if rows:
            count = rows[0]["n"]
            raise RecordsModified(
                f"{count} of these records were edited after the import. Undo with “force” and those edits are lost, "
                "or with “keep_modified” and those records stay as they are.",
                modified_count=count,
                modified_record_ids=[row["record_id"] for row in rows],
                requires_confirmation=True,
            )

    def _delete(self, stamp: datetime) -> None:
        self._by_undo(
            f"""
            update {{table}} t set deleted_at = %(stamp)s, updated_at = %(stamp)s, row_version = row_version + 1
            where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s and t.deleted_at is null
              and (%(force)s or {_CREATED_IS_AS_WRITTEN})
            """,
            stamp,
        )

    def _restore(self, stamp: datetime) -> None:
        """Give back the columns that the import changed, and no others.

        An untouched row also gets its version and time back, so that an earlier import sees what it wrote itself.
        """
        self._by_undo(
            f"""
            with restored as (
              update {{table}} t set
                ({{restorable}}) = (select {{restored}} from jsonb_populate_record(t, c.before) x),
                row_version = case when {_CHANGED_IS_AS_WRITTEN} then c.before_version else t.row_version + 1 end,
                updated_at = case when {_CHANGED_IS_AS_WRITTEN} then c.before_updated_at else %(stamp)s end,
                as_imported = case when {_CHANGED_IS_AS_WRITTEN} and c.before_version = 1 then null else t.as_imported end
              from import_changes c
              where c.batch_id = %(batch_id)s and c.account_id = %(account_id)s and c.before <> '{{{{}}}}'
                and t.account_id = c.account_id and t.record_id = c.record_id and (%(force)s or {_CHANGED_IS_AS_WRITTEN})
              returning t.record_id
            )
            update import_changes c set kept = true
            where c.batch_id = %(batch_id)s and c.account_id = %(account_id)s and c.before <> '{{{{}}}}'
              and not exists (select from restored r where r.record_id = c.record_id)
            """,
            stamp,
        )

    def _passed_over(self, stamp: datetime) -> bool:
        row = self._one(
            """
            select exists (
                select from {table} t where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s
                  and t.deleted_at is distinct from %(stamp)s)
              or exists (select from import_changes c where c.batch_id = %(batch_id)s and c.kept) as some
            """,
            stamp=stamp,
        )
        return bool(row["some"])

    def _finish(self, user_id: str, stamp: datetime) -> Batch:
        counts = self._one(
            """
            select
              (select count(*) from {table} t
               where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s and t.deleted_at = %(stamp)s) as deleted,
              (select count(*) from import_changes c where c.batch_id = %(batch_id)s and not c.kept) as restored,
              count(*) as kept,
              coalesce(jsonb_agg(record_id order by record_id) filter (where n <= %(limit)s), '[]') as kept_record_ids
            from (
              select record_id, row_number() over (order by record_id) as n from (
                select t.record_id from {table} t
                where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s and t.deleted_at is null
                union all
                select c.record_id from import_changes c where c.batch_id = %(batch_id)s and c.kept) left_alone
            ) kept
            """,
            stamp=stamp,
            limit=LISTED_RECORDS,
        )
        listed = counts.pop("kept_record_ids")
        row = self._db.execute(
            f"""
            update import_batches set
              status = 'rolled_back', job = null, job_at = null, problem = null, rolled_back_at = %(stamp)s, rolled_back_by = %(user_id)s,
              deleted = %(deleted)s, restored = %(restored)s, kept = %(kept)s, kept_record_ids = %(listed)s
            where batch_id = %(batch_id)s
            returning {batches.BATCH}
            """,
            {**counts, "listed": Jsonb(listed), "stamp": stamp, "user_id": user_id, "batch_id": self._batch.batch_id},
        ).fetchall()[0]
        batch = Batch(**row)
        batches.note(self._db, batch, user_id, "rolled_back", **counts, force=self._asked.force, keep_modified=self._asked.keep_modified)
        return batch

    def _foreseen(self) -> list[Undone]:
        rows = self._run(
            """
            with listed as (
              select t.record_id, true as created, e.record_id is not null as edited
              from {table} t left join edited_rows e on e.created and e.record_id = t.record_id
              where t.account_id = %(account_id)s and t.import_batch_id = %(batch_id)s and t.deleted_at is null
              union all
              select c.record_id, false, e.record_id is not null
              from import_changes c left join edited_rows e on not e.created and e.record_id = c.record_id
              where c.batch_id = %(batch_id)s and c.before <> '{{}}' and e.state is distinct from 'gone'
              order by edited desc, record_id limit %(limit)s
            )
            select listed.*, t.{identity} as identity, t.order_line, to_jsonb(t) as now,
                   case when created then null else c.before end as before,
                   case when created then coalesce(t.as_imported, to_jsonb(t)) else c.imported end as imported
            from listed join {table} t on t.account_id = %(account_id)s and t.record_id = listed.record_id
            left join import_changes c
              on not created and c.batch_id = %(batch_id)s and c.account_id = t.account_id and c.record_id = t.record_id
            order by edited desc, record_id
            """,
            limit=LISTED_RECORDS,
        ).fetchall()
        return [self._foreseen_row(row) for row in rows]

    def _foreseen_row(self, row: dict[str, Any]) -> Undone:
        keep = row["edited"] and self._asked.keep_modified
        touched = self._columns if row["created"] else [name for name in self._columns if name in row["before"]]
        return Undone(
            record_id=row["record_id"],
            identity=row["identity"],
            order_line=row["order_line"],
            action="keep" if keep else "delete" if row["created"] else "restore",
            edited=row["edited"],
            columns=[
                CellLost(field=name, before=row["before"] and row["before"][name], imported=row["imported"].get(name), now=row["now"][name])
                for name in touched
            ],
        )

    def _by_undo(self, statement: LiteralString, stamp: datetime) -> None:
        """Run a statement that sets version and time itself: the trigger that keeps them looks the other way."""
        self._db.execute("select set_config('takeback.undo', 'on', true)")
        self._run(statement, stamp=stamp)
        self._db.execute("select set_config('takeback.undo', '', true)")

    def _one(self, statement: LiteralString, **parameters: Any) -> dict[str, Any]:
        row = self._run(statement, **parameters).fetchone()
        return {} if row is None else row

    def _run(self, statement: LiteralString, **parameters: Any) -> psycopg.Cursor[dict[str, Any]]:
        return self._db.execute(
            sql.SQL(statement).format(**self._names),
            {
                "batch_id": self._batch.batch_id,
                "account_id": self._batch.account_id,
                "force": self._asked.force,
                "keep": self._asked.keep_modified,
                **parameters,
            },
        )
