r"""Commit beside `psql \copy` of the same rows into the same table, rollback beside a bare UPDATE of them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench import fresh
from bench.bucket import Bucket, Upload, bucket
from bench.fresh import USER, Taken
from bench.sheet import sheet
from local.postgres import Postgres, binaries
from takeback.records import record_type
from takeback.rules import keys
from takeback.stores.migrate import migrate

COMMIT, COPY, ROLLBACK, UPDATE = "Takeback, commit", "psql \\copy", "Takeback, rollback", "bare UPDATE"
_COLUMNS = ", ".join(
    ["record_id", "account_id", "org_id", "import_batch_id", "order_line", *(c.name for c in record_type("bookkeeping").columns())]
)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A previewed upload, and the same rows as psql takes them, of a batch that is there already."""

    upload: Upload
    revision: str
    copied_batch: UUID
    copied_rows: Path


@dataclass(frozen=True, slots=True)
class Tables:
    """A migrated database that fsyncs, with one account in it, and the bucket of its uploads."""

    url: str
    postmaster: int
    bucket: Bucket
    org_id: UUID
    account_id: UUID

    def measure(self, folder: Path, rows: int, rounds: int) -> dict[str, list[Taken]]:
        """Commit and undo so many rows, load and update the same ones, in random order, from an empty table each time."""
        prepared = self._prepare(folder, rows)
        taken: dict[str, list[Taken]] = {COMMIT: [], COPY: [], ROLLBACK: [], UPDATE: []}
        for number in range(rounds):
            for turn in random.sample([self._ours, self._theirs], 2):
                self._empty(prepared)
                for name, run in turn(prepared).items():
                    taken[name].append(run)
                    sys.stderr.write(f"  {number + 1}/{rounds} {rows:,} rows, {name}: {run.wall:.2f} s, {run.cpu:.2f} s of processor\n")
        self._empty(prepared)
        prepared.copied_rows.unlink()
        return taken

    def _prepare(self, folder: Path, rows: int) -> _Prepared:
        upload = self.bucket.put(sheet(folder, rows, kind="clean").path)
        environment = self.bucket.environments["Validate"]
        found = fresh.call("bench.our_validation:validated", upload.key, upload.version_id, environment=environment).result
        loaded, path, batch_id = folder / f"rows-{rows}", folder / f"rows-{rows}.copy", uuid4()
        self.bucket.client.download_file(self.bucket.name, keys.of_batch("rows", USER, upload.batch_id, found["revision"]), str(loaded))
        owners = "\t".join(map(str, (self.account_id, self.org_id, batch_id))).encode()
        with loaded.open("rb") as lines, path.open("wb") as file:
            for line in lines:
                record_id, _, cells = line.partition(b"\t")
                file.write(b"%s\t%s\t1\t%s" % (record_id, owners, cells))
        loaded.unlink()
        return _Prepared(upload, found["revision"], batch_id, path)

    def _ours(self, prepared: _Prepared) -> dict[str, Taken]:
        batch_id = str(prepared.upload.batch_id)
        commit = self._call("Commit", "bench.our_batches:committed", batch_id, prepared.revision, str(self.account_id))
        undo = self._call("Rollback", "bench.our_batches:rolled_back", batch_id)
        if (commit.result, undo.result) != ("committed", "rolled_back"):
            raise AssertionError(commit.result, undo.result)
        return {COMMIT: commit, ROLLBACK: undo}

    def _call(self, function: str, name: str, *arguments: str) -> Taken:
        return self._with_server(name, *arguments, environment=self.bucket.environments[function])

    def _with_server(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Taken:
        """The call, with the seconds of processor that the server spent meanwhile."""
        before = _server_seconds(self.postmaster)
        taken = fresh.call(name, *arguments, cores=2, environment=environment)
        return replace(taken, cpu=taken.cpu + _server_seconds(self.postmaster) - before)

    def _theirs(self, prepared: _Prepared) -> dict[str, Taken]:
        with psycopg.connect(self.url) as db:
            db.execute(
                """
                insert into import_batches (batch_id, org_id, account_id, record_type, created_by, filename, format, sha256, revision,
                  on_existing, status, row_count, column_mapping, options)
                values (%s, %s, %s, 'bookkeeping', 'bench', 'rows', 'csv', '', '', 'reject', 'failed', 0, '{}', '{}')
                """,
                [prepared.copied_batch, self.org_id, self.account_id],
            )
        return {
            COPY: self._with_server("bench.commits:copy_with_psql", self.url, str(prepared.copied_rows)),
            UPDATE: self._with_server("bench.commits:update_bare", self.url, str(prepared.copied_batch)),
        }

    def _empty(self, prepared: _Prepared) -> None:
        self.bucket.forget(prepared.upload, ("commits", "rollbacks"))
        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute("truncate bookkeeping_records, import_changes, import_events, import_batches")
            db.execute("checkpoint")


def copy_with_psql(url: str, path: str) -> None:
    """What a database administrator would do with a file whose every row is right."""
    command = f"\\copy bookkeeping_records ({_COLUMNS}) from '{path}'"
    subprocess.run([binaries() / "psql", url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", command], check=True)


def update_bare(url: str, batch_id: str) -> int:
    """Set one column of the rows of a batch, with neither policies nor the trigger that counts versions."""
    with psycopg.connect(url) as db:
        db.execute("set takeback.undo = 'on'")
        return db.execute("update bookkeeping_records set deleted_at = now() where import_batch_id = %s", [batch_id]).rowcount


@contextmanager
def tables(data: Path) -> Iterator[Tables]:
    """A PostgreSQL server and a bucket in this folder, until the block is left."""
    with Postgres(data / "postgres") as server:
        with psycopg.connect(server.url(), autocommit=True) as db:
            migrate(db)
            org_id = _value(db, "select add_org('Bench')")
            account_id = _value(db, "select add_account(%s, 'Bench')", org_id)
            db.execute("select add_member(%s, %s, 'owner')", [USER, org_id])
        with bucket(data, server.url()) as objects:
            yield Tables(server.url(), int((data / "postgres" / "postmaster.pid").read_text().split()[0]), objects, org_id, account_id)


def _server_seconds(postmaster: int) -> float:
    """What the server and all its processes, those that have ended too, spent so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            values = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            if postmaster in (int(path.parent.name), int(values[1])):
                ticks += sum(map(int, values[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _value(db: psycopg.Connection[Any], query: Any, *parameters: Any) -> Any:
    return db.execute(query, parameters).fetchall()[0][0]
