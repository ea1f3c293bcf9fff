"""Commits and rollbacks where bucket and database meet: short ones at once, long ones from a request object.

A request object names its job. The batch's row names the job that it waits for, so an event that comes twice, late, or after
the job was given up finds that there is nothing to do.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from takeback import telemetry
from takeback.errors import TakebackError, Unavailable
from takeback.rules import keys
from takeback.rules.batch import Batch, CommitRequest, RollbackRequest
from takeback.rules.commit_order import commit_order
from takeback.rules.preview import Preview
from takeback.settings import settings
from takeback.stores import commit, files, history, rollback, uploads
from takeback.stores.batches import StaleJob


def commit_preview(user_id: str, asked: CommitRequest) -> Batch:
    """Commit what the named preview showed, or accept it when it is long: then the batch is `committing`."""
    done = commit.look(user_id, asked)
    if done is not None:
        return done
    preview = uploads.load_preview(user_id, asked.batch_id, asked.revision)
    if preview.valid_rows <= settings().inline_rows or asked.dry_run:
        return _commit(user_id, asked, preview)
    batch, job = commit.accept(commit_order(user_id, asked, preview), asked)
    if job is not None:
        files.write_json(keys.of_batch("commits", user_id, asked.batch_id, f"{asked.revision}.json"), job)
    return batch


def roll_back(user_id: str, batch_id: UUID, asked: RollbackRequest) -> Batch:
    """Undo a batch, or accept it when it is long: then the batch is `rolling_back`."""
    batch = history.batch(user_id, batch_id)
    if batch.inserted + batch.updated <= settings().inline_rows or asked.dry_run:
        return _roll_back(user_id, batch_id, asked)
    batch, job = rollback.accept(user_id, batch_id, asked)
    if job is not None:
        files.write_json(keys.of_batch("rollbacks", user_id, batch_id, f"{job['id']}.json"), job)
    return batch


def carry_out(key: keys.BatchKey) -> str:
    """Do what a request object asks for; a word for the log. `Unavailable` is worth another try, all else is final."""
    job = files.read_json(str(key)) if key.prefix in {"commits", "rollbacks"} else None  # what people upload is no job
    if job is None:
        return "gone"
    job_id = UUID(job["id"])
    try:
        if key.prefix == "commits":
            asked = CommitRequest.model_validate(job["asked"])
            return _commit(key.user_id, asked, uploads.load_preview(key.user_id, key.batch_id, key.revision), job_id).status
        return _roll_back(key.user_id, key.batch_id, RollbackRequest.model_validate(job["asked"]), job_id).status
    except StaleJob:
        return "stale"
    except Unavailable:
        raise
    except TakebackError as error:
        give_up = commit.fail if key.prefix == "commits" else rollback.fail
        give_up(key.user_id, key.batch_id, job_id, error)
        telemetry.refused(error.code)
        return error.code


def _commit(user_id: str, asked: CommitRequest, preview: Preview, job_id: UUID | None = None) -> Batch:
    order = commit_order(user_id, asked, preview)
    rows_key = keys.of_batch("rows", user_id, asked.batch_id, asked.revision)
    with telemetry.step("commit", asked.batch_id) as clock:
        batch = commit.commit(
            order,
            files.stream(rows_key, order.rows_version)[1],
            rollback_window_hours=settings().rollback_window_hours,
            dry_run=asked.dry_run,
            only_count=order.row_count > settings().inline_rows and asked.dry_run,
            job_id=job_id,
        )
    if batch.status == "committed" and not asked.dry_run:
        telemetry.publish({"Commits": 1, "RowsCommitted": batch.inserted + batch.updated, "CommitMilliseconds": clock.milliseconds})
        # The import is done; that it is not remembered costs the next one a few clicks.
        with suppress(TakebackError):
            uploads.remember(user_id, preview)
    return batch


def _roll_back(user_id: str, batch_id: UUID, asked: RollbackRequest, job_id: UUID | None = None) -> Batch:
    with telemetry.step("undo", batch_id) as clock:
        batch = rollback.rollback(user_id, batch_id, asked, job_id=job_id)
    if batch.status == "rolled_back" and not asked.dry_run:
        telemetry.publish({"Undos": 1, "RowsUndone": batch.deleted + batch.restored, "UndoMilliseconds": clock.milliseconds})
    return batch
