from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from takeback.errors import AlreadyCommitted, AlreadyRolledBack, ExistingRecords, Forbidden, RowsRefused, TotalsDiffer, Unavailable
from takeback.rules.batch import CommitRequest
from takeback.stores import commit

from .world import COLUMNS, Person, World, order, rows_object, sale, sales


def test_every_row_arrives_as_it_was_read(world: World, owner: Person) -> None:
    rows = [
        sale("20-1", item_name="tab\there, line\nbreak, back\\slash, \\N, “ü”, 🧾", order_remark="", amazon_price_cents=7500),
        sale("20-2", sale_date="2024-02-29", qty=3, sale_price_cents=0, ebay_fees_cents=10**15, status="RETURN_CLOSED"),
    ]

    batch = world.commit(owner, rows)

    live = world.live(owner)
    assert [{name: row[name] for name in COLUMNS} | {"sale_date": str(row["sale_date"])} for row in live] == [
        dict.fromkeys(COLUMNS) | row for row in rows
    ]
    assert {(row["import_batch_id"], row["org_id"], row["row_version"], row["deleted_at"]) for row in live} == {
        (batch.batch_id, owner.org_id, 1, None)
    }
    assert all(row["created_at"] == row["updated_at"] for row in live)


def test_the_answer_tells_what_the_database_holds(world: World, owner: Person) -> None:
    batch = world.commit(owner, [sale("1", sale_price_cents=150), sale("2", sale_price_cents=50, ebay_fees_cents=7)], filename="märz.csv")

    assert (batch.status, batch.row_count, batch.inserted, batch.updated, batch.skipped) == ("committed", 2, 2, 0, 0)
    assert batch.totals["sale_price_cents"] == 200
    assert batch.totals["ebay_fees_cents"] == 7
    assert (batch.account_id, batch.org_id, batch.created_by, batch.filename) == (owner.account_id, owner.org_id, owner.user_id, "märz.csv")
    assert batch.can_rollback
    assert batch.committed_at is not None
    assert batch.rollback_until == batch.committed_at + timedelta(hours=24)
    assert batch.warnings == []
    assert world.trail(batch) == ["created", "committed"]


def test_a_file_without_rows_is_an_import_of_nothing(world: World, owner: Person) -> None:
    batch = world.commit(owner, [])
    assert (batch.status, batch.row_count, batch.inserted) == ("committed", 0, 0)
    assert (world.roll_back(owner, batch).deleted, world.roll_back(owner, batch).status) == (0, "rolled_back")


def test_the_rows_of_one_order_are_its_lines_in_file_order(world: World, owner: Person) -> None:
    world.commit(owner, [sale("A", item_name="a1"), sale("B"), sale("A", item_name="a2"), sale("A", item_name="a2")])

    assert world.live(owner, "ebay_order_id", "order_line", "item_name") == [
        ("A", 1, "a1"),
        ("A", 2, "a2"),
        ("A", 3, "a2"),
        ("B", 1, "Lens"),
    ]


def test_orders_that_are_there_are_refused_and_nothing_is_written(world: World, owner: Person) -> None:
    world.commit(owner, sales("1", "2"))
    second = order(owner, sales("2", "3"))

    with pytest.raises(ExistingRecords) as refused:
        commit.commit(second, rows_object(sales("2", "3")), rollback_window_hours=24)

    (row,) = (row for row in world.live(owner) if row["ebay_order_id"] == "2")
    assert refused.value.extra == {
        "existing_count": 1,
        "existing": [{"record_id": str(row["record_id"]), "identity": "2", "order_line": 1}],
    }
    assert len(world.all_rows()) == 2
    assert world.database.sql.execute("select count(*) as n from import_batches").fetchall() == [{"n": 1}]
    assert world.database.sql.execute("select action, details from import_events where batch_id = %s", [second.batch_id]).fetchall() == [
        {"action": "commit_refused", "details": {"code": "existing_records"}}
    ]


def test_at_most_a_hundred_existing_orders_are_listed_in_file_order(world: World, owner: Person) -> None:
    ids = [f"{number:03}" for number in range(150)]
    world.commit(owner, sales(*ids))

    with pytest.raises(ExistingRecords) as refused:
        world.commit(owner, sales(*reversed(ids)))

    assert refused.value.extra["existing_count"] == 150
    assert [row["identity"] for row in refused.value.extra["existing"]] == list(reversed(ids))[:100]


