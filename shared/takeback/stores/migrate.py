"""Migrations: forward only, each file applied once, in one transaction with the note that it was.

A file is plain SQL: statements end in a semicolon, bodies of functions stand between dollars (not `begin atomic`).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_208_415_001  # any number that nobody else locks
_LOCK_PATIENCE, _PAUSE_SECONDS = "2s", 3.0  # to wait for a table, and to leave to others before the next attempt
_IN_THE_WAY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_DATA_EXCEPTION = "22"  # the class of errors whose message quotes a value
# What a semicolon does not end a statement in: comments, quoted text and names, text between dollars.
_PIECE = re.compile(r"""--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|;|[^-/'"$;]+|.""", re.DOTALL)

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


class MigrationFailed(Exception):
    """A migration could not be applied, and nothing of its file was kept. The message says which statement and why, without values."""


def migrate(connection: psycopg.Connection[Any], *, within_seconds: float = 3600) -> list[str]:
    """Apply what is missing, in order; give the names of the files that were. The connection must be in autocommit mode.

    Two at once wait for each other. A file that was changed after it had been applied is an error: write a new one. Raises
    `MigrationFailed`, also for a statement that is not done within the time.

    Whoever waits for a lock on a table keeps everybody out of it who comes later. So a file waits for a moment only, gives
    up all that it has locked, and begins anew.
    """
    deadline = time.monotonic() + within_seconds
    connection.execute("set lock_timeout = '5min'; set idle_in_transaction_session_timeout = 0")
    _allow(connection, deadline)
    connection.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        connection.execute("select set_config('lock_timeout', %s, false)", [_LOCK_PATIENCE])
        connection.execute(_NOTES)
        cursor = connection.cursor(row_factory=tuple_row)
        applied = dict(cursor.execute("select name, sha256 from schema_migrations").fetchall())
        return [file.name for file in sorted(_FOLDER.glob("*.sql")) if _apply(connection, file, applied, deadline)]
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(%s)", [_LOCK])


def statements(text: str) -> Iterator[str]:
    """The statements of a file, each with what stands before it. Put together again they are the file, but for its last comments."""
    statement = ""
    for piece in _PIECE.finditer(text):
        statement += piece[0]
        if piece[0] == ";":
            yield statement
            statement = ""
    if _without_comments(statement):
        yield statement


def _apply(connection: psycopg.Connection[Any], file: Path, applied: dict[str, str], deadline: float) -> bool:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if file.name in applied:
        if applied[file.name] != digest:
            raise MigrationFailed(f"{file.name} was changed after it had been applied. Put the change into a new file.")
        return False
    while not _is_done(connection, file, digest, deadline):
        time.sleep(_PAUSE_SECONDS)
    return True


def _is_done(connection: psycopg.Connection[Any], file: Path, digest: str, deadline: float) -> bool:
    """Apply a file; False when somebody was in its way and there is time for another attempt."""
    try:
        _run(connection, file, digest, deadline)
    except MigrationFailed as failure:
        if isinstance(failure.__cause__, _IN_THE_WAY) and time.monotonic() + _PAUSE_SECONDS < deadline:
            return False
        raise
    return True


def _run(connection: psycopg.Connection[Any], file: Path, digest: str, deadline: float) -> None:
    with connection.transaction():
        for number, statement in enumerate(statements(file.read_text(encoding="utf-8")), start=1):
            try:
                _allow(connection, deadline)
                connection.execute(statement.encode())
            except psycopg.Error as error:
                first_line = _without_comments(statement).partition("\n")[0]
                raise MigrationFailed(
                    f"{file.name}, statement {number} ({first_line[:200]}): {said(error)}. Nothing of this file was kept."
                ) from error
        connection.execute("insert into schema_migrations (name, sha256) values (%s, %s)", [file.name, digest])


def said(error: psycopg.Error) -> str:
    """What the database said, on one line and without the values that it complains of."""
    state = error.sqlstate or ""
    message = "" if state.startswith(_DATA_EXCEPTION) else error.diag.message_primary or str(error).partition("\n")[0]
    return " ".join(filter(None, [type(error).__name__, state, message]))


def _without_comments(statement: str) -> str:
    kept = [piece[0] for piece in _PIECE.finditer(statement) if not piece[0].startswith(("--", "/*"))]
    return "".join(kept).strip()


def _allow(connection: psycopg.Connection[Any], deadline: float) -> None:
    """Give the next statement the time that is left, and a second in any case: zero would be no limit."""
    left = max(1000, int((deadline - time.monotonic()) * 1000))
    connection.execute("select set_config('statement_timeout', %s, false)", [str(left)])
