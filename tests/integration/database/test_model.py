"""Imports, edits and undos of two orgs in any order, on a real database, against the simple model after each step."""

from __future__ import annotations

import os
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from takeback.errors import Conflict, Forbidden, NotFound
from takeback.rules.batch import Batch, RollbackRequest
from takeback.rules.commit_order import CommitOrder
from takeback.stores import commit, history, rollback
from tests.integration.database.model import IDENTITY, Account, ModelBatch, Refused, Row
from tests.integration.database.world import COLUMNS, Person, World, order, rows_object, sale

RUNS = int(os.environ.get("MODEL_RUNS", "40"))
STEPS = int(os.environ.get("MODEL_STEPS", "25"))

ORDERS = st.sampled_from(["A", "B", "C"])
VALUES = {
    "item_name": st.sampled_from(["lens", "strap", "case"]),
    "sale_price_cents": st.integers(0, 3),
    "order_remark": st.sampled_from([None, "gift"]),
}
FIELDS = st.sampled_from([COLUMNS, [IDENTITY, "sale_date", "item_name", "sale_price_cents"]])
FILES = st.lists(st.fixed_dictionaries({IDENTITY: ORDERS} | VALUES), min_size=1, max_size=5)
ACCOUNT = st.sampled_from([0, 0, 0, 1])
WHICH = st.integers(0, 99)
SELDOM = st.sampled_from([False, False, False, True])
ON_EXISTING = st.sampled_from(["update", "update", "skip", "reject"])
COMPARED = ["item_name", "sale_price_cents", "order_remark", "qty"]


