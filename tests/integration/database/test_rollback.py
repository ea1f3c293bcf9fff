from __future__ import annotations

from uuid import uuid4

import pytest
from pydantic import ValidationError

from takeback.errors import (
    Forbidden,
    LaterImport,
    NotCommitted,
    NotFound,
    RecordsModified,
    RollbackDisabled,
    RollbackExpired,
)
from takeback.rules.batch import Batch, RollbackRequest
from takeback.stores import rollback

from .world import Person, World, sale, sales

BUSINESS = ("ebay_order_id", "item_name", "sale_price_cents")


@pytest.fixture
def two(world: World, owner: Person) -> tuple[Batch, Batch]:
    """An import of orders 1 and 2, and a later one that overwrites 2 and adds 3."""
    first = world.commit(owner, [sale("1"), sale("2", item_name="old", order_remark="mine")], filename="first.csv")
    second = world.commit(
        owner,
        [sale("2", item_name="new"), sale("3")],
        "update",
        fields=["ebay_order_id", "sale_date", "item_name", "sale_price_cents"],
        filename="second.csv",
    )
    return first, second


def test_what_was_created_is_soft_deleted_and_stays_as_it_was_otherwise(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1", "2"))
    before = world.all_rows()

    undone = world.roll_back(owner, batch)

    assert (undone.status, undone.deleted, undone.restored, undone.kept) == ("rolled_back", 2, 0, 0)
    assert (undone.rolled_back_by, undone.can_rollback) == (owner.user_id, False)
    after = world.all_rows()
    assert [row["deleted_at"] for row in after] == [undone.rolled_back_at] * 2
    moves = {"deleted_at", "updated_at", "row_version"}
    assert [{k: v for k, v in row.items() if k not in moves} for row in after] == [
        {k: v for k, v in row.items() if k not in moves} for row in before
    ]
    assert world.trail(batch) == ["created", "committed", "rolled_back"]


def test_what_was_overwritten_is_exactly_as_before(world: World, owner: Person) -> None:
    world.commit(owner, [sale("1", item_name="old", order_remark="mine", ebay_fees_cents=3, sale_date="2025-12-31"), sale("2")])
    world.edit(owner, "2", qty=9)
    before = world.all_rows()
    batch = world.commit(owner, [sale("1", item_name="new"), sale("2", sale_price_cents=1), sale("3")], "update")

    undone = world.roll_back(owner, batch)

    assert (undone.deleted, undone.restored) == (1, 2)
    assert [row for row in world.all_rows() if row["deleted_at"] is None] == before


def test_a_second_rollback_gives_the_same_answer(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1"))

    assert world.roll_back(owner, batch) == world.roll_back(owner, batch, force=True)
    assert world.trail(batch).count("rolled_back") == 1


def test_an_import_after_an_undo_works_and_never_meets_what_was_undone(world: World, owner: Person) -> None:
    for _ in range(3):
        batch = world.commit(owner, sales("1", "2"))
        assert (batch.inserted, batch.updated) == (2, 0)
        world.roll_back(owner, batch)
    again = world.commit(owner, sales("1", "2"), "update")

    assert (again.inserted, again.updated) == (2, 0)
    assert len(world.all_rows()) == 8


def test_an_edited_row_stops_the_undo_and_nothing_is_changed(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1", "2"))
    world.edit(owner, "2", item_name="edited")
    before = world.all_rows()

    with pytest.raises(RecordsModified) as refused:
        world.roll_back(owner, batch)

    assert refused.value.extra == {
        "modified_count": 1,
        "modified_record_ids": [str(world.live(owner)[1]["record_id"])],
        "requires_confirmation": True,
    }
    assert world.all_rows() == before
    assert world.batch(batch)["status"] == "committed"
    assert world.trail(batch)[-1] == "rollback_refused"


def test_an_edit_that_changes_nothing_or_is_taken_back_counts_too(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1", "2"))
    world.edit(owner, "1", item_name="Lens")
    world.edit(owner, "2", qty=2)
    world.edit(owner, "2", qty=1)

    with pytest.raises(RecordsModified) as refused:
        world.roll_back(owner, batch)
    assert refused.value.extra["modified_count"] == 2


def test_a_row_changed_more_than_a_second_later_counts_even_when_its_version_did_not_move(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1", "2"))
    with world.database.sql.transaction():
        world.database.sql.execute("set local session_replication_role = replica")  # a writer that fires no trigger
        world.database.sql.execute("update bookkeeping_records set updated_at = updated_at + interval '1.5 s' where ebay_order_id = '1'")
        world.database.sql.execute("update bookkeeping_records set updated_at = updated_at + interval '0.5 s' where ebay_order_id = '2'")

    with pytest.raises(RecordsModified) as refused:
        world.roll_back(owner, batch)
    assert refused.value.extra["modified_count"] == 1


def test_a_hundred_edited_rows_are_listed_and_all_are_counted(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales(*map(str, range(130))))
    world.database.sql.execute("update bookkeeping_records set qty = 2")

    with pytest.raises(RecordsModified) as refused:
        world.roll_back(owner, batch)
    assert refused.value.extra["modified_count"] == 130
    assert len(refused.value.extra["modified_record_ids"]) == 100


def test_force_undoes_edited_rows_too(world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
    world.edit(owner, "2", item_name="edited", qty=5)
    world.edit(owner, "3", item_name="edited")

    undone = world.roll_back(owner, two[1], force=True)

    assert (undone.deleted, undone.restored, undone.kept) == (1, 1, 0)
    # qty was not the import's: the edit of it is nobody's to take back.
    assert world.live(owner, *BUSINESS, "qty", "order_remark") == [("1", "Lens", 1000, 1, None), ("2", "old", 1000, 5, "mine")]
    (row,) = (row for row in world.live(owner) if row["ebay_order_id"] == "2")
    assert row["row_version"] == 4


def test_keep_modified_undoes_all_but_the_edited_rows_and_lists_them(world: World, owner: Person) -> None:
    world.commit(owner, [sale("1", item_name="old"), sale("2", item_name="old")])
    batch = world.commit(owner, [sale("1"), sale("2"), sale("3"), sale("4")], "update")
    world.edit(owner, "1", qty=2)
    world.edit(owner, "3", qty=2)
    kept_ids = {row["record_id"] for row in world.live(owner) if row["ebay_order_id"] in {"1", "3"}}

    undone = world.roll_back(owner, batch, keep_modified=True)

    assert (undone.deleted, undone.restored, undone.kept) == (1, 1, 2)
    assert set(undone.kept_record_ids) == kept_ids
    assert world.live(owner, "ebay_order_id", "item_name", "qty") == [("1", "Lens", 2), ("2", "old", 1), ("3", "Lens", 2)]
    assert world.roll_back(owner, batch) == undone


def test_force_and_keep_modified_contradict_each_other() -> None:
    with pytest.raises(ValidationError, match="ask for one of them"):
        RollbackRequest(force=True, keep_modified=True)


def test_a_row_that_somebody_deleted_stays_deleted(world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
    world.delete(owner, "2")
    world.delete(owner, "3")
    deleted_at = {row["ebay_order_id"]: row["deleted_at"] for row in world.all_rows()}

    with pytest.raises(RecordsModified):
        world.roll_back(owner, two[1])
    undone = world.roll_back(owner, two[1], force=True)

    assert (undone.deleted, undone.restored) == (0, 1)
    assert world.live(owner, "ebay_order_id") == [("1",)]
    after = {row["ebay_order_id"]: row for row in world.all_rows()}
    assert {name: row["deleted_at"] for name, row in after.items()} == deleted_at
    assert after["2"]["item_name"] == "old"


def test_a_row_that_was_removed_altogether_is_listed_as_kept(world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
    world.database.sql.execute("delete from bookkeeping_records where ebay_order_id = '2'")

    with pytest.raises(RecordsModified):
        world.roll_back(owner, two[1])
    undone = world.roll_back(owner, two[1], force=True)

    assert (undone.deleted, undone.restored, undone.kept) == (1, 0, 1)
    assert world.live(owner, "ebay_order_id") == [("1",)]


class TestImportsOnImports:
    def test_the_later_import_comes_first_and_then_the_earlier_one(self, world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
        first, second = two
        before = world.all_rows()
        for asked in ({}, {"force": True}, {"dry_run": True}):
            with pytest.raises(LaterImport) as refused:
                world.roll_back(owner, first, **asked)
            assert refused.value.extra["later_import"]["batch_id"] == str(second.batch_id)
            assert refused.value.extra["later_import"]["filename"] == "second.csv"
            assert "second.csv" in refused.value.detail
            assert world.all_rows() == before

        world.roll_back(owner, second)
        undone = world.roll_back(owner, first)

        assert (undone.deleted, undone.restored) == (2, 0)
        assert world.live(owner) == []

    def test_the_later_one_alone_leaves_the_earlier_one_as_it_wrote_it(self, world: World, owner: Person) -> None:
        first = world.commit(owner, sales("1", "2"))
        before = world.all_rows()
        second = world.commit(owner, [sale("1", item_name="new")], "update")
        world.roll_back(owner, second)

        assert world.all_rows() == before
        assert world.roll_back(owner, first).deleted == 2

    def test_keep_modified_leaves_what_the_later_one_took_over(self, world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
        first, second = two
        undone = world.roll_back(owner, first, keep_modified=True)

        assert (undone.deleted, undone.kept) == (1, 1)
        assert world.live(owner, *BUSINESS) == [("2", "new", 1000), ("3", "Lens", 1000)]
        world.roll_back(owner, second)
        assert world.live(owner, *BUSINESS) == [("2", "old", 1000)]

    def test_three_on_top_of_each_other_come_off_from_the_top(self, world: World, owner: Person) -> None:
        batches = [world.commit(owner, [sale("1", item_name=name)], "update") for name in ("a", "b", "c")]
        with pytest.raises(LaterImport) as refused:
            world.roll_back(owner, batches[0])
        assert refused.value.extra["later_import"]["batch_id"] == str(batches[2].batch_id)

        seen = []
        for batch in reversed(batches):
            world.roll_back(owner, batch)
            seen.append(world.live(owner, "item_name", "row_version"))
        assert seen == [[("b", 2)], [("a", 1)], []]

    def test_a_later_import_that_was_undone_is_not_in_the_way_even_where_it_kept_an_edit(self, world: World, owner: Person) -> None:
        first = world.commit(owner, [sale("1", item_name="a")])
        second = world.commit(owner, [sale("1", item_name="b")], "update")
        world.edit(owner, "1", qty=7)
        world.roll_back(owner, second, keep_modified=True)

        with pytest.raises(RecordsModified):
            world.roll_back(owner, first)
        assert world.roll_back(owner, first, force=True).deleted == 1

    def test_a_later_import_that_found_the_row_equal_is_not_in_the_way(self, world: World, owner: Person) -> None:
        first = world.commit(owner, sales("1"))
        second = world.commit(owner, sales("1"), "update")

        assert world.roll_back(owner, first).deleted == 1
        assert world.roll_back(owner, second).restored == 1
        assert world.live(owner) == []

    def test_an_edit_before_the_later_import_is_still_an_edit_afterwards(self, world: World, owner: Person) -> None:
        first = world.commit(owner, [sale("1", item_name="a")])
        world.edit(owner, "1", item_name="edited")
        second = world.commit(owner, [sale("1", item_name="b")], "update")
        world.roll_back(owner, second)

        assert world.live(owner, "item_name") == [("edited",)]
        with pytest.raises(RecordsModified):
            world.roll_back(owner, first)


class TestDryRun:
    def test_it_changes_nothing_and_counts_what_an_undo_does(self, world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
        before = world.all_rows()

        told = world.roll_back(owner, two[1], dry_run=True)

        assert told.dry_run
        assert told.status == "committed"
        assert told.would_undo is not None
        assert world.all_rows() == before
        assert world.trail(two[1]) == ["created", "committed"]
        undone = world.roll_back(owner, two[1])
        assert (told.would_undo.deleted, told.would_undo.restored, told.would_undo.kept, told.would_undo.lost) == (
            undone.deleted,
            undone.restored,
            0,
            0,
        )

    def test_it_shows_before_imported_and_now_of_what_would_be_lost(self, world: World, owner: Person, two: tuple[Batch, Batch]) -> None:
        world.edit(owner, "2", item_name="edited")
        world.edit(owner, "3", item_name="edited too", qty=4)

        told = world.roll_back(owner, two[1], dry_run=True).would_undo

        assert told is not None
        assert (told.deleted, told.restored, told.kept, told.lost) == (1, 1, 0, 2)
        restored, deleted = sorted(told.records, key=lambda row: row.identity)
        assert (restored.action, restored.edited, deleted.action, deleted.edited) == ("restore", True, "delete", True)
        assert [(cell.field, cell.before, cell.imported, cell.now) for cell in restored.columns] == [("item_name", "old", "new", "edited")]
        cells = {cell.field: (cell.before, cell.imported, cell.now) for cell in deleted.columns}
        assert cells["item_name"] == (None, "Lens", "edited too")
        assert cells["qty"] == (None, 1, 4)

    @pytest.mark.parametrize("asked", [{"force": True}, {"keep_modified": True}])
    def test_it_counts_the_same_as_the_real_one_when_rows_were_edited(
        self, world: World, owner: Person, two: tuple[Batch, Batch], asked: dict[str, bool]
    ) -> None:
        world.edit(owner, "2", qty=2)
        world.edit(owner, "3", qty=2)
        told = world.roll_back(owner, two[1], dry_run=True, **asked).would_undo
        undone = world.roll_back(owner, two[1], **asked)

        assert told is not None
        assert (told.deleted, told.restored, told.kept) == (undone.deleted, undone.restored, undone.kept)
        assert told.lost == (2 if asked.get("force") else 0)

    def test_it_lists_a_hundred_records_the_edited_ones_first(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales(*(f"{number:03}" for number in range(150))))
        world.edit(owner, "149", qty=2)

        told = world.roll_back(owner, batch, dry_run=True).would_undo

        assert told is not None
        assert len(told.records) == 100
        assert told.records[0].identity == "149"


class TestWindow:
    def test_after_24_hours_it_is_too_late(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))
        world.database.sql.execute("update import_batches set rollback_until = clock_timestamp()")

        for asked in ({}, {"force": True}, {"dry_run": True}):
            with pytest.raises(RollbackExpired):
                world.roll_back(owner, batch, **asked)
        assert len(world.live(owner)) == 1

    def test_given_up_is_given_up(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))

        given_up = rollback.disable(owner.user_id, batch.batch_id)

        assert not given_up.can_rollback
        assert given_up.rollback_closed_by == owner.user_id
        assert rollback.disable(owner.user_id, batch.batch_id) == given_up
        with pytest.raises(RollbackDisabled):
            world.roll_back(owner, batch)
        world.database.sql.execute("update import_batches set rollback_until = clock_timestamp()")
        with pytest.raises(RollbackDisabled):
            world.roll_back(owner, batch, force=True)
        assert world.trail(batch) == ["created", "committed", "rollback_disabled", "rollback_refused", "rollback_refused"]

    def test_what_was_undone_cannot_be_given_up(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))
        world.roll_back(owner, batch)
        with pytest.raises(NotCommitted):
            rollback.disable(owner.user_id, batch.batch_id)


class TestRights:
    def test_viewers_are_refused_and_strangers_find_nothing(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))
        viewer, stranger = world.person("viewer", of=owner), world.person()
        for attempt in (
            lambda person: world.roll_back(person, batch),
            lambda person: world.roll_back(person, batch, dry_run=True),
            lambda person: rollback.disable(person.user_id, batch.batch_id),
        ):
            with pytest.raises(Forbidden):
                attempt(viewer)
            with pytest.raises(NotFound):
                attempt(stranger)
        with pytest.raises(NotFound):
            rollback.rollback(owner.user_id, uuid4(), RollbackRequest())
        assert len(world.live(owner)) == 1

    def test_a_colleague_may_undo_what_another_imported(self, world: World, owner: Person) -> None:
        batch = world.commit(owner, sales("1"))
        colleague = world.person("member", of=owner)
        assert world.roll_back(colleague, batch).rolled_back_by == colleague.user_id


def test_rows_and_batches_of_others_are_left_alone(world: World, owner: Person) -> None:
    others = [world.account(owner), world.person()]
    for other in others:
        world.commit(other, sales("1", "2"))
    batch = world.commit(owner, sales("1", "2"))

    world.roll_back(owner, batch)

    assert [len(world.live(other)) for other in others] == [2, 2]
