from __future__ import annotations

from uuid import uuid4

import pytest

from takeback.errors import ExistingRecords, NotFound, RecordsModified, Unprocessable
from takeback.rules.batch import Batch
from takeback.stores import batches, commit, history, rollback
from tests.integration.database.world import Person, World, order, rows_object, sale, sales


def page(person: Person, **asked: object) -> list[Batch]:
    return history.page(person.user_id, **({"account_id": None, "status": None, "limit": 20, "cursor": None} | asked)).items


def test_accounts_are_those_of_the_callers_orgs_with_the_role_in_each(world: World, owner: Person) -> None:
    second = world.account(owner)
    viewer = world.person("viewer", of=owner)
    world.person()

    assert [(account.account_id, account.name, account.role) for account in batches.accounts(owner.user_id)] == [
        (owner.account_id, "Main", "owner"),
        (second.account_id, "Second", "owner"),
    ]
    assert {account.role for account in batches.accounts(viewer.user_id)} == {"viewer"}
    assert batches.accounts("nobody") == []


def test_pages_follow_each_other_newest_first_without_gap_or_repetition(world: World, owner: Person) -> None:
    made = [world.commit(owner, sales(str(number))).batch_id for number in range(7)]
    # Two at the very same time: the id decides.
    world.database.sql.execute("update import_batches set created_at = now() where batch_id = any(%s)", [made[2:5]])

    seen, cursor = [], None
    for expected in (3, 3, 1):
        found = history.page(owner.user_id, account_id=None, status=None, limit=3, cursor=cursor)
        assert len(found.items) == expected
        seen += [(batch.created_at, batch.batch_id) for batch in found.items]
        cursor = found.next_cursor

    assert cursor is None
    assert seen == sorted(seen, reverse=True)
    assert {batch_id for _, batch_id in seen} == set(made)


def test_a_page_that_is_just_full_has_no_next_one(world: World, owner: Person) -> None:
    world.commit(owner, sales("1"))
    assert history.page(owner.user_id, account_id=None, status=None, limit=1, cursor=None).next_cursor is None


def test_imports_that_come_meanwhile_do_not_shift_the_next_page(world: World, owner: Person) -> None:
    old = [world.commit(owner, sales(str(number))).batch_id for number in range(4)]
    first = history.page(owner.user_id, account_id=None, status=None, limit=2, cursor=None)
    world.commit(owner, sales("new"))
    second = history.page(owner.user_id, account_id=None, status=None, limit=2, cursor=first.next_cursor)

    assert [batch.batch_id for batch in first.items + second.items] == old[::-1]


def test_filters_by_account_and_status(world: World, owner: Person) -> None:
    other = world.account(owner)
    here, there, undone = world.commit(owner, sales("1")), world.commit(other, sales("1")), world.commit(owner, sales("2"))
    world.roll_back(owner, undone)

    assert {batch.batch_id for batch in page(owner, account_id=other.account_id)} == {there.batch_id}
    assert {batch.batch_id for batch in page(owner, status="rolled_back")} == {undone.batch_id}
    assert {batch.batch_id for batch in page(owner, status="committed", account_id=owner.account_id)} == {here.batch_id}


@pytest.mark.parametrize("cursor", ["x", "e30", "bnVsbA", "W10", "WzEsMl0", "WyJub3ciLCAibm8iXQ", "ü", "===="])
def test_a_cursor_that_is_not_ours_is_refused(world: World, owner: Person, cursor: str) -> None:
    with pytest.raises(Unprocessable):
        page(owner, cursor=cursor)
    batch = world.commit(owner, sales("1"))
    with pytest.raises(Unprocessable):
        history.records(owner.user_id, batch.batch_id, limit=1, cursor=cursor)


