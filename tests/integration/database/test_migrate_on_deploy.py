"""The custom resource: CloudFormation is told, whatever happens, and told which statement it was."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from takeback.stores import migrate as migrations
from takeback.stores.migrate import statements
from tests.integration.conftest import Database, Server
from tests.integration.database.calls import function
from tests.lambda_context import CONTEXT

MIGRATIONS = Path(migrations.__file__).parent / "migrations"
BROKEN = """-- A table first; the second statement is wrong.
create table half (id int, note text default 'a;b');

-- no such column
alter table half
  drop column gone;
create table never (id int);
"""


class CloudFormation(HTTPServer):
    """Takes answers as CloudFormation's bucket does; `statuses` are what it says to the first ones."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        self.statuses: list[int] = []
        super().__init__(("127.0.0.1", 0), _Answer)

    def event(self, kind: str, **more: str) -> dict[str, str]:
        url = f"http://127.0.0.1:{self.server_port}/answer?signature=x"
        return {"RequestType": kind, "ResponseURL": url, "StackId": "s", "RequestId": "r", "LogicalResourceId": "Migrations", **more}


class _Answer(BaseHTTPRequestHandler):
    server: CloudFormation  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status == 200:
            self.server.answers.append(json.loads(body))
            self.server.content_types.append(self.headers["content-type"])
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    with CloudFormation() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def fresh(server: Server, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a database without a schema, which Migrate finds in its environment."""
    del database  # its fixture sets the rest of the environment
    name = f"deploy_{os.getpid()}"
    with server.admin() as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    monkeypatch.setenv("PGDATABASE", name)
    monkeypatch.setenv("PGUSER", "postgres")
    yield server.database(name)
    with server.admin() as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of the test's own."""
    monkeypatch.setattr(migrations, "_FOLDER", tmp_path)
    return tmp_path


def test_a_deploy_applies_what_is_missing_and_says_so(fresh: str, cloudformation: CloudFormation) -> None:
    applied = function("migrate").handler(cloudformation.event("Create"), CONTEXT)["applied"]
    again = function("migrate").handler(cloudformation.event("Update", PhysicalResourceId="p"), CONTEXT)["applied"]

    assert applied == sorted(file.name for file in MIGRATIONS.glob("*.sql"))
    assert again == []
    with psycopg.connect(fresh) as db:
        assert db.execute("select count(*) from schema_migrations").fetchone() == (len(applied),)
    assert [(answer["Status"], answer["PhysicalResourceId"]) for answer in cloudformation.answers] == [
        ("SUCCESS", "takeback-test"),
        ("SUCCESS", "p"),
    ]
    assert {(answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) for answer in cloudformation.answers} == {
        ("s", "r", "Migrations")
    }
    assert set(cloudformation.content_types) == {""}


def test_a_migration_that_fails_is_taken_back_and_its_statement_is_named(fresh: str, folder: Path, cloudformation: CloudFormation) -> None:
    (folder / "0001_fine.sql").write_text("create table fine (id int);")
    (folder / "0002_broken.sql").write_text(BROKEN)

    function("migrate").handler(cloudformation.event("Update", PhysicalResourceId="p"), CONTEXT)

    (answer,) = cloudformation.answers
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "p")
    assert answer["Reason"] == (
        "0002_broken.sql, statement 2 (alter table half): UndefinedColumn 42703 "
        'column "gone" of relation "half" does not exist. Nothing of this file was kept.'
    )
    with psycopg.connect(fresh) as db:
        assert db.execute("select to_regclass('half'), to_regclass('never'), array_agg(name) from schema_migrations").fetchone() == (
            None,
            None,
            ["0001_fine.sql"],
        )
        assert db.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (0,)


