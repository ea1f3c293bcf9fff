"""Faults that are really produced. After each: all rows of a batch or none, and the same request again settles it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from local.postgres import Postgres
from takeback.errors import AlreadyRolledBack, Unavailable
from takeback.rules.commit_order import CommitOrder
from takeback.stores import commit, database, history
from takeback.stores.database import transaction
from takeback.stores.migrate import migrate
from tests.integration.conftest import ALL_FUNCTIONS, Database, Server, let_one_take_every_part
from tests.integration.database.racing import another_program, eventually, meanwhile, wait_until_blocked
from tests.integration.database.wire import Wire, wire
from tests.integration.database.world import Person, World, order, rows_object, sale, sales

ROOT = Path(__file__).parents[3]
DEATHS = int(os.environ.get("DEATHS", "100"))


class Mortal:
    """The program of mortal.py: it commits and dies as told."""

    def __init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.database.mortal"],
            cwd=ROOT,
            env=os.environ | {"PGUSER": "takeback_commit", "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def commit(self, told: CommitOrder, lines: list[bytes], **die: Any) -> dict[str, int]:
        return self._ask({"told": told.model_dump(mode="json"), "lines": [line.decode() for line in lines], "die": die})

    def wait(self, pid: int) -> dict[str, int]:
        return self._ask({"wait": pid})

    def _ask(self, instruction: dict[str, Any]) -> dict[str, int]:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(instruction) + "\n")
        self._program.stdin.flush()
        return json.loads(self._program.stdout.readline())

    def close(self) -> None:
        self._program.communicate(timeout=30)


@pytest.fixture
def mortal(database: Database) -> Iterator[Mortal]:  # noqa: ARG001 - its environment is the program's
    program = Mortal()
    yield program
    program.close()


def assert_all_or_nothing(world: World, told: CommitOrder) -> None:
    """A batch has all its rows, or there is nothing of it."""
    rows = [row for row in world.all_rows() if row["import_batch_id"] == told.batch_id]
    batch = world.database.sql.execute("select * from import_batches where batch_id = %s", [told.batch_id]).fetchall()
    assert (len(rows), [(row["status"], row["inserted"]) for row in batch]) in [
        (0, []),
        (told.row_count, [("committed", told.row_count)]),
    ]


def connections(world: World) -> int:
    return world.database.sql.execute(
        "select count(*) as n from pg_stat_activity where usename in ('takeback_commit', %s) and datname = %s",
        [ALL_FUNCTIONS, world.database.name],
    ).fetchall()[0]["n"]


class TestTheProcessDies:
    def test_killed_at_a_random_row_of_the_load(self, world: World, owner: Person, mortal: Mortal) -> None:
        draw = random.Random(6)  # noqa: S311 - a repeatable draw
        rows = sales(*map(str, range(500)))
        for _ in range(DEATHS):
            told, lines = order(owner, rows), rows_object(rows)
            ended = mortal.commit(told, lines, at=draw.randint(0, len(lines)), by=signal.SIGKILL)
            assert ended == {"ended": -signal.SIGKILL}
            assert_all_or_nothing(world, told)
        eventually(lambda: connections(world) == 0)
        assert world.all_rows() == []
        assert commit.commit(told, lines, rollback_window_hours=24).inserted == 500
        assert_all_or_nothing(world, told)

    def test_killed_between_commit_and_the_answer(self, world: World, owner: Person, mortal: Mortal) -> None:
        told, lines = order(owner, sales("1", "2")), rows_object(sales("1", "2"))

        assert mortal.commit(told, lines, after_commit=True) == {"ended": -signal.SIGKILL}

        assert_all_or_nothing(world, told)
        again = commit.commit(told, lines, rollback_window_hours=24)
        assert again == history.batch(owner.user_id, told.batch_id)
        assert (again.inserted, world.trail(again)) == (2, ["created", "committed"])

    def test_frozen_in_the_middle_of_the_load_it_is_in_nobodys_way(self, world: World, owner: Person, mortal: Mortal) -> None:
        rows = sales(*map(str, range(5000)))
        told, lines = order(owner, rows), rows_object(rows)
        frozen = mortal.commit(told, lines, at=2500, by=signal.SIGSTOP)["frozen"]
        try:
            assert connections(world) == 1
            # Nothing waits for it: not the same batch, nor the account, nor an undo, nor the schedule.
            batch = commit.commit(told, lines, rollback_window_hours=24)
            assert batch.inserted == 5000
            assert world.roll_back(owner, batch).deleted == 5000
            assert world.tidy()["ended"] == 0
            with pytest.raises(AlreadyRolledBack):
                commit.commit(told, lines, rollback_window_hours=24)
        finally:
            os.kill(frozen, signal.SIGCONT)
        assert mortal.wait(frozen) == {"ended": 1}
        assert world.live(owner) == []

    def test_the_schedule_ends_a_frozen_one_that_no_lambda_can_be(self, world: World, owner: Person, mortal: Mortal) -> None:
        rows = sales(*map(str, range(5000)))
        told, lines = order(owner, rows), rows_object(rows)
        frozen = mortal.commit(told, lines, at=2500, by=signal.SIGSTOP)["frozen"]
        try:
            with another_program(world) as program:
                program.execute("set role takeback_expiry")
                assert program.execute("select end_stuck_backends('1 hour') as n").fetchall() == [{"n": 0}]
                assert program.execute("select end_stuck_backends('0 s') as n").fetchall() == [{"n": 1}]
            eventually(lambda: connections(world) == 0)
        finally:
            os.kill(frozen, signal.SIGCONT)
        assert mortal.wait(frozen) == {"ended": 1}
        assert_all_or_nothing(world, told)
        assert commit.commit(told, lines, rollback_window_hours=24).inserted == 5000


@pytest.fixture
def cut(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The functions reach the database by a wire that can be cut."""
    with wire(os.environ["PGHOST"], int(os.environ["PGPORT"])) as made:
        monkeypatch.setenv("PGHOST", "127.0.0.1")
        monkeypatch.setenv("PGPORT", str(made.port))
        monkeypatch.setenv("PGSSLMODE", "disable")
        monkeypatch.setenv("PGGSSENCMODE", "disable")
        database.close()
        assert world.live
        yield made
        database.close()


