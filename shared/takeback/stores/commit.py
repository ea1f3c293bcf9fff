"""Commit: the rows of one preview into the table of their record type, in one transaction, all or nothing.

Stage with COPY first, lock last: a client that freezes in the middle of COPY then holds no lock that anybody waits for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from takeback.errors import AlreadyCommitted, AlreadyRolledBack, Conflict, ExistingRecords, TakebackError, TotalsDiffer, Unavailable
from takeback.records import Record, record_type
from takeback.rules.batch import LISTED_RECORDS, Batch, CommitOrder
from takeback.stores import batches
from takeback.stores.database import Connection, OutcomeUnknown, transaction

_ATTEMPTS_AGAINST_OTHER_WRITERS = 3


class StaleJob(Exception):
    """The event is of a job that was given up, done, or replaced: there is nothing to do."""


def commit(
    order: CommitOrder, rows: Iterable[bytes], *, rollback_window_hours: int, dry_run: bool = False, job_id: UUID | None = None
) -> Batch:
    """Commit the batch and give it as it stands then. A batch that is committed already is given as it is.

    `rows` is the rows object: COPY's text format, one line per row, record_id and the record type's columns in order.
    `job_id` names the accepted request that this carries out. Raises `Conflict` of several kinds, `Forbidden`,
    `TotalsDiffer`, `Unavailable`, `StaleJob`; nothing is changed then.
    """
    try:
        with transaction(order.user_id, long=job_id is not None, dry_run=dry_run) as db:
            return _Commit(db, order, record_type(order.record_type)).run(rows, rollback_window_hours, dry_run=dry_run, job_id=job_id)
    except OutcomeUnknown:
        return _settle(order)
    except Conflict as refusal:
        if not dry_run and job_id is None:
            _note_refusal(order, refusal)
        raise


def accept(order: CommitOrder) -> tuple[Batch, UUID | None]:
    """Take on a commit that is too long for one call: the batch, `committing`, and the id of the job that is to be started.

    The id is None when there is nothing to start: the batch is committed, or somebody is at work on it.
    """
    try:
        with transaction(order.user_id) as db:
            batches.require_writer(db, order.account_id)
            found = standing(db, order)
            if found is None:
                batches.lock(db, order.batch_id)
                found = standing(db, order)
            if found is None:
                job_id = uuid4()
                found = _record(db, order, {"id": str(job_id)})
                batches.note(db, found, order.user_id, "commit_accepted", on_existing=order.on_existing)
            found = batches.with_progress(db, found)
            idle = found.progress is not None and found.progress.phase == "waiting"
            return found, _job_id(db, order.batch_id) if idle else None
    except OutcomeUnknown:
        with transaction(order.user_id) as db:
            batches.lock(db, order.batch_id)
            found = standing(db, order)
            if found is None:
                raise Unavailable from None
            return found, _job_id(db, order.batch_id)


def fail(order: CommitOrder, job_id: UUID, error: TakebackError) -> None:
    """Give up an accepted commit for a reason that trying again would not change. The batch can be committed again."""
    with transaction(order.user_id) as db:
        batches.lock(db, order.batch_id)
        problem = {"code": error.code, "detail": error.detail, **error.extra}
        done = db.execute(
            """
            update import_batches set status = 'failed', job = null, job_at = null, problem = %s
            where batch_id = %s and status = 'committing' and job ->> 'id' = %s
            """,
            [Jsonb(problem), order.batch_id, str(job_id)],
        )
        if done.rowcount:
            batches.note(db, batches.get(db, order.batch_id), order.user_id, "commit_failed", code=error.code)


def standing(db: Connection, order: CommitOrder) -> Batch | None:
    """What already became of the batch; None when it is free to be committed. `Conflict` when it is not what is asked for."""
    batch = batches.find(db, order.batch_id)
    if batch is None or batch.status == "failed":
        return None
    if batch.status == "rolled_back":
        raise AlreadyRolledBack
    if (batch.revision, batch.account_id, batch.created_by) != (order.revision, order.account_id, order.user_id):
        raise AlreadyCommitted
    return batch


class _Commit:
    """One commit inside its transaction. Table and column names come from the record type, everything else is literal."""

    def __init__(self, db: Connection, order: CommitOrder, record: type[Record]) -> None:
        self.db = db
        self.order = order
        self.columns = [column.name for column in record.columns()]
        self.money = [column.name for column in record.columns() if column.kind == "money"]
        self.overwritten = [name for name in self.columns if name in order.fields and name != record.identity]
        self.names = {
            "table": sql.Identifier(record.table),
            "identity": sql.Identifier(record.identity),
            "columns": _listed(self.columns),
            "staged": _listed(self.columns, "s"),
        }

    def run(self, rows: Iterable[bytes], rollback_window_hours: int, *, dry_run: bool, job_id: UUID | None) -> Batch:
        batches.require_writer(self.db, self.order.account_id)
        done = self._already(job_id)
        if done is not None:
            return done
        batches.at_work(self.db, self.order.batch_id, "loading")
        self._stage(rows)
        batches.at_work(self.db, self.order.batch_id, "writing")
        batches.lock(self.db, self.order.batch_id, self.order.account_id)
        done = self._already(job_id)
        if done is not None:
            return done
        batch = _record(self.db, self.order, {"id": str(job_id)})
        counts = self._write()
        totals = self._check_totals(counts)
        batch = self._finish(counts, totals, rollback_window_hours)
        batches.note(self.db, batch, self.order.user_id, "committed", **counts, on_existing=self.order.on_existing)
        return batch.model_copy(update={"dry_run": dry_run})

    def _already(self, job_id: UUID | None) -> Batch | None:
        batch = standing(self.db, self.order)
        if batch is None:
            if job_id is not None:
                raise StaleJob
            return None
        if batch.status == "committing" and job_id is not None:
            if _job_id(self.db, self.order.batch_id) != job_id:
                raise StaleJob
            return None
        return batch

    def _stage(self, rows: Iterable[bytes]) -> None:
        """Load the rows as they are into a temporary table: COPY into a table with row security is refused by PostgreSQL."""
        self.db.execute("select set_config('work_mem', '64MB', true)")
        self._run(
            """
            create temporary table staged_rows on commit drop as
            select record_id, order_line, {columns} from {table} with no data
            """
        )
        self.db.execute("alter table staged_rows alter order_line set default 1")
        with self.db.cursor() as cursor:
            with cursor.copy(self._text("copy staged_rows (record_id, {columns}) from stdin")) as copy:
                for block in rows:
                    copy.write(block)
            if cursor.rowcount != self.order.row_count:
                raise TotalsDiffer(expected_rows=self.order.row_count, found_rows=cursor.rowcount)
        # The n-th row of one identity is its line n. Most files repeat none, and then there is nothing to write.
        self._run(
            """
            with repeated as (select {identity} from staged_rows group by {identity} having count(*) > 1),
            numbered as (
              select record_id, row_number() over (partition by {identity} order by record_id) as line
              from staged_rows join repeated using ({identity})
            )
            update staged_rows s set order_line = line from numbered where s.record_id = numbered.record_id and line > 1
            """
        )

    def _write(self) -> dict[str, int]:
        """Meet the rows that are there, write the others. A row that somebody else adds meanwhile is met the second time."""
        for attempt in range(_ATTEMPTS_AGAINST_OTHER_WRITERS):
            try:
                with self.db.transaction():
                    met = self._meet()
                    return {
                        "inserted": self._insert(met),
                        "updated": self._update() if self.order.on_existing == "update" and met else 0,
                        "skipped": met if self.order.on_existing == "skip" else 0,
                    }
            except UniqueViolation:
                if attempt == _ATTEMPTS_AGAINST_OTHER_WRITERS - 1:
                    raise
        raise AssertionError

    def _meet(self) -> int:
        """Find the live rows that the file meets, into the table met_rows; where they will be overwritten, lock them."""
        live = self._run("select 1 from {table} where account_id = %(account_id)s and deleted_at is null limit 1").fetchone()
        if live is None:
            return 0
        self._run("analyze staged_rows ({identity})")
        update = self.order.on_existing == "update"
        before, imported = (_changed(self.overwritten, of, than) for of, than in (("t", "s"), ("s", "t")))
        met = self._run(
            """
            create temporary table met_rows on commit drop as
            select s.record_id as staged_id, t.record_id, t.row_version as before_version, t.updated_at as before_updated_at,
                   {before} as before, {imported} as imported
            from staged_rows s
            join {table} t on t.account_id = %(account_id)s and t.{identity} = s.{identity} and t.order_line = s.order_line
              and t.deleted_at is null
            {lock}
            """,
            before=before if update else sql.SQL("null::jsonb"),
            imported=imported if update else sql.SQL("null::jsonb"),
            lock=sql.SQL("for update of t") if update else sql.SQL(""),
        ).rowcount
        if met and self.order.on_existing == "reject":
            self._refuse(met)
        return met

    def _refuse(self, met: int) -> None:
        listed = self._run(
            """
            select m.record_id::text, s.{identity} as identity, s.order_line from met_rows m
            join staged_rows s on s.record_id = m.staged_id order by s.record_id limit %(limit)s
            """,
            limit=LISTED_RECORDS,
        ).fetchall()
        raise ExistingRecords(
            f"{met} of the {self.order.row_count} rows are in this account already. Choose whether to skip or to update them.",
            existing_count=met,
            existing=listed,
        )

    def _insert(self, met: int) -> int:
        return self._run(
            """
            insert into {table} (record_id, account_id, org_id, import_batch_id, order_line, {columns})
            select s.record_id, b.account_id, b.org_id, b.batch_id, s.order_line, {staged}
            from import_batches b cross join staged_rows s
            where b.batch_id = %(batch_id)s {only_new}
            """,
            only_new=sql.SQL("and not exists (select from met_rows m where m.staged_id = s.record_id)") if met else sql.SQL(""),
        ).rowcount

    def _update(self) -> int:
        """Overwrite the met rows where they differ, and keep what they held. A row that is equal is not touched."""
        if self.overwritten:
            self._run(
                """
                with written as (
                  update {table} t set ({overwritten}) = row({new})
                  from met_rows m join staged_rows s on s.record_id = m.staged_id
                  where t.account_id = %(account_id)s and t.record_id = m.record_id and m.before <> '{{}}'
                  returning t.record_id, t.row_version, t.updated_at
                )
                insert into import_changes (batch_id, account_id, org_id, record_id, before, imported, before_version, before_updated_at,
                                            written_version, written_at)
                select b.batch_id, b.account_id, b.org_id, m.record_id, m.before, m.imported, m.before_version, m.before_updated_at,
                       w.row_version, w.updated_at
                from written w join met_rows m using (record_id) cross join import_batches b where b.batch_id = %(batch_id)s
                """,
                overwritten=_listed(self.overwritten),
                new=_listed(self.overwritten, "s"),
            )
        self._run(
            """
            insert into import_changes (batch_id, account_id, org_id, record_id, before, imported, before_version, before_updated_at,
                                        written_version, written_at)
            select b.batch_id, b.account_id, b.org_id, record_id, '{{}}', '{{}}', before_version, before_updated_at,
                   before_version, before_updated_at
            from met_rows cross join import_batches b where b.batch_id = %(batch_id)s and before = '{{}}'
            """
        )
        return self._run("select count(*) as n from import_changes where batch_id = %(batch_id)s").fetchall()[0]["n"]

    def _check_totals(self, counts: dict[str, int]) -> dict[str, int]:
        """What this batch wrote, added up from the table; with what it skipped it must be what the preview counted."""
        inserted = self._sums("from {table} t where account_id = %(account_id)s and import_batch_id = %(batch_id)s", self.money)
        found = {"inserted": inserted.pop("rows"), "updated": 0, "skipped": 0}
        written, all_rows = dict(inserted), dict(inserted)
        if counts["updated"]:
            mapped = [name for name in self.money if name in self.overwritten]
            updated = self._sums(
                "from import_changes c join {table} t using (account_id, record_id) where c.batch_id = %(batch_id)s", mapped
            )
            found["updated"] = updated.pop("rows")
            written = _added(written, updated)
            all_rows = _added(all_rows, updated)
        if counts["skipped"]:
            skipped = self._sums("from met_rows m join staged_rows t on t.record_id = m.staged_id", self.money)
            found["skipped"] = skipped.pop("rows")
            all_rows = _added(all_rows, skipped)
        expected = {name: total for name, total in self.order.totals.items() if name in all_rows}
        if found != counts or sum(counts.values()) != self.order.row_count or expected != {name: all_rows[name] for name in expected}:
            raise TotalsDiffer(expected={"rows": self.order.row_count, **expected}, found={**found, **all_rows})
        return {name: written[name] for name in self.money if name in self.order.totals}

    def _sums(self, source: LiteralString, columns: list[str]) -> dict[str, int]:
        sums = sql.SQL(", ").join(
            [sql.SQL("count(*) as rows")]
            + [sql.SQL("coalesce(sum(t.{0}), 0)::bigint as {0}").format(sql.Identifier(column)) for column in columns]
        )
        row = self.db.execute(sql.SQL("select {sums} ").format(sums=sums) + self._text(source), self._parameters()).fetchall()[0]
        return dict(row)

    def _finish(self, counts: dict[str, int], totals: dict[str, int], rollback_window_hours: int) -> Batch:
        row = self.db.execute(
            f"""
            update import_batches set
              status = 'committed', job = null, job_at = null, problem = null,
              inserted = %(inserted)s, updated = %(updated)s, skipped = %(skipped)s, totals = %(totals)s,
              committed_at = clock.now, rollback_until = clock.now + make_interval(hours => %(hours)s),
              warnings = (
                select coalesce(jsonb_agg(to_jsonb(w)), '[]') from (
                  select 'same_file' as code, e.batch_id, e.filename, e.status, e.created_by, e.committed_at,
                    format('The same file was imported before, as “%%s” on %%s%%s.', e.filename, to_char(e.committed_at, 'YYYY-MM-DD'),
                           case when e.status = 'rolled_back' then ' (undone since)' else '' end) as message
                  from import_batches e
                  where e.org_id = import_batches.org_id and e.sha256 = import_batches.sha256 and e.batch_id <> import_batches.batch_id
                    and e.committed_at is not null
                  order by e.committed_at desc limit 10) w)
            from (select clock_timestamp() as now) clock
            where batch_id = %(batch_id)s
            returning {batches.BATCH}
            """,
            {**self._parameters(), **counts, "totals": Jsonb(totals), "hours": rollback_window_hours},
        ).fetchall()[0]
        return Batch(**row)

    def _text(self, statement: LiteralString, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(statement).format(**self.names, **parts)

    def _parameters(self) -> dict[str, Any]:
        return {"batch_id": self.order.batch_id, "account_id": self.order.account_id}

    def _run(self, statement: LiteralString, *, limit: int | None = None, **parts: sql.Composable) -> Any:
        return self.db.execute(self._text(statement, **parts), {**self._parameters(), "limit": limit})


def _record(db: Connection, order: CommitOrder, job: dict[str, Any]) -> Batch:
    """The batch's row, `committing`; over that of an attempt that failed."""
    row = db.execute(
        f"""
        insert into import_batches as b (batch_id, org_id, account_id, record_type, created_by, filename, format, sha256, revision,
          on_existing, status, row_count, column_mapping, options, job, job_at)
        select %(batch_id)s, org_id, account_id, %(record_type)s, %(user_id)s, %(filename)s, %(format)s, %(sha256)s, %(revision)s,
          %(on_existing)s, 'committing', %(row_count)s, %(column_mapping)s, %(options)s, %(job)s, clock_timestamp()
        from accounts where account_id = %(account_id)s
        on conflict (batch_id, org_id) do update set
          account_id = excluded.account_id, revision = excluded.revision, on_existing = excluded.on_existing,
          status = excluded.status, row_count = excluded.row_count, column_mapping = excluded.column_mapping,
          options = excluded.options, problem = null, job = excluded.job, job_at = excluded.job_at
        returning {batches.BATCH}, xmax = 0 as is_new
        """,
        {
            **order.model_dump(exclude={"totals", "fields"}),
            "column_mapping": Jsonb(order.column_mapping),
            "options": Jsonb(order.options),
            "job": Jsonb(job),
        },
    ).fetchall()[0]
    is_new = row.pop("is_new")
    batch = Batch(**row)
    if is_new:
        batches.note(db, batch, order.user_id, "created", filename=order.filename, sha256=order.sha256)
    return batch


