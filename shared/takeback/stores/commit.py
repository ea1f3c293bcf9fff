"""Commit: the rows of one preview into the table of their record type, in one transaction, all or nothing.

Stage with COPY first, lock last: a client that freezes in the middle of COPY then holds no lock that anybody waits for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from takeback.errors import (
    AlreadyCommitted,
    AlreadyRolledBack,
    Conflict,
    Forbidden,
    RowsRefused,
    TakebackError,
    Unavailable,
)
from takeback.records import record_type
from takeback.rules.batch import Batch, CommitRequest
from takeback.rules.commit_order import CommitOrder
from takeback.stores import batches
from takeback.stores.batches import StaleJob
from takeback.stores.database import Connection, OutcomeUnknown, transaction
from takeback.stores.load import Load

# What a dry run would make of the batch, it has not made of it.
_AS_DRY_RUN = {"dry_run": True, "committed_at": None, "rollback_until": None, "can_rollback": False}


def commit(
    order: CommitOrder,
    rows: Iterable[bytes],
    *,
    rollback_window_hours: int,
    dry_run: bool = False,
    only_count: bool = False,
    job_id: UUID | None = None,
) -> Batch:
    """Commit the batch and give it as it stands then. A batch that is committed already is given as it is.

    `rows` is the rows object: COPY's text format, one line per row, record_id and the record type's columns in order.
    `dry_run` does the same and rolls it back; with `only_count` it stops before the rows are written, which takes longest.
    `job_id` names the accepted request that this carries out. Raises `Conflict` of several kinds, `Forbidden`,
    `TotalsDiffer`, `RowsRefused`, `Unavailable`, `StaleJob`; nothing is changed then.
    """
    try:
        with transaction(order.user_id, long=job_id is not None, dry_run=dry_run) as db:
            batch = _run(db, order, rows, rollback_window_hours, only_count=only_count, job_id=job_id)
    except OutcomeUnknown:
        return _settle(order)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise RowsRefused from error
    except Conflict as refusal:
        if not dry_run and job_id is None:
            _note_refusal(order, refusal)
        raise
    return batch.model_copy(update=_AS_DRY_RUN) if dry_run else batch


def look(user_id: str, asked: CommitRequest) -> Batch | None:
    """The batch, when exactly this was committed before; `Forbidden` when the caller may only look at the account.

    So a repeated commit is answered even when the preview is swept, and a viewer learns first that he is one.
    """
    with transaction(user_id) as db:
        if batches.role_on(db, asked.account_id) == "viewer":
            raise Forbidden
        batch = batches.find(db, asked.batch_id)
    mine = batch is not None and (batch.revision, batch.account_id, batch.created_by) == (asked.revision, asked.account_id, user_id)
    return batch if batch is not None and mine and batch.status == "committed" else None


def accept(order: CommitOrder, asked: CommitRequest) -> tuple[Batch, dict[str, Any] | None]:
    """Take on a commit that is too long for one call: the batch, `committing`, and the job that is to be started.

    There is no job to start when the batch is committed already, or when somebody is at work on it.
    """
    try:
        with transaction(order.user_id) as db:
            batches.require_writer(db, order.account_id)
            found = standing(db, order)
            if found is None:
                batches.lock(db, order.batch_id)
                found = standing(db, order)
            if found is None:
                found = _record(db, order, {"id": str(uuid4()), "asked": asked.model_dump(mode="json")})
                batches.note(db, found, order.user_id, "commit_accepted", on_existing=order.on_existing)
            found = batches.with_progress(db, found)
            return found, batches.idle_job(db, found)
    except OutcomeUnknown:
        with transaction(order.user_id) as db:
            batches.lock(db, order.batch_id)
            found = standing(db, order)
            if found is None:
                raise Unavailable from None
            found = batches.with_progress(db, found)
            return found, batches.idle_job(db, found)


def fail(user_id: str, batch_id: UUID, job_id: UUID, error: TakebackError) -> None:
    """Give up an accepted commit for a reason that trying again would not change. The batch can be committed again."""
    with transaction(user_id) as db:
        batches.lock(db, batch_id)
        problem = {"code": error.code, "detail": error.detail, **error.extra}
        done = db.execute(
            """
            update import_batches set status = 'failed', job = null, job_at = null, problem = %s
            where batch_id = %s and status = 'committing' and job ->> 'id' = %s
            """,
            [Jsonb(problem), batch_id, str(job_id)],
        )
        if done.rowcount:
            batches.note(db, batches.get(db, batch_id), user_id, "commit_failed", code=error.code)


def standing(db: Connection, order: CommitOrder) -> Batch | None:
    """What already became of the batch; None when it is free to be committed. `Conflict` when it is not what is asked for."""
    batch = batches.find(db, order.batch_id)
    if batch is None:
        return None
    if batch.status == "rolled_back":
        raise AlreadyRolledBack
    if batch.status == "failed" and batches.is_account_of(db, order.account_id, batch.org_id):
        return None
    if (batch.revision, batch.account_id, batch.created_by) != (order.revision, order.account_id, order.user_id):
        raise AlreadyCommitted
    return batch


def _run(
    db: Connection, order: CommitOrder, rows: Iterable[bytes], rollback_window_hours: int, *, only_count: bool, job_id: UUID | None
) -> Batch:
    batches.require_writer(db, order.account_id)
    done = _already(db, order, job_id)
    if done is not None:
        return done
    load = Load(db, order, record_type(order.record_type))
    batches.at_work(db, order.batch_id, "loading")
    load.stage(rows)
    batches.at_work(db, order.batch_id, "writing")
    batches.lock(db, order.batch_id, order.account_id)
    done = _already(db, order, job_id)
    if done is not None:
        return done
    _record(db, order, {"id": str(job_id)})
    counts, totals = load.foresee() if only_count else load.write()
    batch = _finish(db, order, counts, totals, rollback_window_hours)
    batches.note(db, batch, order.user_id, "committed", **counts, on_existing=order.on_existing)
    return batch


def _already(db: Connection, order: CommitOrder, job_id: UUID | None) -> Batch | None:
    """What became of the batch before us; None when it is ours to commit."""
    batch = standing(db, order)
    if job_id is None:
        return batch
    if batch is None or (batch.status == "committing" and not batches.waits_for(db, order.batch_id, job_id)):
        raise StaleJob
    return None if batch.status == "committing" else batch


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
            **order.model_dump(exclude={"totals", "fields", "rows_version"}),
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


def _finish(db: Connection, order: CommitOrder, counts: dict[str, int], totals: dict[str, int], rollback_window_hours: int) -> Batch:
    row = db.execute(
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
        {"batch_id": order.batch_id, **counts, "totals": Jsonb(totals), "hours": rollback_window_hours},
    ).fetchall()[0]
    return Batch(**row)


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
