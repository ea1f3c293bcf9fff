from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from takeback.records import record_types
from takeback.stores import migrate as migrations
from takeback.stores.migrate import MigrationFailed, migrate
from tests.integration.conftest import FUNCTION_USERS, Database, Server

FILES = sorted((Path(migrations.__file__).parent / "migrations").glob("*.sql"))
# What takes something away from the code that still runs while a migration does, or asks of it what it does not know.
_TAKES_AWAY = re.compile(
    r"\b(drop (?!not null|default|constraint|index|trigger|policy)|rename|truncate|revoke|set not null|alter column \w+ type)\b"
    r"|\badd column\b(?!.*\bdefault\b).*\bnot null\b"
)
TYPES = {"id": "text", "text": "text", "choice": "text", "date": "date", "money": "bigint", "count": "bigint"}
OWN_COLUMNS = {
    "record_id",
    "account_id",
    "org_id",
    "import_batch_id",
    "order_line",
    "created_at",
    "updated_at",
    "deleted_at",
    "row_version",
    "as_imported",
}


@pytest.fixture
def empty(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without a schema."""
    name = f"empty_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    with server.admin() as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield server.database(name)
    with server.admin() as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _taking_away(file: str) -> list[str]:
    own = {
        f"revoke execute on {kind} {name} from public;"
        for kind, name in re.findall(r"^create (function|procedure) (\w+)", file, re.MULTILINE)
    }
    return [text for text in migrations.statements(file) if _TAKES_AWAY.search(text.lower()) and text.strip() not in own]


def _migrate(url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        return migrate(connection)


def test_a_second_run_does_nothing(empty: str) -> None:
    first = _migrate(empty)

    assert first == sorted(file.name for file in Path(migrations.__file__).parent.glob("migrations/*.sql"))
    assert _migrate(empty) == []


def test_two_runs_at_once_apply_each_file_once(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(_migrate, [empty] * 4))

    assert sorted(map(len, applied)) == [0, 0, 0, len(FILES)]


def test_a_file_that_was_changed_after_it_had_been_applied_is_refused(empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _migrate(empty)
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent / "migrations", folder)
    with (folder / "0001_core.sql").open("a") as file:
        file.write("-- one more thought\n")
    monkeypatch.setattr(migrations, "_FOLDER", folder)

    with pytest.raises(MigrationFailed, match=r"0001_core\.sql was changed"):
        _migrate(empty)


def test_a_file_that_fails_leaves_nothing_of_itself(empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0001_half.sql").write_text("create table half (id int); select 1/0;")
    monkeypatch.setattr(migrations, "_FOLDER", tmp_path)

    with pytest.raises(MigrationFailed):
        _migrate(empty)

    with psycopg.connect(empty) as connection:
        assert connection.execute("select to_regclass('half') is null, count(*) from schema_migrations").fetchall() == [(True, 0)]


@pytest.fixture
def in_use(empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A transaction that has read a table which the next migration changes, as a long import has."""
    monkeypatch.setattr(migrations, "_FOLDER", tmp_path)
    monkeypatch.setattr(migrations, "_LOCK_PATIENCE", "200ms")
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.3)
    (tmp_path / "0001_table.sql").write_text("create table busy (id int);")
    _migrate(empty)
    (tmp_path / "0002_column.sql").write_text("alter table busy add column more int;")
    with psycopg.connect(empty) as reader:
        reader.execute("select * from busy")
        yield reader


def test_a_migration_that_has_to_wait_keeps_nobody_waiting(empty: str, in_use: psycopg.Connection) -> None:
    with ThreadPoolExecutor(1) as pool:
        migrating = pool.submit(_migrate, empty)
        with psycopg.connect(empty, autocommit=True, options="-c lock_timeout=1s") as other:
            for _ in range(20):
                other.execute("select * from busy")
                time.sleep(0.05)
        assert not migrating.done()
        in_use.rollback()
        assert migrating.result() == ["0002_column.sql"]


@pytest.mark.usefixtures("in_use")
def test_a_migration_that_is_kept_waiting_too_long_says_so(empty: str) -> None:
    with (
        psycopg.connect(empty, autocommit=True) as connection,
        pytest.raises(MigrationFailed, match=r"0002_column\.sql, statement 1 .*LockNotAvailable"),
    ):
        migrate(connection, within_seconds=1)