def _job_id(db: Connection, batch_id: UUID) -> UUID | None:
    row = db.execute("select job ->> 'id' as id from import_batches where batch_id = %s and job is not null", [batch_id]).fetchone()
    return None if row is None else UUID(row["id"])


def _settle(order: CommitOrder) -> Batch:
    """Find out what became of a commit whose answer was lost. The lock waits for the old connection to be done with it."""
    with transaction(order.user_id) as db:
        batches.lock(db, order.batch_id)
        batch = standing(db, order)
    if batch is None or batch.status != "committed":
        raise Unavailable
    return batch


def _note_refusal(order: CommitOrder, refusal: Conflict) -> None:
    with transaction(order.user_id) as db:
        db.execute(
            """
            insert into import_events (org_id, account_id, batch_id, actor, action, details)
            select org_id, account_id, %s, %s, 'commit_refused', %s from accounts where account_id = %s
            """,
            [order.batch_id, order.user_id, Jsonb({"code": refusal.code}), order.account_id],
        )


def _listed(names: list[str], alias: LiteralString | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names)


def _changed(names: list[str], of: LiteralString, than: LiteralString) -> sql.Composed:
    """A jsonb object of the columns whose values differ, as `of` has them."""
    parts = [
        sql.SQL("case when {a} is distinct from {b} then jsonb_build_object({name}, {a}) else '{{}}' end").format(
            a=sql.Identifier(of, name), b=sql.Identifier(than, name), name=sql.Literal(name)
        )
        for name in names
    ]
    return sql.SQL(" || ").join([sql.SQL("'{{}}'::jsonb").format(), *parts])


def _added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {name: left.get(name, 0) + right.get(name, 0) for name in left | right}