def test_strangers_find_no_batch_no_records_and_no_trail(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1"))
    stranger = world.person()

    assert page(stranger) == []
    for ask in (
        lambda: history.batch(stranger.user_id, batch.batch_id),
        lambda: history.records(stranger.user_id, batch.batch_id, limit=1, cursor=None),
        lambda: history.events(stranger.user_id, batch.batch_id),
        lambda: history.manifest(stranger.user_id, batch.batch_id),
        lambda: history.batch(owner.user_id, uuid4()),
        lambda: history.events(owner.user_id, uuid4()),
    ):
        with pytest.raises(NotFound):
            ask()


def test_viewers_see_the_history(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1"))
    viewer = world.person("viewer", of=owner)

    assert [seen.batch_id for seen in page(viewer)] == [batch.batch_id]
    assert len(history.records(viewer.user_id, batch.batch_id, limit=5, cursor=None).items) == 1


def test_the_undo_button_is_offered_while_the_undo_is_possible(world: World, owner: Person) -> None:
    batch = world.commit(owner, sales("1"))
    assert history.batch(owner.user_id, batch.batch_id).can_rollback
    world.database.sql.execute("update import_batches set rollback_until = clock_timestamp()")
    assert not history.batch(owner.user_id, batch.batch_id).can_rollback


def test_records_tell_their_fate_and_whether_they_were_edited_since(world: World, owner: Person) -> None:
    world.commit(owner, [sale("1", item_name="old"), sale("2", item_name="old"), sale("3")])
    batch = world.commit(owner, [sale("1"), sale("2"), sale("3"), sale("4"), sale("5"), sale("6")], "update")
    world.edit(owner, "2", qty=2)
    world.edit(owner, "5", qty=2)
    world.delete(owner, "6")

    found = history.records(owner.user_id, batch.batch_id, limit=100, cursor=None).items

    told = {row.data["ebay_order_id"]: (row.fate, row.state, row.edited, row.changes) for row in found}
    change = {"item_name": {"before": "old", "imported": "Lens"}}
    assert told == {
        "1": ("updated", "live", False, change),
        "2": ("updated", "live", True, change),
        "3": ("updated", "live", False, {}),
        "4": ("inserted", "live", False, {}),
        "5": ("inserted", "live", True, {}),
        "6": ("inserted", "deleted", True, {}),
    }
    world.roll_back(owner, batch, keep_modified=True)
    found = history.records(owner.user_id, batch.batch_id, limit=100, cursor=None).items
    assert {row.data["ebay_order_id"]: row.state for row in found} == {
        "1": "undone",
        "2": "kept",
        "3": "undone",
        "4": "undone",
        "5": "kept",
        "6": "deleted",
    }


def test_records_come_in_pages_too(world: World, owner: Person) -> None:
    world.commit(owner, sales("1", "2", item_name="old"))
    batch = world.commit(owner, sales("1", "2", "3", "4", "5"), "update")

    seen, cursor = [], None
    for expected in (2, 2, 1):
        found = history.records(owner.user_id, batch.batch_id, limit=2, cursor=cursor)
        assert len(found.items) == expected
        seen += [row.data["ebay_order_id"] for row in found.items]
        cursor = found.next_cursor
    assert cursor is None
    assert seen == ["1", "2", "3", "4", "5"]


def test_the_trail_tells_who_did_what_and_the_manifest_holds_all_of_it(world: World, owner: Person) -> None:
    colleague = world.person("member", of=owner)
    world.commit(owner, sales("1"))
    told = order(owner, sales("1", "2"))
    with pytest.raises(ExistingRecords):
        commit.commit(told, rows_object(sales("1", "2")), rollback_window_hours=24)
    assert [event.action for event in history.events(owner.user_id, told.batch_id).items] == ["commit_refused"]
    told = told.model_copy(update={"on_existing": "skip"})
    batch = commit.commit(told, rows_object(sales("1", "2")), rollback_window_hours=24)
    world.edit(owner, "2", qty=3)
    with pytest.raises(RecordsModified):
        world.roll_back(colleague, batch)
    undone = world.roll_back(colleague, batch, force=True)

    manifest = history.manifest(owner.user_id, batch.batch_id)
    assert manifest.batch == undone
    assert manifest.batch.sha256 == told.sha256
    assert [(event.action, event.actor) for event in manifest.events] == [
        ("commit_refused", owner.user_id),
        ("created", owner.user_id),
        ("committed", owner.user_id),
        ("rollback_refused", colleague.user_id),
        ("rolled_back", colleague.user_id),
    ]
    assert manifest.events[-1].details == {"deleted": 1, "restored": 0, "kept": 0, "force": True, "keep_modified": False}
    given_up = world.commit(owner, sales("9"))
    rollback.disable(owner.user_id, given_up.batch_id)
    assert history.events(owner.user_id, given_up.batch_id).items[-1].action == "rollback_disabled"
