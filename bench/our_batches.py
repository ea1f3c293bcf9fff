"""Takeback's commit and rollback for a process of its own. The S3 client is made beforehand."""

from __future__ import annotations

from uuid import UUID

from bench.fresh import USER
from takeback.rules import keys
from takeback.rules.batch import CommitRequest, RollbackRequest
from takeback.stores import batches, database, files, jobs

files.client()


def committed(batch_id: str, revision: str, account_id: str) -> str:
    """Everything that Commit does with a preview, by a request object where it is too long for one call; gives the status."""
    asked = CommitRequest(batch_id=UUID(batch_id), revision=revision, account_id=UUID(account_id))
    status = jobs.commit_preview(USER, asked).status
    if status != "committing":
        return status
    return jobs.carry_out(keys.BatchKey("commits", USER, asked.batch_id, f"{revision}.json"))


def rolled_back(batch_id: str) -> str:
    """Everything that Rollback does with a batch; gives the status."""
    batch = jobs.roll_back(USER, UUID(batch_id), RollbackRequest())
    if batch.status != "rolling_back":
        return batch.status
    with database.transaction(USER) as db:
        job = batches.job(db, batch.batch_id) or {}
    return jobs.carry_out(keys.BatchKey("rollbacks", USER, batch.batch_id, f"{job['id']}.json"))
