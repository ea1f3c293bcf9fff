"""Each race has one right outcome. Those that can be arranged are; the others are run many times."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest

from takeback.errors import AlreadyRolledBack, ExistingRecords, LaterImport, NotCommitted, RecordsModified, RollbackExpired, Unavailable
from takeback.rules.batch import Batch, CommitRequest, RollbackRequest
from takeback.stores import commit, database, history, rollback
from tests.integration.database.racing import another_program, eventually, meanwhile, together, wait_until_blocked
from tests.integration.database.world import Person, World, order, rows_object, sale, sales

HAND_MADE = (
    "insert into bookkeeping_records (account_id, org_id, ebay_order_id, sale_date, item_name, sale_price_cents)"
    " values (%s, %s, %s, now(), 'made by hand', 5)"
)


class TestCommits:
    def test_eight_at_once_of_one_batch_write_it_once_and_answer_the_same(self, world: World, owner: Person) -> None:
        rows = sales(*map(str, range(200)))
        told, lines = order(owner, rows), rows_object(rows)

        answers = together(*[lambda: commit.commit(told, lines, rollback_window_hours=24)] * 8)

        assert all(answer == answers[0] for answer in answers), answers
        assert answers[0].inserted == 200
        assert len(world.all_rows()) == 200
        assert world.trail_of(told.batch_id) == ["created", "committed"]

    def test_of_two_files_with_the_same_orders_one_is_refused(self, world: World, owner: Person) -> None:
        for number in range(10):
            rows = sales(f"{number}-1", f"{number}-2")
            answers = together(lambda: world.commit(owner, rows), lambda: world.commit(owner, rows))  # noqa: B023
            assert sorted(type(answer).__name__ for answer in answers) == ["Batch", "ExistingRecords"], answers
        assert len(world.all_rows()) == 20

    def test_files_that_skip_and_update_the_same_orders_leave_each_order_once(self, world: World, owner: Person) -> None:
        for number in range(10):
            rows = sales(f"{number}-1", f"{number}-2")
            answers = together(
                lambda: world.commit(owner, rows, "skip"),  # noqa: B023
                lambda: world.commit(owner, [row | {"item_name": "new"} for row in rows], "update"),  # noqa: B023
                lambda: world.commit(owner, rows, "skip"),  # noqa: B023
            )
            assert sum(answer.inserted for answer in answers) == 2, answers
        assert len(world.all_rows()) == 20

    def test_one_batch_into_two_accounts_at_once_lands_in_one(self, world: World, owner: Person) -> None:
        other = world.account(owner)
        for number in range(10):
            rows = sales(str(number))
            told, lines = order(owner, rows), rows_object(rows)
            twin = told.model_copy(update={"account_id": other.account_id})
            answers = together(
                lambda: commit.commit(told, lines, rollback_window_hours=24),  # noqa: B023
                lambda: commit.commit(twin, lines, rollback_window_hours=24),  # noqa: B023
            )
            assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyCommitted", "Batch"], answers
        assert len(world.all_rows()) == 10

    def test_another_account_does_not_wait(self, world: World, owner: Person) -> None:
        with another_program(world) as program:
            program.execute("select pg_advisory_xact_lock(import_lock('account', %s))", [owner.account_id])
            assert world.commit(world.account(owner), sales("1")).inserted == 1

    @pytest.mark.parametrize(("on_existing", "counts"), [("skip", (1, 0, 1)), ("update", (1, 1, 0))])
    def test_an_order_that_another_program_adds_meanwhile_is_met(
        self, world: World, owner: Person, on_existing: str, counts: tuple[int, int, int]
    ) -> None:
        with another_program(world) as program:
            program.execute(HAND_MADE, [owner.account_id, owner.org_id, "1"])
            with meanwhile(lambda: world.commit(owner, sales("1", "2"), on_existing)) as running:
                wait_until_blocked(world)
                program.commit()
                batch = running.result()

        assert (batch.inserted, batch.updated, batch.skipped) == counts
        assert world.live(owner, "ebay_order_id", "item_name") == [
            ("1", "made by hand" if on_existing == "skip" else "Lens"),
            ("2", "Lens"),
        ]
        world.roll_back(owner, batch)
        assert world.live(owner, "ebay_order_id", "item_name") == [("1", "made by hand")]

    def test_an_order_that_another_program_adds_meanwhile_is_refused(self, world: World, owner: Person) -> None:
        with another_program(world) as program:
            program.execute(HAND_MADE, [owner.account_id, owner.org_id, "1"])
            with meanwhile(lambda: world.commit(owner, sales("1", "2"))) as running:
                wait_until_blocked(world)
                program.commit()
                with pytest.raises(ExistingRecords):
                    running.result()
        assert world.live(owner, "ebay_order_id") == [("1",)]

    def test_an_order_that_another_program_nearly_added_is_not_met(self, world: World, owner: Person) -> None:
        with another_program(world) as program:
            program.execute(HAND_MADE, [owner.account_id, owner.org_id, "1"])
            with meanwhile(lambda: world.commit(owner, sales("1", "2"))) as running:
                wait_until_blocked(world)
                program.rollback()
                assert running.result().inserted == 2

    def test_an_update_that_waited_for_an_edit_keeps_the_edit_as_what_was_there_before(self, world: World, owner: Person) -> None:
        world.commit(owner, sales("1"))
        with another_program(world) as program:
            program.execute("update bookkeeping_records set item_name = 'edited', qty = 4")
            with meanwhile(lambda: world.commit(owner, [sale("1", item_name="imported")], "update")) as running:
                wait_until_blocked(world)
                program.commit()
                batch = running.result()

        assert world.live(owner, "item_name", "qty") == [("imported", 1)]
        world.roll_back(owner, batch)
        assert world.live(owner, "item_name", "qty") == [("edited", 4)]

    def test_a_row_that_was_deleted_while_an_update_waited_for_it_is_added_anew(self, world: World, owner: Person) -> None:
        world.commit(owner, sales("1"))
        with another_program(world) as program:
            program.execute("update bookkeeping_records set deleted_at = now()")
            with meanwhile(lambda: world.commit(owner, [sale("1", item_name="imported")], "update")) as running:
                wait_until_blocked(world)
                program.commit()
                batch = running.result()

        assert (batch.inserted, batch.updated) == (1, 0)
        assert world.live(owner, "item_name") == [("imported",)]


class TestRollbacks:
    @pytest.fixture
    def batch(self, world: World, owner: Person) -> Batch:
        """Orders 1 (overwritten), 2 and 3 (created)."""
        world.commit(owner, [sale("1", item_name="old")])
        return world.commit(owner, sales("1", "2", "3"), "update")

    def test_two_at_once_undo_once_and_answer_the_same(self, world: World, owner: Person, batch: Batch) -> None:
        answers = together(*[lambda: world.roll_back(owner, batch)] * 6)

        assert all(answer == answers[0] for answer in answers), answers
        assert (answers[0].deleted, answers[0].restored) == (2, 1)
        assert world.trail(batch).count("rolled_back") == 1

    @pytest.mark.parametrize("edited", ["1", "2"])
    def test_an_edit_that_was_open_when_the_undo_began_stops_it(self, world: World, owner: Person, batch: Batch, edited: str) -> None:
        with another_program(world) as program:
            program.execute("update bookkeeping_records set qty = 8 where ebay_order_id = %s", [edited])
            with meanwhile(lambda: world.roll_back(owner, batch)) as running:
                wait_until_blocked(world)
                program.commit()
                with pytest.raises(RecordsModified) as refused:
                    running.result()

        assert refused.value.extra["modified_count"] == 1
        assert world.live(owner, "ebay_order_id", "qty") == [(name, 8 if name == edited else 1) for name in ("1", "2", "3")]
        assert world.batch(batch)["status"] == "committed"

    @pytest.mark.parametrize("edited", ["1", "2"])
    def test_an_edit_that_came_to_nothing_does_not(self, world: World, owner: Person, batch: Batch, edited: str) -> None:
        with another_program(world) as program:
            program.execute("update bookkeeping_records set qty = 8 where ebay_order_id = %s", [edited])
            with meanwhile(lambda: world.roll_back(owner, batch)) as running:
                wait_until_blocked(world)
                program.rollback()
                undone = running.result()
        assert (undone.deleted, undone.restored) == (2, 1)

    @pytest.mark.parametrize("edited", ["1", "2"])
    def test_with_force_an_open_edit_is_waited_for_and_undone(self, world: World, owner: Person, batch: Batch, edited: str) -> None:
        with another_program(world) as program:
            program.execute("update bookkeeping_records set item_name = 'edited' where ebay_order_id = %s", [edited])
            with meanwhile(lambda: world.roll_back(owner, batch, force=True)) as running:
                wait_until_blocked(world)
                program.commit()
                running.result()
        assert world.live(owner, "ebay_order_id", "item_name") == [("1", "old")]

    @pytest.mark.parametrize("edited", ["1", "2"])
    def test_with_keep_modified_an_open_edit_is_waited_for_and_kept(self, world: World, owner: Person, batch: Batch, edited: str) -> None:
        with another_program(world) as program:
            program.execute("update bookkeeping_records set item_name = 'edited' where ebay_order_id = %s", [edited])
            with meanwhile(lambda: world.roll_back(owner, batch, keep_modified=True)) as running:
                wait_until_blocked(world)
                program.commit()
                undone = running.result()

        left = {"1": [("1", "edited")], "2": [("1", "old"), ("2", "edited")]}[edited]
        assert world.live(owner, "ebay_order_id", "item_name") == left
        assert undone.kept == 1
        assert len(undone.kept_record_ids) == 1

    def test_an_edit_that_stays_open_is_not_waited_for_for_ever(
        self, world: World, owner: Person, batch: Batch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(database._OPTIONS, "lock_timeout", "200ms")
        database.close()
        before = world.all_rows()
        with another_program(world) as program:
            program.execute("update bookkeeping_records set qty = 8 where ebay_order_id = '2'")
            with pytest.raises(Unavailable):
                world.roll_back(owner, batch)
        assert world.all_rows() == before
        assert world.roll_back(owner, batch).status == "rolled_back"

    def test_an_undo_that_waited_past_its_time_is_too_late(self, world: World, owner: Person, batch: Batch) -> None:
        """The window is judged under the lock, not at the door."""
        with another_program(world) as program:
            program.execute("select pg_advisory_xact_lock(import_lock('batch', %s))", [batch.batch_id])
            world.database.sql.execute(
                "update import_batches set rollback_until = clock_timestamp() + interval '300 ms' where batch_id = %s", [batch.batch_id]
            )
            with meanwhile(lambda: world.roll_back(owner, batch)) as running:
                wait_until_blocked(world)
                time.sleep(0.35)
                program.rollback()
                with pytest.raises(RollbackExpired):
                    running.result()
        assert len(world.live(owner)) == 3

    def test_against_another_commit_of_the_same_batch_there_is_one_end(self, world: World, owner: Person) -> None:
        for number in range(10):
            rows = sales(str(number))
            told, lines = order(owner, rows), rows_object(rows)
            commit.commit(told, lines, rollback_window_hours=24)
            again, undone = together(
                lambda: commit.commit(told, lines, rollback_window_hours=24),  # noqa: B023
                lambda: rollback.rollback(owner.user_id, told.batch_id, RollbackRequest()),  # noqa: B023
            )
            assert undone.status == "rolled_back"
            assert isinstance(again, AlreadyRolledBack) or again.status == "committed"
        assert world.live(owner) == []

    def test_against_the_first_commit_of_the_batch_there_is_one_end(self, world: World, owner: Person) -> None:
        for number in range(10):
            rows = sales(str(number))
            told, lines = order(owner, rows), rows_object(rows)
            done, undone = together(
                lambda: commit.commit(told, lines, rollback_window_hours=24),  # noqa: B023
                lambda: rollback.rollback(owner.user_id, told.batch_id, RollbackRequest()),  # noqa: B023
            )
            assert done.status == "committed"
            expected = 0 if isinstance(undone, Batch) else 1
            assert len([row for row in world.live(owner) if row["ebay_order_id"] == str(number)]) == expected, undone
            assert isinstance(undone, Batch) or type(undone).__name__ in {"NotFound", NotCommitted.__name__}

    def test_against_a_later_import_of_the_same_orders_there_are_two_ends(self, world: World, owner: Person) -> None:
        seen = set()
        for number in range(20):
            rows = [sale(f"{number}-{line}", item_name="old") for line in range(20)]
            first = world.commit(owner, rows)
            undone, second = together(
                lambda: world.roll_back(owner, first),  # noqa: B023
                lambda: world.commit(owner, [row | {"item_name": "new"} for row in rows], "update"),  # noqa: B023
            )
            mine = [row for row in world.live(owner) if row["ebay_order_id"].startswith(f"{number}-")]
            assert {row["item_name"] for row in mine} == {"new"}
            assert len(mine) == 20
            if isinstance(undone, LaterImport):
                assert (second.updated, second.inserted) == (20, 0)
            else:
                assert (undone.deleted, second.updated, second.inserted) == (20, 0, 20)
            seen.add(type(undone).__name__)
        assert seen <= {"LaterImport", "Batch"}


class TestExpiry:
    def test_against_an_undo_at_the_very_end_there_are_two_ends(self, world: World, owner: Person) -> None:
        ends = []
        for number in range(30):
            batch = world.commit(owner, sales(str(number)))
            world.database.sql.execute(
                "update import_batches set rollback_until = clock_timestamp() + make_interval(secs => %s) where batch_id = %s",
                [(number % 10) * 0.001, batch.batch_id],
            )
            undone, _ = together(lambda: world.roll_back(owner, batch), lambda: _tidy(world))  # noqa: B023
            trail = world.trail(batch)
            if isinstance(undone, Batch):
                # Judged in time under the lock; the stamp is a moment later.
                assert undone.rolled_back_at - undone.rollback_until < timedelta(seconds=1)
                assert "rollback_expired" not in trail
            else:
                assert isinstance(undone, RollbackExpired)
                assert len(world.live(owner)) == 1
                world.delete(owner, str(number))
            ends.append(isinstance(undone, Batch))
        assert not all(ends)

    def test_twice_at_once_closes_each_window_once(self, world: World, owner: Person) -> None:
        batches = [world.commit(owner, sales(str(number))) for number in range(20)]
        world.database.sql.execute("update import_batches set rollback_until = clock_timestamp()")

        closed = together(*[lambda: _tidy(world)] * 4)

        assert sum(closed) == 20
        assert all(world.trail(batch) == ["created", "committed", "rollback_expired"] for batch in batches)

    def test_a_batch_that_is_being_undone_is_left_alone(self, world: World, owner: Person) -> None:
        world.commit(owner, sales("other"))
        batch = world.commit(owner, sales("1"))
        with another_program(world) as program:
            program.execute("update bookkeeping_records set qty = 2 where ebay_order_id = '1'")
            with meanwhile(lambda: world.roll_back(owner, batch, force=True)) as running:
                wait_until_blocked(world)
                world.database.sql.execute(
                    "update import_batches set rollback_until = clock_timestamp() where batch_id <> %s", [batch.batch_id]
                )
                assert _tidy(world) == 1
                program.rollback()
                assert running.result().status == "rolled_back"

    def test_the_clock_of_the_function_does_not_matter(self, world: World, owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        now = world.database.sql.execute("select clock_timestamp() as now").fetchall()[0]["now"]
        monkeypatch.setattr(time, "time", lambda: 0.0)
        batch = world.commit(owner, sales("1"))
        monkeypatch.setattr(time, "time", lambda: 4e9)

        assert batch.committed_at - now < timedelta(minutes=1)
        assert world.roll_back(owner, batch).rolled_back_at - now < timedelta(minutes=1)


def _tidy(world: World) -> int:
    """One run of the schedule on a connection of its own."""
    with another_program(world) as program:
        program.execute("set role takeback_expiry")
        closed = program.execute("select disable_old_import_rollbacks() as n").fetchall()[0]["n"]
        program.commit()
        return closed


@pytest.mark.usefixtures("world")
def test_progress_of_a_long_load_is_seen_by_others(owner: Person) -> None:
    rows = sales(*map(str, range(20_000)))
    told = order(owner, rows)
    asked = CommitRequest(batch_id=told.batch_id, revision=told.revision, account_id=told.account_id)
    _, job = commit.accept(told, asked)
    seen = []

    def slowly() -> Iterator[bytes]:
        for number, line in enumerate(rows_object(rows)):
            yield line
            if number == 15_000:
                eventually(lambda: seen.append(history.batch(owner.user_id, told.batch_id).progress) or seen[-1].rows > 0)

    assert job is not None
    batch = commit.commit(told, slowly(), rollback_window_hours=24, job_id=UUID(job["id"]))

    assert seen[-1].phase == "loading"
    assert 0 < seen[-1].rows <= 15_001
    assert batch.progress is None
    assert commit.accept(told, asked)[1] is None