class Imports(RuleBasedStateMachine):
    """Each run has two orgs of its own; rows of other runs stay where they are and must not be seen."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    @initialize(first=FILES, second=FILES)
    def begin(self, first: list[dict[str, Any]], second: list[dict[str, Any]]) -> None:
        """Every run begins with an import over an import, since that is where undoing is hard."""
        self.people = [self.world.person(), self.world.person()]
        self.viewer = self.world.person("viewer", of=self.people[0])
        self.models = [Account(), Account()]
        self.uploads: list[tuple[int, CommitOrder, list[bytes], list[dict[str, Any]], list[str]]] = []
        self.done: list[tuple[int, CommitOrder, list[bytes], ModelBatch]] = []
        for file in (first, second):
            self._import(0, file, COLUMNS, "update")

    @rule(account=ACCOUNT, file=FILES, fields=FIELDS, on_existing=ON_EXISTING, dry_run=SELDOM)
    def import_file(self, account: int, file: list[dict[str, Any]], fields: list[str], on_existing: str, dry_run: bool) -> None:  # noqa: FBT001
        self._import(account, file, fields, on_existing, dry_run=dry_run)

    def _import(self, account: int, file: list[dict[str, Any]], fields: list[str], on_existing: str, *, dry_run: bool = False) -> None:
        """A file that was validated is committed. One that is refused, or only tried, waits: nothing of it is in the database."""
        filled = [sale(**{"order_id": cells[IDENTITY]} | {name: cells[name] for name in cells if name in fields}) for cells in file]
        self.uploads.append((account, order(self.people[account], filled, fields=fields), rows_object(filled), filled, fields))
        self._commit(-1, on_existing, dry_run=dry_run)

    @precondition(lambda self: self.uploads)
    @rule(which=WHICH, on_existing=ON_EXISTING)
    def commit_what_waited(self, which: int, on_existing: str) -> None:
        self._commit(which % len(self.uploads), on_existing, dry_run=False)

    def _commit(self, position: int, on_existing: str, *, dry_run: bool) -> None:
        account, told, lines, filled, fields = self.uploads[position]
        told = told.model_copy(update={"on_existing": on_existing})
        cells = [{name: value for name, value in row.items() if name in {IDENTITY, *COMPARED}} for row in filled]
        mapped = [name for name in fields if name in COMPARED]
        expected = _outcome(lambda: self.models[account].commit(cells, on_existing, mapped, dry_run=dry_run))
        found = _outcome(lambda: commit.commit(told, lines, rollback_window_hours=24, dry_run=dry_run))
        self._agree(found, expected)
        if isinstance(expected, ModelBatch):
            counts = (len(expected.created), len(expected.changes), expected.skipped)
            assert (found.inserted, found.updated, found.skipped) == counts
            if not dry_run:
                self.uploads.pop(position)
                self.done.append((account, told, lines, expected))

    @precondition(lambda self: self.done)
    @rule(which=WHICH)
    def commit_again(self, which: int) -> None:
        account, told, lines, expected = self._pick(which)
        found = _outcome(lambda: commit.commit(told, lines, rollback_window_hours=24))
        if expected.status == "rolled_back":
            assert found == ("already_rolled_back", None)
        else:
            assert found == history.batch(self.people[account].user_id, told.batch_id)

    # ---- other writers

    @rule(account=ACCOUNT, which=WHICH, change=st.one_of(*(st.fixed_dictionaries({name: values}) for name, values in VALUES.items())))
    def edit(self, account: int, which: int, change: dict[str, Any]) -> None:
        ((name, value),) = change.items()
        row = self._live_row(account, which)
        if row is not None:
            self._sql(f"update bookkeeping_records set {name} = %s", value, account=account, row=row)
            row.columns |= change
            row.version += 1

    @rule(account=ACCOUNT, which=WHICH)
    def delete(self, account: int, which: int) -> None:
        row = self._live_row(account, which)
        if row is not None:
            self._sql("update bookkeeping_records set deleted_at = clock_timestamp()", account=account, row=row)
            row.live = False
            row.version += 1

    # ---- undo

    @precondition(lambda self: self.done)
    @rule(which=WHICH, how=st.sampled_from(["", "", "force", "keep_modified"]), dry_run=SELDOM)
    def roll_back(self, which: int, how: str, dry_run: bool) -> None:  # noqa: FBT001
        account, told, _, expected = self._pick(which)
        asked = RollbackRequest(dry_run=dry_run, **({how: True} if how else {}))
        before = expected.status
        foreseen = None
        if dry_run and before == "committed":
            copy = self._undone_in_a_copy(account, expected, how)
            foreseen = copy.undone if isinstance(copy, ModelBatch) else None
        outcome = _outcome(
            lambda: self.models[account].roll_back(expected, force=how == "force", keep=how == "keep_modified", dry_run=dry_run)
        )
        found = _outcome(lambda: rollback.rollback(self.people[account].user_id, told.batch_id, asked))
        self._agree(found, outcome)
        if isinstance(found, Batch) and found.would_undo is not None:
            assert foreseen == found.would_undo.model_dump(include={"deleted", "restored", "kept"})
        elif isinstance(found, Batch):
            assert {name: getattr(found, name) for name in ("deleted", "restored", "kept")} == expected.undone
            assert len(found.kept_record_ids) == found.kept

    @precondition(lambda self: len(self.done) > 3)
    @rule(which=WHICH)
    def give_up(self, which: int) -> None:
        account, told, _, expected = self._pick(which)
        found = _outcome(lambda: rollback.disable(self.people[account].user_id, told.batch_id))
        if expected.status == "rolled_back":
            assert found == ("not_committed", None)
        elif expected.in_time:
            expected.given_up = True

    @precondition(lambda self: len(self.done) > 3)
    @rule(which=WHICH, tidied=st.booleans())
    def time_passes(self, which: int, tidied: bool) -> None:  # noqa: FBT001
        """One batch's 24 hours are over; the schedule notices, or not."""
        _, told, _, expected = self._pick(which)
        self.world.database.sql.execute(
            "update import_batches set rollback_until = clock_timestamp() where batch_id = %s and rollback_until > clock_timestamp()",
            [told.batch_id],
        )
        expected.in_time = False
        if tidied:
            self.world.database.sql.execute("select disable_old_import_rollbacks()")

    # ---- outsiders

    @precondition(lambda self: self.done)
    @rule(which=WHICH)
    def others_try(self, which: int) -> None:
        account, told, lines, _ = self._pick(which)
        stranger = self.people[1 - account]
        for attempt in (
            lambda: rollback.rollback(stranger.user_id, told.batch_id, RollbackRequest(force=True)),
            lambda: history.batch(stranger.user_id, told.batch_id),
        ):
            with pytest.raises(NotFound):
                attempt()
        for other in (stranger, self.viewer):
            with pytest.raises(Forbidden):
                commit.commit(told.model_copy(update={"user_id": other.user_id}), lines, rollback_window_hours=24)

    # ---- always

    @invariant()
    def the_tables_are_as_the_model_says(self) -> None:
        for person, model in zip(self.people, self.models, strict=True):
            rows = self.world.database.sql.execute(
                "select * from bookkeeping_records where account_id = %s", [person.account_id]
            ).fetchall()
            found = Counter(
                (row[IDENTITY], row["order_line"], row["deleted_at"] is None, row["row_version"], *(row[name] for name in COMPARED))
                for row in rows
            )
            expected = Counter(
                (row.order_id, row.line, row.live, row.version, *(row.columns[name] for name in COMPARED)) for row in model.rows
            )
            assert found == expected

    @invariant()
    def the_batches_are_as_the_model_says(self) -> None:
        for index, person in enumerate(self.people):
            found = {batch.batch_id: batch for batch in self._history(person)}
            mine = [(told, batch) for account, told, _, batch in self.done if account == index]
            assert set(found) == {told.batch_id for told, _ in mine}
            for told, batch in mine:
                seen = found[told.batch_id]
                assert seen.status == batch.status
                assert seen.can_rollback == (batch.status == "committed" and batch.in_time and not batch.given_up)
                assert seen.inserted + seen.updated + seen.skipped == seen.row_count

    def _history(self, person: Person) -> list[Batch]:
        return history.page(person.user_id, account_id=None, status=None, limit=100, cursor=None).items

    def _pick(self, which: int) -> tuple[int, CommitOrder, list[bytes], ModelBatch]:
        return self.done[which % len(self.done)]

    def _agree(self, found: Any, expected: Any) -> None:
        if isinstance(expected, tuple):
            assert found == expected
        else:
            assert isinstance(found, Batch), found

    def _undone_in_a_copy(self, account: int, batch: ModelBatch, how: str) -> Any:
        """What an undo would come to; where rows were edited and nothing is said of them, as with force."""
        models, copied = deepcopy((self.models[account], batch))
        return _outcome(lambda: models.roll_back(copied, force=how != "keep_modified", keep=how == "keep_modified"))

    def _live_row(self, account: int, which: int) -> Row | None:
        live = [row for row in self.models[account].rows if row.live]
        return live[which % len(live)] if live else None

    def _sql(self, change: str, *values: Any, account: int, row: Row) -> None:
        done = self.world.database.sql.execute(
            change + " where account_id = %s and ebay_order_id = %s and order_line = %s and deleted_at is null",
            [*values, self.people[account].account_id, row.order_id, row.line],
        )
        assert done.rowcount == 1


def _outcome(work: Any) -> Any:
    """What something returns, or the code that it is refused with and the count in that."""
    try:
        return work()
    except Refused as refused:
        return refused.code, refused.count
    except Conflict as refused:
        return refused.code, refused.extra.get("existing_count", refused.extra.get("modified_count"))


def test_any_order_of_imports_edits_and_undos_is_as_the_model_says(world: World) -> None:
    run_state_machine_as_test(
        lambda: Imports(world),
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="MODEL_RUNS" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