def test_skip_leaves_what_is_there_and_adds_the_rest(world: World, owner: Person) -> None:
    world.commit(owner, [sale("1", item_name="old")])

    batch = world.commit(owner, sales("1", "2", item_name="new", sale_price_cents=70), "skip")

    assert world.live(owner, "ebay_order_id", "item_name") == [("1", "old"), ("2", "new")]
    assert (batch.inserted, batch.updated, batch.skipped) == (1, 0, 1)
    assert batch.totals["sale_price_cents"] == 70


def test_the_same_file_again_meets_the_same_rows(world: World, owner: Person) -> None:
    rows = [sale("A"), sale("A"), sale("B"), sale("A", item_name="third")]
    world.commit(owner, rows)

    assert world.commit(owner, rows, "skip").skipped == 4
    assert world.commit(owner, rows, "update").updated == 4
    assert len(world.live(owner)) == 4


def test_update_overwrites_only_the_fields_that_the_file_has(world: World, owner: Person) -> None:
    world.commit(owner, [sale("1", item_name="old", qty=5, order_remark="mine", ebay_fees_cents=9)])

    batch = world.commit(
        owner,
        [sale("1", item_name="new", sale_price_cents=30), sale("2", item_name="fresh")],
        "update",
        fields=["ebay_order_id", "sale_date", "item_name", "sale_price_cents"],
    )

    columns = ("ebay_order_id", "item_name", "qty", "order_remark", "ebay_fees_cents", "sale_price_cents")
    assert world.live(owner, *columns) == [("1", "new", 5, "mine", 9, 30), ("2", "fresh", 1, None, None, 1000)]
    assert (batch.inserted, batch.updated, batch.skipped) == (1, 1, 0)
    assert batch.totals == {"sale_price_cents": 1030}


def test_update_keeps_the_creating_import_and_moves_version_and_time(world: World, owner: Person) -> None:
    first = world.commit(owner, sales("1"))
    (before,) = world.live(owner)
    world.commit(owner, [sale("1", item_name="new")], "update")
    (after,) = world.live(owner)

    assert after["import_batch_id"] == first.batch_id
    assert (after["record_id"], after["created_at"]) == (before["record_id"], before["created_at"])
    assert after["row_version"] == 2
    assert after["updated_at"] > before["updated_at"]


def test_update_does_not_touch_rows_that_hold_the_same_already(world: World, owner: Person) -> None:
    world.commit(owner, sales("1", "2"))
    before = world.live(owner)

    batch = world.commit(owner, sales("1", "2"), "update")

    assert world.live(owner) == before
    assert batch.updated == 2


def test_a_column_may_be_emptied_by_an_update(world: World, owner: Person) -> None:
    world.commit(owner, [sale("1", order_remark="was here", ebay_fees_cents=5)])
    world.commit(owner, [sale("1", order_remark=None, ebay_fees_cents=None)], "update")

    assert world.live(owner, "order_remark", "ebay_fees_cents") == [(None, None)]


@pytest.mark.parametrize("on_existing", ["skip", "update"])
def test_a_dry_run_gives_the_counts_of_a_commit_and_leaves_nothing(world: World, owner: Person, on_existing: str) -> None:
    world.commit(owner, sales("1", "2"))
    before = world.all_rows()
    rows = [sale("2", item_name="new"), sale("3"), sale("4")]

    foreseen = world.commit(owner, rows, on_existing, dry_run=True)

    assert foreseen.dry_run
    assert (foreseen.committed_at, foreseen.can_rollback) == (None, False)
    assert world.all_rows() == before
    assert world.trail(foreseen) == []
    real = world.commit(owner, rows, on_existing)
    assert (foreseen.inserted, foreseen.updated, foreseen.skipped, foreseen.totals) == (
        real.inserted,
        real.updated,
        real.skipped,
        real.totals,
    )


def test_a_dry_run_refuses_what_a_commit_would_refuse(world: World, owner: Person) -> None:
    world.commit(owner, sales("1"))
    with pytest.raises(ExistingRecords):
        world.commit(owner, sales("1"), dry_run=True)


def test_a_dry_run_that_only_counts_gives_the_same_counts(world: World, owner: Person) -> None:
    world.commit(owner, sales("1", "2"))
    rows = sales("2", "3", "4", "4")
    told = order(owner, rows, "update")

    batch = commit.commit(told, rows_object(rows), rollback_window_hours=24, dry_run=True, only_count=True)

    assert (batch.inserted, batch.updated, batch.skipped) == (3, 1, 0)
    assert len(world.all_rows()) == 2


def test_committing_again_gives_the_same_answer(world: World, owner: Person) -> None:
    told = order(owner, sales("1"))
    rows = rows_object(sales("1"))
    first = commit.commit(told, rows, rollback_window_hours=24)

    again = commit.commit(told, rows, rollback_window_hours=24)
    looked = commit.look(owner.user_id, CommitRequest(batch_id=told.batch_id, revision=told.revision, account_id=told.account_id))

    assert first == again == looked
    assert len(world.all_rows()) == 1


