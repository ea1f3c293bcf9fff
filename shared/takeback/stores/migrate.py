"""Migrations: forward only, each file applied once, in one transaction with the note that it was."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_208_415_001  # any number that nobody else locks

_NOTES = """
do $$
begin
  if to_regclass('public.schema_migrations') is null then
    create table public.schema_migrations (name text primary key, sha256 text not null, applied_at timestamptz not null default now());
    alter table public.schema_migrations enable row level security, force row level security;
    create policy noted on public.schema_migrations to current_user using (true) with check (true);
  end if;
end $$
"""


def migrate(connection: psycopg.Connection[Any]) -> list[str]:
    """Apply what is missing, in order; give the names of the files that were. The connection must be in autocommit mode.

    Two at once wait for each other. A file that was changed after it had been applied is an error: write a new one.
    """
    connection.execute("set statement_timeout = 0; set lock_timeout = '5min'; set idle_in_transaction_session_timeout = 0")
    connection.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        connection.execute(_NOTES)
        cursor = connection.cursor(row_factory=tuple_row)
        applied = dict(cursor.execute("select name, sha256 from schema_migrations").fetchall())
        return [file.name for file in sorted(_FOLDER.glob("*.sql")) if _apply(connection, file, applied)]
    finally:
        connection.execute("select pg_advisory_unlock(%s)", [_LOCK])


def _apply(connection: psycopg.Connection[Any], file: Path, applied: dict[str, str]) -> bool:
    statements = file.read_bytes()
    digest = hashlib.sha256(statements).hexdigest()
    if file.name in applied:
        if applied[file.name] != digest:
            raise RuntimeError(f"{file.name} was changed after it had been applied. Put the change into a new file.")
        return False
    with connection.transaction():
        connection.execute(statements)
        connection.execute("insert into schema_migrations (name, sha256) values (%s, %s)", [file.name, digest])
    return True
