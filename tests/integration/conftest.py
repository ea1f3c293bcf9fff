"""One PostgreSQL per test session with one migrated template; a copy of it that is emptied before each test that asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from local.postgres import Postgres
from takeback.stores import database as store
from takeback.stores.migrate import migrate

FUNCTION_USERS = ("takeback_commit", "takeback_rollback", "takeback_batches")
# Tests of the store call several functions' work in one process. They log in as this one, who may what the three may
# together; that each may do its own work as itself show the least rights, row security, and every test over HTTP.
ALL_FUNCTIONS = "takes_every_part"
TABLES = ("bookkeeping_records", "import_changes", "import_events", "import_batches", "memberships", "accounts", "orgs")
_numbers = count(1)


@dataclass(frozen=True)
class Server:
    """Where PostgreSQL is. `embedded` is None when TEST_DATABASE_URL names one that is not ours to stop."""

    url: str
    embedded: Postgres | None

    def database(self, name: str, user: str | None = None) -> str:
        return make_conninfo(self.url, dbname=name, **({"user": user} if user else {}))

    def admin(self) -> psycopg.Connection:
        return psycopg.connect(self.url, autocommit=True)


@dataclass(frozen=True)
class Database:
    """An empty, migrated database, and a connection to it that row security does not bind."""

    server: Server
    name: str
    sql: psycopg.Connection[dict[str, Any]]

    def url(self, user: str | None = None) -> str:
        return self.server.database(self.name, user)

    def environment(self, user: str = ALL_FUNCTIONS) -> dict[str, str]:
        """What a function's environment says of the database."""
        parts = conninfo_to_dict(self.url(user))
        return {
            "PGHOST": str(parts["host"]),
            "PGPORT": str(parts["port"]),
            "PGDATABASE": self.name,
            "PGUSER": user,
            "PGPASSWORD": os.environ.get("TEST_DATABASE_PASSWORD", "trusted"),
        }


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this session's own; TEST_DATABASE_URL names another one, say of an older version."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(given, None)
        return
    with Postgres(tmp_path_factory.mktemp("postgres") / "data", durable=False, settings=["max_connections=60"]) as embedded:
        yield Server(embedded.url(), embedded)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a database with the schema and nothing in it."""
    name = f"template_{os.getpid()}"
    with server.admin() as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with psycopg.connect(server.database(name), autocommit=True) as connection:
        migrate(connection)
        let_one_take_every_part(connection)
    return name


def let_one_take_every_part(admin: psycopg.Connection[Any]) -> None:
    """Make ALL_FUNCTIONS, where it is not there."""
    role = sql.Identifier(ALL_FUNCTIONS)
    admin.execute(sql.SQL("do $$ begin create role {} login; exception when duplicate_object then null; end $$").format(role))
    admin.execute(sql.SQL("grant {} to {}").format(sql.SQL(", ").join(map(sql.Identifier, FUNCTION_USERS)), role))


@contextmanager
def _copied(server: Server, template: str) -> Iterator[Database]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with server.admin() as admin:
        admin.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (name, template))))
    with psycopg.connect(server.database(name), autocommit=True, row_factory=dict_row) as connection:
        yield Database(server, name, connection)
    with server.admin() as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def _in_use(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The environment of a function that uses the database, and no connection kept from another."""
    for variable, value in database.environment().items():
        monkeypatch.setenv(variable, value)
    store.close()
    yield database
    store.close()


@pytest.fixture(scope="session")
def shared_database(server: Server, template: str) -> Iterator[Database]:
    """A copy of the template for all tests that leave no more than rows behind."""
    with _copied(server, template) as made:
        yield made


@pytest.fixture
def database(shared_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database. Deleting some rows is many times faster than copying a template."""
    with shared_database.sql.transaction():
        shared_database.sql.execute("set local session_replication_role = replica")
        for table in TABLES:
            shared_database.sql.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))
    with _in_use(shared_database, monkeypatch) as used:
        yield used


@pytest.fixture
def own_database(server: Server, template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of the test's own, for one that fills it or breaks its connections."""
    with _copied(server, template) as made, _in_use(made, monkeypatch) as used:
        yield used


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A folder for a server of a test's own."""
    return tmp_path / "postgres"