def test_committing_again_from_another_preview_or_into_another_account_is_refused(world: World, owner: Person) -> None:
    told = order(owner, sales("1"))
    rows = rows_object(sales("1"))
    commit.commit(told, rows, rollback_window_hours=24)

    for other in ({"revision": "1" * 32}, {"account_id": world.account(owner).account_id}):
        with pytest.raises(AlreadyCommitted):
            commit.commit(told.model_copy(update=other), rows, rollback_window_hours=24)
    assert len(world.all_rows()) == 1


def test_a_batch_that_was_undone_is_not_committed_again(world: World, owner: Person) -> None:
    told = order(owner, sales("1"))
    rows = rows_object(sales("1"))
    world.roll_back(owner, commit.commit(told, rows, rollback_window_hours=24))

    with pytest.raises(AlreadyRolledBack):
        commit.commit(told, rows, rollback_window_hours=24)
    assert world.live(owner) == []


def test_an_earlier_import_of_the_same_bytes_is_named(world: World, owner: Person) -> None:
    first = world.commit(owner, sales("1"), sha256="same", filename="january.csv")
    world.commit(world.person(), sales("1"), sha256="same")

    batch = world.commit(world.account(owner), sales("1"), sha256="same")

    (warning,) = batch.warnings
    assert (warning.batch_id, warning.created_by, warning.committed_at) == (first.batch_id, owner.user_id, first.committed_at)
    assert "january.csv" in warning.message


def test_viewers_and_strangers_are_refused(world: World, owner: Person) -> None:
    viewer = world.person("viewer", of=owner)
    stranger = world.person()
    with pytest.raises(Forbidden):
        world.commit(viewer, sales("1"))
    with pytest.raises(Forbidden):
        world.commit(Person(stranger.user_id, owner.org_id, owner.account_id), sales("1"))
    with pytest.raises(Forbidden):
        world.commit(Person(owner.user_id, owner.org_id, uuid4()), sales("1"))
    assert world.all_rows() == []


@pytest.mark.parametrize("wrong", [{"row_count": 3}, {"row_count": 1}, {"totals": {"sale_price_cents": 1999}}])
def test_what_does_not_add_up_to_the_preview_is_not_kept(world: World, owner: Person, wrong: dict[str, object]) -> None:
    with pytest.raises(TotalsDiffer):
        world.commit(owner, sales("1", "2"), **wrong)
    assert world.all_rows() == []
    assert world.database.sql.execute("select count(*) as n from import_batches").fetchall() == [{"n": 0}]


def test_a_stream_of_rows_that_breaks_leaves_nothing_and_can_be_tried_again(world: World, owner: Person) -> None:
    told = order(owner, sales("1", "2"))
    whole = rows_object(sales("1", "2"))

    def broken() -> object:
        yield whole[0]
        raise Unavailable

    with pytest.raises(Unavailable):
        commit.commit(told, broken(), rollback_window_hours=24)
    assert world.all_rows() == []
    assert commit.commit(told, whole, rollback_window_hours=24).inserted == 2


@pytest.mark.parametrize("wrong", [{"sale_price_cents": -1}, {"qty": "x"}, {"item_name": None}, {"status": "LOST"}])
def test_a_row_that_the_database_refuses_is_told_as_our_fault_and_nothing_is_kept(
    world: World, owner: Person, wrong: dict[str, object]
) -> None:
    with pytest.raises(RowsRefused):
        world.commit(owner, [sale("1"), sale("2", **wrong)], totals={})
    assert world.all_rows() == []
    assert world.commit(owner, sales("1")).inserted == 1


def test_soft_deleted_rows_are_never_met(world: World, owner: Person) -> None:
    world.commit(owner, sales("1"))
    world.delete(owner, "1")

    assert world.commit(owner, sales("1")).inserted == 1
    assert len(world.all_rows()) == 2


def test_rows_of_another_account_are_never_met(world: World, owner: Person) -> None:
    world.commit(owner, sales("1"))
    assert world.commit(world.account(owner), sales("1")).inserted == 1
    assert world.commit(world.person(), sales("1")).inserted == 1


def test_the_trigger_counts_every_writer(world: World, owner: Person) -> None:
    world.commit(owner, sales("1"))
    world.edit(owner, "1", row_version=77, updated_at="2001-01-01")
    (row,) = world.live(owner)

    assert row["row_version"] == 2
    assert row["updated_at"] >= row["created_at"]
    assert row["as_imported"]["item_name"] == "Lens"