class TestTheWireIsCut:
    def test_the_answer_to_a_commit_is_lost_and_the_commit_is_told_as_it_is(self, world: World, owner: Person, cut: Wire) -> None:
        told, lines = order(owner, sales("1", "2")), rows_object(sales("1", "2"))
        cut.cut_at_commit = "after"

        batch = commit.commit(told, lines, rollback_window_hours=24)

        assert cut.cuts == 1
        assert (batch.status, batch.inserted) == ("committed", 2)
        assert_all_or_nothing(world, told)

    def test_the_word_commit_is_lost_and_nothing_is_there(self, world: World, owner: Person, cut: Wire) -> None:
        told, lines = order(owner, sales("1", "2")), rows_object(sales("1", "2"))
        cut.cut_at_commit = "before"

        with pytest.raises(Unavailable):
            commit.commit(told, lines, rollback_window_hours=24)

        assert cut.cuts == 1
        assert world.all_rows() == []
        assert commit.commit(told, lines, rollback_window_hours=24).inserted == 2

    def test_the_answer_to_a_rollback_is_lost_and_the_rollback_is_told_as_it_is(self, world: World, owner: Person, cut: Wire) -> None:
        batch = world.commit(owner, sales("1", "2"))
        cut.cut_at_commit = "after"

        undone = world.roll_back(owner, batch)

        assert cut.cuts == 1
        assert (undone.status, undone.deleted) == ("rolled_back", 2)
        assert world.live(owner) == []
        assert world.trail(batch).count("rolled_back") == 1

    def test_the_word_commit_of_a_rollback_is_lost_and_nothing_is_undone(self, world: World, owner: Person, cut: Wire) -> None:
        batch = world.commit(owner, sales("1", "2"))
        cut.cut_at_commit = "before"

        with pytest.raises(Unavailable):
            world.roll_back(owner, batch)

        assert len(world.live(owner)) == 2
        assert world.roll_back(owner, batch).deleted == 2


class TestTheServerGoes:
    @pytest.fixture
    def restarting(self, data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Postgres, World]]:
        with Postgres(data_folder) as server:  # durable: it will crash
            with psycopg.connect(server.url(), autocommit=True) as connection:
                migrate(connection)
                let_one_take_every_part(connection)
            looking = psycopg.connect(server.url(), autocommit=True, row_factory=dict_row)
            given = Database(Server(server.url(), server), "postgres", looking)
            for variable, value in given.environment().items():
                monkeypatch.setenv(variable, value)
            database.close()
            yield server, World(given)
            database.close()
            looking.close()

    @pytest.mark.parametrize("mode", ["fast", "immediate"])
    def test_it_restarts_in_the_middle_of_a_load_and_of_an_undo(self, restarting: tuple[Postgres, World], mode: str) -> None:
        server, world = restarting
        owner = world.person()
        rows = sales(*map(str, range(2000)))
        told, lines = order(owner, rows), rows_object(rows)

        def restart() -> None:
            server.stop(mode)
            server.start()

        def interrupted() -> Iterator[bytes]:
            yield from lines[:1000]
            restart()
            yield from lines[1000:]

        with pytest.raises(Unavailable):
            commit.commit(told, interrupted(), rollback_window_hours=24)
        batch = commit.commit(told, lines, rollback_window_hours=24)
        assert batch.inserted == 2000
        restart()
        # The connection that was kept is dead, which nobody notices.
        assert history.batch(owner.user_id, told.batch_id) == batch
        with contextlib.closing(psycopg.connect(server.url())) as program:
            program.execute("update bookkeeping_records set qty = 2 where ebay_order_id = '7'")
            with meanwhile(lambda: world.roll_back(owner, batch)) as running:
                waiting = "select count(*) from pg_stat_activity where usename = %s and wait_event_type = 'Lock'"
                with psycopg.connect(server.url(), autocommit=True) as looking:
                    eventually(lambda: looking.execute(waiting, [ALL_FUNCTIONS]).fetchall()[0][0] == 1)
                restart()
                with pytest.raises(Unavailable):
                    running.result()
        assert world.roll_back(owner, batch).deleted == 2000

    def test_while_it_is_down_the_answer_is_try_again(self, restarting: tuple[Postgres, World]) -> None:
        server, world = restarting
        owner = world.person()
        batch = world.commit(owner, sales("1"))
        server.stop()
        for attempt in (
            lambda: world.commit(owner, sales("2")),
            lambda: world.roll_back(owner, batch),
            lambda: history.batch(owner.user_id, batch.batch_id),
        ):
            with pytest.raises(Unavailable):
                attempt()
        server.start()
        assert history.batch(owner.user_id, batch.batch_id) == batch


