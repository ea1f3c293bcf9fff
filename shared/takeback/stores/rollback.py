"""Rollback: what an import created is soft-deleted, what it overwrote gets its old values back, in one transaction.

The rules, with their reasons, are in docs/reliability.md. In short: a row counts as edited when its version moved, or when
it was changed more than a second after the import wrote it. Edited rows are undone only by `force` and left alone by
`keep_modified`. A row that a later import overwrote is undone by neither: that import has to be undone first.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from takeback.errors import Conflict, NotCommitted, RollbackDisabled, RollbackExpired, TakebackError, Unavailable
from takeback.records import record_type
from takeback.rules.batch import Batch, RollbackRequest
from takeback.stores import batches
from takeback.stores.batches import StaleJob
from takeback.stores.database import Connection, OutcomeUnknown, transaction
from takeback.stores.undo import Undo


def rollback(user_id: str, batch_id: UUID, asked: RollbackRequest, *, job_id: UUID | None = None) -> Batch:
    """Undo the batch and give it as it stands then; one that is undone already is given as it is.

    `job_id` names the accepted request that this carries out. With `dry_run` nothing is changed and the batch says what
    would be. Raises `Conflict` of several kinds, `Forbidden`, `NotFound`, `Unavailable`, `StaleJob`.
    """
    try:
        with transaction(user_id, long=job_id is not None, dry_run=asked.dry_run) as db:
            batch = _claimed(db, batch_id, job_id)
            if batch.status == "rolled_back" or (batch.status == "rolling_back" and job_id is None):
                return batch
            undo = Undo(db, batch, record_type(batch.record_type), asked)
            undo.check_edited()
            if asked.dry_run:
                return batch.model_copy(update={"dry_run": True, "would_undo": undo.foresee()})
            return undo.run(user_id)
    except OutcomeUnknown:
        return _settle(user_id, batch_id)
    except Conflict as refusal:
        if not asked.dry_run and job_id is None:
            _note_refusal(user_id, batch_id, refusal)
        raise


def accept(user_id: str, batch_id: UUID, asked: RollbackRequest) -> tuple[Batch, dict[str, Any] | None]:
    """Take on a rollback that is too long for one call: the batch, `rolling_back`, and the job that is to be started.

    The window is judged now; what stands in the way now is refused now. There is no job when there is nothing to start.
    """
    try:
        with transaction(user_id) as db:
            batch = _claimed(db, batch_id, None)
            if batch.status == "committed":
                Undo(db, batch, record_type(batch.record_type), asked).check_edited()
                db.execute(
                    """
                    update import_batches set status = 'rolling_back', job = %s, job_at = clock_timestamp(), problem = null
                    where batch_id = %s
                    """,
                    [Jsonb({"id": str(uuid4()), "asked": asked.model_dump(mode="json")}), batch_id],
                )
                batch = batches.get(db, batch_id)
                batches.note(db, batch, user_id, "rollback_accepted", force=asked.force, keep_modified=asked.keep_modified)
            batch = batches.with_progress(db, batch)
            return batch, batches.idle_job(db, batch)
    except OutcomeUnknown:
        with transaction(user_id) as db:
            batches.lock(db, batch_id)
            batch = batches.get(db, batch_id)
            if batch.status == "committed":
                raise Unavailable from None
            batch = batches.with_progress(db, batch)
            return batch, batches.idle_job(db, batch)
    except Conflict as refusal:
        _note_refusal(user_id, batch_id, refusal)
        raise


def fail(user_id: str, batch_id: UUID, job_id: UUID, error: TakebackError) -> None:
    """Give up an accepted rollback for a reason that trying again would not change: the batch is `committed` as before."""
    with transaction(user_id) as db:
        batches.lock(db, batch_id)
        problem = {"code": error.code, "detail": error.detail, **error.extra}
        done = db.execute(
            """
            update import_batches set status = 'committed', job = null, job_at = null, problem = %s
            where batch_id = %s and status = 'rolling_back' and job ->> 'id' = %s
            """,
            [Jsonb(problem), batch_id, str(job_id)],
        )
        if done.rowcount:
            batches.note(db, batches.get(db, batch_id), user_id, "rollback_failed", code=error.code)


def disable(user_id: str, batch_id: UUID) -> Batch:
    """Give the undo of a batch up for good. Doing it twice, or after the time has passed, changes nothing."""
    with transaction(user_id) as db:
        batch = batches.get(db, batch_id)
        batches.require_writer(db, batch.account_id)
        batches.lock(db, batch_id)
        batch = _locked(db, batch_id)
        if batch.status != "committed":
            raise NotCommitted
        if not batch.can_rollback:
            return batch
        db.execute(
            "update import_batches set rollback_closed_at = clock_timestamp(), rollback_closed_by = %s where batch_id = %s",
            [user_id, batch_id],
        )
        batch = batches.get(db, batch_id)
        batches.note(db, batch, user_id, "rollback_disabled")
        return batch


def _claimed(db: Connection, batch_id: UUID, job_id: UUID | None) -> Batch:
    """The batch under its lock, fit to be undone by this user, or undone already, or being undone.

    Whether there is still time is judged under the lock by the database's clock, at the request: an accepted one has been.
    """
    batch = batches.get(db, batch_id)
    batches.require_writer(db, batch.account_id)
    if batch.status == "rolled_back":
        return batch
    if job_id is not None:
        batches.at_work(db, batch_id, "undoing")
    elif batch.status == "rolling_back":
        return batch
    batches.lock(db, batch_id, batch.account_id)
    batch = _locked(db, batch_id)
    if job_id is not None and batch.status != "rolled_back" and not batches.waits_for(db, batch_id, job_id):
        raise StaleJob
    if batch.status in {"committing", "failed"}:
        raise NotCommitted
    if batch.status == "committed" and not batch.can_rollback:
        raise RollbackDisabled if batch.rollback_closed_by is not None else RollbackExpired
    return batch


def _locked(db: Connection, batch_id: UUID) -> Batch:
    """The batch, its row locked, so that the schedule leaves it alone."""
    return Batch(**db.execute(f"select {batches.BATCH} from import_batches where batch_id = %s for update", [batch_id]).fetchall()[0])


def _settle(user_id: str, batch_id: UUID) -> Batch:
    """Find out what became of a rollback whose answer was lost. The lock waits for the old connection to be done with it."""
    with transaction(user_id) as db:
        batches.lock(db, batch_id)
        batch = batches.get(db, batch_id)
    if batch.status != "rolled_back":
        raise Unavailable
    return batch


def _note_refusal(user_id: str, batch_id: UUID, refusal: Conflict) -> None:
    with transaction(user_id) as db:
        batches.note(db, batches.get(db, batch_id), user_id, "rollback_refused", code=refusal.code)
