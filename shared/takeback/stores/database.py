"""The connection: one per container, kept between calls, and one transaction per piece of work.

Where to connect is libpq's own business (PGHOST and its kin). The password is PGPASSWORD, or else an RDS token that is
made when connecting.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import pq
from psycopg.rows import DictRow, dict_row

from takeback.errors import Unavailable
from takeback.stores.database_token import database_token

Connection = psycopg.Connection[DictRow]

# A call behind the API ends after 30 seconds at most, so no statement of it may take longer, and waiting for another's lock
# must leave time to say so. Keep-alives free the locks of a client that vanished without a word within a minute.
_OPTIONS = {
    "statement_timeout": "25s",
    "lock_timeout": "8s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
    "client_encoding": "UTF8",
    "jit": "off",
}
_PATIENCE_SECONDS = 10
WAKING_SECONDS = 90  # Aurora takes some 15, and more after a day's sleep
_idle: list[Connection] = []  # Lambda runs one call at a time, so there is one; threads of a test each take their own


class OutcomeUnknown(Unavailable):
    """The connection broke while the database was told to commit, so nobody knows yet whether it did."""


@contextmanager
def transaction(user_id: str | None, *, long: bool = False, dry_run: bool = False) -> Iterator[Connection]:
    """One transaction that sees and may do what this user may; None for the schedule.

    `long` lifts the limits of an HTTP call for work that is started by an event; `dry_run` rolls back at the end. The user
    is set for this transaction only: nothing of it is left for the next one on the connection. `Unavailable` when the
    database is, whatever the reason; `OutcomeUnknown` when that happened at COMMIT.
    """
    connection = _begun(user_id, long=long)
    committing = False
    try:
        yield connection
        if not dry_run:
            committing = True
            connection.execute("commit")
    except psycopg.Error as error:
        if connection.closed and committing:
            raise OutcomeUnknown from error
        if connection.closed or isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise unavailable(error) from error
        raise
    finally:
        _give_back(connection)


def unavailable(error: psycopg.Error) -> Unavailable:
    """The database's refusal in our words. The cause is kept for the log; the caller only learns what to do."""
    if isinstance(error, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return Unavailable("Somebody else is changing these records right now. Nothing was changed; try again in a few seconds.")
    return Unavailable("The database is waking up or busy. Nothing was changed; try again in a few seconds.")


def close() -> None:
    """Close the kept connections."""
    while _idle:
        _idle.pop().close()


def _begun(user_id: str | None, *, long: bool) -> Connection:
    """A connection with a transaction begun. One that died while it was kept is replaced: nothing was done on it yet."""
    while _idle:
        connection = _idle.pop()
        with suppress(psycopg.OperationalError, psycopg.InterfaceError):
            return _begin(connection, user_id, long=long)
    try:
        return _begin(connect(None if user_id else WAKING_SECONDS), user_id, long=long)
    except psycopg.OperationalError as error:
        raise unavailable(error) from error


def _begin(connection: Connection, user_id: str | None, *, long: bool) -> Connection:
    try:
        connection.execute("begin")
        connection.execute("select set_config('app.user_id', %s, true)", [user_id or ""])
        if long:
            connection.execute("select set_config('statement_timeout', '14min', true), set_config('lock_timeout', '60s', true)")
    except BaseException:
        connection.close()
        raise
    return connection


def _give_back(connection: Connection) -> None:
    """Keep a connection that is fit for another transaction."""
    with suppress(psycopg.Error):
        if connection.info.transaction_status != pq.TransactionStatus.IDLE:
            connection.execute("rollback")
        _idle.append(connection)
        return
    connection.close()


def connect(patience_seconds: int | None = None) -> Connection:
    """A new connection, in autocommit mode, with the limits of an HTTP call.

    A database that sleeps lets a connection wait until it is awake. Who answers somebody cannot wait that long.
    """
    arguments: dict[str, Any] = {
        "connect_timeout": patience_seconds or _PATIENCE_SECONDS,
        "application_name": "takeback",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "options": " ".join(f"-c {name}={value}" for name, value in _OPTIONS.items()),
    }
    if "PGPASSWORD" not in os.environ:
        arguments["password"] = database_token(os.environ["PGHOST"], int(os.environ.get("PGPORT", "5432")), os.environ["PGUSER"])
    return Connection.connect(autocommit=True, row_factory=dict_row, prepare_threshold=None, **arguments)
