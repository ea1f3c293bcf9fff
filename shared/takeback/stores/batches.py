"""What is known of batches, and who may touch them: the reading half of the database."""

from __future__ import annotations

from typing import Any, LiteralString, get_args
from uuid import UUID

from psycopg.types.json import Jsonb

from takeback.errors import Forbidden, NotFound
from takeback.rules.batch import Account, Batch, Progress, Role, Status
from takeback.stores.database import Connection, transaction

BATCH: LiteralString = """
    batch_id, account_id, org_id, record_type, created_by, filename, format, sha256, revision, status, on_existing, row_count,
    inserted, updated, skipped, column_mapping, options, totals, created_at, committed_at,
    status = 'committed' and rollback_closed_at is null and clock_timestamp() < rollback_until as can_rollback,
    rollback_until, rollback_closed_at, rollback_closed_by, rolled_back_at, rolled_back_by, deleted, restored, kept, kept_record_ids,
    warnings, problem
"""
_AT_WORK: tuple[Status, ...] = ("committing", "rolling_back")
_MAY_WRITE: tuple[Role, ...] = ("owner", "member")


class StaleJob(Exception):
    """The event is of a job that was given up, done, or replaced: there is nothing to do."""


def accounts(user_id: str) -> list[Account]:
    """The accounts that the caller may see, by name."""
    with transaction(user_id) as db:
        rows = db.execute(
            "select account_id, accounts.name, role from accounts join memberships using (org_id) order by accounts.name, account_id"
        ).fetchall()
    return [Account(**row) for row in rows]


def role_on(db: Connection, account_id: UUID) -> Role | None:
    """What the caller is to an account; None when he cannot see it."""
    row = db.execute("select role from accounts join memberships using (org_id) where account_id = %s", [account_id]).fetchone()
    return None if row is None else row["role"]


def is_account_of(db: Connection, account_id: UUID, org_id: UUID) -> bool:
    """Whether the account belongs to the org. A batch never changes its org."""
    return db.execute("select from accounts where account_id = %s and org_id = %s", [account_id, org_id]).fetchone() is not None


def require_writer(db: Connection, account_id: UUID) -> None:
    """`Forbidden` unless the caller may write to the account."""
    role = role_on(db, account_id)
    if role is None:
        raise Forbidden("This account is not one of yours, or there is none of this id. GET /import/accounts lists those you may use.")
    if role not in _MAY_WRITE:
        raise Forbidden


def find(db: Connection, batch_id: UUID) -> Batch | None:
    """The batch as it stands; None when there is none that the caller may see."""
    row = db.execute(f"select {BATCH} from import_batches where batch_id = %s", [batch_id]).fetchone()
    return None if row is None else Batch(**row)


def get(db: Connection, batch_id: UUID) -> Batch:
    """The batch as it stands; `NotFound` when there is none that the caller may see."""
    batch = find(db, batch_id)
    if batch is None:
        raise NotFound("There is no such import, or it is not one of yours.")
    return batch


def with_progress(db: Connection, batch: Batch) -> Batch:
    """The batch, told how far it is when somebody is at work on it."""
    if batch.status not in _AT_WORK:
        return batch
    row = db.execute("select phase, rows from import_progress(%s)", [batch.batch_id]).fetchone()
    phases = get_args(Progress.model_fields["phase"].annotation)
    progress = Progress(**row) if row and row["phase"] in phases else Progress(phase="waiting", rows=0)
    if progress.phase == "writing":
        progress.rows = batch.row_count
    return batch.model_copy(update={"progress": progress})


def job(db: Connection, batch_id: UUID) -> dict[str, Any] | None:
    """The job that the batch waits for, `{id, asked}`; None when it waits for none."""
    row = db.execute("select job from import_batches where batch_id = %s", [batch_id]).fetchone()
    return None if row is None else row["job"]


def waits_for(db: Connection, batch_id: UUID, job_id: UUID) -> bool:
    """Whether this is the job that the batch waits for."""
    waiting = job(db, batch_id)
    return waiting is not None and waiting["id"] == str(job_id)


def idle_job(db: Connection, batch: Batch) -> dict[str, Any] | None:
    """The job that the batch waits for and nobody is at work on, so that it is worth another start."""
    idle = batch.progress is not None and batch.progress.phase == "waiting"
    return job(db, batch.batch_id) if idle else None


def lock(db: Connection, batch_id: UUID, account_id: UUID | None = None) -> None:
    """Wait until nobody else changes this batch, nor imports into this account, and let nobody until the transaction ends."""
    db.execute("select pg_advisory_xact_lock(import_lock('batch', %s))", [batch_id])
    if account_id is not None:
        db.execute("select pg_advisory_xact_lock(import_lock('account', %s))", [account_id])


def at_work(db: Connection, batch_id: UUID, phase: LiteralString) -> None:
    """Show that somebody lives who works on this batch, and what at. Shared, so it keeps nobody from the same work."""
    db.execute("select pg_advisory_xact_lock_shared(import_lock('job', %s))", [batch_id])
    db.execute("select set_config('application_name', %s, true)", [f"takeback {phase}"])


def note(db: Connection, batch: Batch, actor: str, action: LiteralString, **details: Any) -> None:
    """Add a line to the batch's trail."""
    db.execute(
        "insert into import_events (org_id, account_id, batch_id, actor, action, details) values (%s, %s, %s, %s, %s, %s)",
        [batch.org_id, batch.account_id, batch.batch_id, actor, action, Jsonb(details)],
    )