class TestTheConnection:
    def test_ended_in_the_middle_of_a_load(self, world: World, owner: Person) -> None:
        rows = sales(*map(str, range(3000)))
        told, lines = order(owner, rows), rows_object(rows)

        def ended() -> Iterator[bytes]:
            yield from lines[:1500]
            _end_connections(world)
            yield from lines[1500:]

        with pytest.raises(Unavailable):
            commit.commit(told, ended(), rollback_window_hours=24)
        assert_all_or_nothing(world, told)
        assert commit.commit(told, lines, rollback_window_hours=24).inserted == 3000

    def test_ended_while_it_was_kept_it_is_replaced(self, world: World, owner: Person) -> None:
        with transaction(owner.user_id) as db:
            before = db.info.backend_pid
        _end_connections(world)
        with transaction(owner.user_id) as db:
            assert db.info.backend_pid != before
            assert db.execute("select my_orgs() as mine").fetchall() == [{"mine": [owner.org_id]}]

    def test_ended_while_it_waited_for_a_lock(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))
        with another_program(world) as program:
            program.execute("select pg_advisory_xact_lock(import_lock('batch', %s))", [batch.batch_id])
            with meanwhile(lambda: world.roll_back(owner, batch)) as running:
                wait_until_blocked(world)
                _end_connections(world)
                with pytest.raises(Unavailable):
                    running.result()
        assert world.roll_back(owner, batch).deleted == 1

    def test_none_left(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))
        database.close()
        with contextlib.ExitStack() as taken:
            with contextlib.suppress(psycopg.OperationalError):
                for _ in range(500):
                    taken.enter_context(psycopg.connect(world.database.url(ALL_FUNCTIONS)))
            for attempt in (
                lambda: world.commit(owner, sales("2")),
                lambda: world.roll_back(owner, batch),
                lambda: history.batch(owner.user_id, batch.batch_id),
            ):
                with pytest.raises(Unavailable):
                    attempt()
        eventually(lambda: connections(world) == 0)
        assert world.commit(owner, sales("2")).inserted == 1

    def test_a_statement_that_takes_too_long_is_given_up(self, world: World, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(database._OPTIONS, "statement_timeout", "100ms")
        database.close()
        with pytest.raises(Unavailable), transaction(owner.user_id) as db:
            db.execute("select pg_sleep(5)")
        assert world.commit(owner, sales("1")).inserted == 1

    def test_a_function_that_goes_to_sleep_inside_a_transaction_frees_its_locks(
        self, world: World, owner: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(database._OPTIONS, "idle_in_transaction_session_timeout", "200ms")
        database.close()
        batch = world.commit(owner, sales("1"))

        def sleep_in_between() -> None:
            with transaction(owner.user_id) as db:
                db.execute("select pg_advisory_xact_lock(import_lock('batch', %s))", [batch.batch_id])
                with meanwhile(lambda: world.roll_back(owner, batch)) as running:
                    assert running.result().deleted == 1
                db.execute("select 1")

        with pytest.raises(Unavailable):
            sleep_in_between()

    def test_a_lost_answer_is_looked_for_only_when_the_old_connection_is_done(self, world: World, owner: Person, cut: Wire) -> None:
        """The commit may still be under way when its connection breaks. It holds the batch's lock until it is done."""
        told, lines = order(owner, [sale("1")]), rows_object([sale("1")])
        world.database.sql.execute(
            """
            create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.5); return null; end';
            create constraint trigger slow after insert on import_batches deferrable initially deferred
              for each row execute function slow();
            """
        )
        try:
            cut.cut_at_commit = "after"
            batch = commit.commit(told, lines, rollback_window_hours=24)
        finally:
            world.database.sql.execute("drop trigger slow on import_batches; drop function slow")
        assert batch.inserted == 1


def _end_connections(world: World) -> None:
    ended = world.database.sql.execute(
        "select pg_terminate_backend(pid, 5000) as ended from pg_stat_activity where usename = %s and datname = %s",
        [ALL_FUNCTIONS, world.database.name],
    ).fetchall()
    assert ended