def test_an_owner_who_is_no_superuser_can_migrate(empty: str, server: Server) -> None:
    """As on Aurora, whose master user may make roles and databases, and is bound by row security."""
    with server.admin() as admin:
        admin.execute("drop role if exists plain_owner")
        admin.execute("create role plain_owner login createrole")
        for role in ("takeback_app", "takeback_expiry", "takeback_operator", *FUNCTION_USERS):
            admin.execute(sql.SQL("grant {} to plain_owner with admin option").format(sql.Identifier(role)))
        name = str(conninfo_to_dict(empty)["dbname"])
        admin.execute(sql.SQL("alter database {} owner to plain_owner").format(sql.Identifier(name)))
    url = make_conninfo(empty, user="plain_owner")

    assert len(_migrate(url)) == len(FILES)

    with psycopg.connect(url) as connection:
        org_id = connection.execute("select add_org('Acme')").fetchall()[0][0]
        account_id = connection.execute("select add_account(%s, 'Main')", [org_id]).fetchall()[0][0]
        connection.execute("select add_member('ann', %s, 'owner')", [org_id])
        connection.execute("select add_member('ann', %s, 'viewer')", [org_id])
        assert connection.execute("select role, status from memberships").fetchall() == [("viewer", "active")]
        assert connection.execute("select account_id, name from accounts").fetchall() == [(account_id, "Main")]


@pytest.mark.parametrize(
    "statement",
    [
        "alter table orgs drop column name",
        "alter table orgs rename column name to title",
        "alter table orgs alter column name set not null",
        "alter table orgs alter column name type varchar(9)",
        "alter table orgs add column note text not null",
        "drop function my_orgs()",
    ],
)
def test_it_is_known_what_old_code_cannot_bear(statement: str) -> None:
    assert _TAKES_AWAY.search(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "alter table orgs add column note text",
        "alter table orgs add column note text not null default ''",
        "alter table orgs alter column name drop not null",
        "create or replace function my_orgs() returns uuid[] language sql as 'select null'",
    ],
)
def test_it_is_known_what_old_code_bears(statement: str) -> None:
    assert not _TAKES_AWAY.search(statement)


def test_a_later_migration_takes_nothing_away_that_the_code_before_it_uses() -> None:
    """The first deploy has no code before it. Take away two releases later what no code uses any more, and name the file here.

    What a file makes itself, it may keep from others.
    """
    first_deploy = {"0001_core.sql", "0002_bookkeeping_records.sql"}
    later = [file for file in FILES if file.name not in first_deploy]

    assert first_deploy <= {file.name for file in FILES}
    found = [(file.name, text) for file in later for text in _taking_away(file.read_text())]
    assert found == []


@pytest.mark.parametrize("name", record_types())
def test_each_record_type_has_a_table_of_its_columns(name: str, database: Database) -> None:
    record = record_types()[name]
    rows = database.sql.execute(
        "select column_name as name, data_type as type, is_nullable = 'YES' as optional from information_schema.columns"
        " where table_name = %s and table_schema = 'public'",
        [record.table],
    ).fetchall()
    found = {row["name"]: row for row in rows}

    assert {column.name for column in record.columns()} == set(found) - OWN_COLUMNS
    for column in record.columns():
        assert found[column.name]["type"] == TYPES[column.kind], column.name
        may_be_null = type(None) in get_args(record.model_fields[column.name].annotation)
        assert found[column.name]["optional"] == may_be_null, column.name


def test_each_table_is_under_row_security_that_binds_its_owner_too(database: Database) -> None:
    rows = database.sql.execute(
        "select relname, relrowsecurity and relforcerowsecurity as secured from pg_class"
        " where relnamespace = 'public'::regnamespace and relkind = 'r'"
    ).fetchall()

    assert len(rows) > 7
    assert [row["relname"] for row in rows if not row["secured"]] == []


def test_each_unique_index_and_foreign_key_carries_org_or_account(database: Database) -> None:
    """They look past row security: without, one tenant could probe for another's rows or point at them."""
    unique = database.sql.execute(
        """
        select indexrelid::regclass::text as name, array_agg(attname::text) as columns
        from pg_index join pg_class on pg_class.oid = indexrelid join pg_attribute on attrelid = indexrelid
        where indisunique and relnamespace = 'public'::regnamespace and indrelid <> 'schema_migrations'::regclass
        group by 1
        """
    ).fetchall()
    foreign = database.sql.execute(
        """
        select conname as name, array_agg(attname::text) as columns
        from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any (conkey)
        where contype = 'f' and connamespace = 'public'::regnamespace group by 1
        """
    ).fetchall()

    assert len(unique) >= 8
    assert len(foreign) >= 5
    assert [row for row in unique + foreign if not {"org_id", "account_id"} & set(row["columns"])] == []


def test_the_functions_roles_own_nothing_and_cannot_pass_row_security(database: Database) -> None:
    roles = database.sql.execute(
        "select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as mighty, rolcanlogin"
        " from pg_roles where rolname like 'takeback\\_%'"
    ).fetchall()
    owned = database.sql.execute("select count(*) as n from pg_class where pg_get_userbyid(relowner) like 'takeback\\_%'").fetchall()

    assert {row["rolname"]: row["rolcanlogin"] for row in roles} == {
        "takeback_app": True,
        **dict.fromkeys(FUNCTION_USERS, True),
        "takeback_expiry": True,
        "takeback_operator": False,
    }
    assert not any(row["mighty"] for row in roles)
    assert owned == [{"n": 0}]