def test_neither_the_reason_nor_the_log_quotes_a_value(
    fresh: str, folder: Path, cloudformation: CloudFormation, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(fresh, autocommit=True) as db:
        db.execute("create table sold (price text)")
        db.execute("insert into sold values ('canary-77')")
    (folder / "0001_cast.sql").write_text("alter table sold alter price type bigint using price::bigint;")

    function("migrate").handler(cloudformation.event("Update"), CONTEXT)

    reason = cloudformation.answers[0]["Reason"]
    assert reason.startswith("0001_cast.sql, statement 1 (alter table sold alter price type bigint using price::bigint;): Invalid")
    assert "22P02" in reason
    said = capsys.readouterr()
    assert "canary-77" not in reason + said.out + said.err


@pytest.mark.usefixtures("fresh")
def test_a_migration_that_does_not_end_is_ended_in_time_to_answer(folder: Path, cloudformation: CloudFormation) -> None:
    (folder / "0001_slow.sql").write_text("select pg_sleep(600);")
    context = SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 1})

    function("migrate").handler(cloudformation.event("Create"), context)

    (answer,) = cloudformation.answers
    assert answer["Status"] == "FAILED"
    assert "0001_slow.sql, statement 1 (select pg_sleep(600);): QueryCanceled" in answer["Reason"]


def test_a_deploy_that_waits_for_another_ones_migration_does_not_wait_for_ever(fresh: str, cloudformation: CloudFormation) -> None:
    context = SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 1})
    with psycopg.connect(fresh, autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [migrations._LOCK])
        function("migrate").handler(cloudformation.event("Create"), context)

    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert "QueryCanceled" in cloudformation.answers[0]["Reason"]


@pytest.mark.usefixtures("fresh")
def test_a_database_that_is_not_there_is_told_too(cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", "not there")

    function("migrate").handler(cloudformation.event("Create"), CONTEXT)

    assert cloudformation.answers[0]["Status"] == "FAILED"
    assert "not there" in cloudformation.answers[0]["Reason"]


def test_deleting_the_stack_asks_nothing_of_the_database(cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGHOST", raising=False)

    assert function("migrate").handler(cloudformation.event("Delete"), CONTEXT) == {"applied": []}
    assert cloudformation.answers[0]["Status"] == "SUCCESS"


@pytest.mark.usefixtures("fresh")
def test_an_event_that_lacks_names_is_answered(cloudformation: CloudFormation) -> None:
    function("migrate").handler({"ResponseURL": cloudformation.event("")["ResponseURL"]}, CONTEXT)

    assert (cloudformation.answers[0]["Status"], cloudformation.answers[0]["StackId"]) == ("SUCCESS", "")


def test_an_answer_is_sent_again_until_it_is_taken(cloudformation: CloudFormation) -> None:
    cloudformation.statuses = [503, 500]

    function("migrate").handler(cloudformation.event("Delete"), CONTEXT)

    assert len(cloudformation.answers) == 1


def test_an_answer_that_is_refused_fails_the_call_so_that_lambda_tries_again(cloudformation: CloudFormation) -> None:
    cloudformation.statuses = [403]

    with pytest.raises(RuntimeError, match="403"):
        function("migrate").handler(cloudformation.event("Delete"), CONTEXT)


@pytest.mark.usefixtures("fresh")
def test_by_hand_a_failure_is_raised(folder: Path) -> None:
    (folder / "0001_broken.sql").write_text(BROKEN)

    with pytest.raises(Exception, match="statement 2"):
        function("migrate").handler({}, CONTEXT)


def test_a_migration_is_cut_where_postgres_itself_ends_its_statements(fresh: str) -> None:
    with psycopg.connect(fresh, autocommit=True) as db:
        for file in sorted(MIGRATIONS.glob("*.sql")):
            text = file.read_text()
            found = list(statements(text))
            db.pgconn.send_query(text.encode())
            results = list(iter(db.pgconn.get_result, None))

            assert text.startswith("".join(found))
            assert {result.error_message for result in results} == {b""}
            assert len(found) == len(results)


def test_semicolons_within_texts_names_comments_and_bodies_end_nothing() -> None:
    text = """-- a; b\nselect 'x; y''; z'; /* c; d */ select "e; f"; do $body$ begin perform 1; end $body$;\n-- last; one\n"""

    assert [statement.count(";") for statement in statements(text)] == [4, 3, 2]
