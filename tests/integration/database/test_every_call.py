"""The general fault: whichever call to the outside fails, before it is done or after, the same request again settles it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from takeback.faults import HandlerFailedError
from takeback.settings import settings
from takeback.stores import database
from tests.integration.database.calls import Reply, Upload, created, http, upload
from tests.integration.database.outside import Failure, Outside, watched
from tests.integration.database.world import COLUMNS, Person, World, sale
from tests.integration.s3.conftest import s3  # noqa: F401 - a fixture

Step = Callable[[Upload], Reply]
BOOKKEEPING = ["record_id", "deleted_at", "row_version", "updated_at", *COLUMNS]


@dataclass
class Stage:
    """Orders 1 to 3 in the account, and an upload that overwrites 3 and adds 4 and 5."""

    world: World
    person: Person
    made: Upload
    before: list[tuple[Any, ...]]

    @classmethod
    def set(cls, world: World) -> Stage:
        person = world.person()
        world.commit(person, [sale(number, item_name="old") for number in "123"])
        made = upload(person, [sale(number, item_name="new") for number in "345"])
        return cls(world, person, made, world.live(person, *BOOKKEEPING))

    def check(self) -> None:
        """All of the batch or nothing, and nothing of anybody else."""
        rows = {row["ebay_order_id"]: row["item_name"] for row in self.world.live(self.person)}
        done = {"1": "old", "2": "old", "3": "new", "4": "new", "5": "new"}
        batch = self.world.database.sql.execute("select * from import_batches where batch_id = %s", [self.made.batch_id]).fetchall()
        if batch and batch[0]["status"] in {"committed", "rolling_back"}:
            assert rows == done
            assert (batch[0]["inserted"], batch[0]["updated"]) == (2, 1)
        else:
            assert self.world.live(self.person, *BOOKKEEPING) == self.before


def _commit(made: Upload) -> Reply:
    return made.commit(on_existing="update")


def _commit_refused(made: Upload) -> Reply:
    return made.commit()


def _dry_run(made: Upload) -> Reply:
    return made.commit(on_existing="update", dry_run=True)


def _deliver(prefix: Any) -> Step:
    def deliver(made: Upload) -> Reply:
        try:
            with Outside.unwatched():
                listed = made.request_keys(prefix)
            for key in listed:
                created(prefix.removesuffix("s"), key)
        except HandlerFailedError:
            return Reply(503, {"Retry-After": "5"}, {})
        return Reply(200, {}, {"status": "delivered"})

    return deliver


def _read(what: str) -> Step:
    return lambda made: made.read(what)


def _list(made: Upload) -> Reply:
    return http("batches", "GET", "/import/batches", made.person.user_id)


def _accounts(made: Upload) -> Reply:
    return http("batches", "GET", "/import/accounts", made.person.user_id)


def _disable(made: Upload) -> Reply:
    return http("rollback", "POST", f"/import/batches/{made.batch_id}/disable-rollback", made.person.user_id)


def _roll_back(made: Upload) -> Reply:
    return made.roll_back(body={})


def _foresee(made: Upload) -> Reply:
    return made.roll_back(body={"dry_run": True})


SHORT: dict[str, tuple[list[Step], Step]] = {
    "commit": ([], _commit),
    "commit again": ([_commit], _commit),
    "commit refused": ([], _commit_refused),
    "dry run": ([], _dry_run),
    "accounts": ([], _accounts),
    "list": ([_commit], _list),
    "batch": ([_commit], _read("")),
    "records": ([_commit], _read("/records")),
    "events": ([_commit], _read("/events")),
    "manifest": ([_commit], _read("/manifest")),
    "foresee": ([_commit], _foresee),
    "rollback": ([_commit], _roll_back),
    "rollback again": ([_commit, _roll_back], _roll_back),
    "give up": ([_commit], _disable),
}
LONG: dict[str, tuple[list[Step], Step]] = {
    "accept commit": ([], _commit),
    "carry out commit": ([_commit], _deliver("commits")),
    "accept rollback": ([_commit, _deliver("commits")], _roll_back),
    "carry out rollback": ([_commit, _deliver("commits"), _roll_back], _deliver("rollbacks")),
}


@pytest.fixture
def outside(world: World, s3: object) -> Iterator[Outside]:  # noqa: ARG001, F811 - it stands in front of both
    with pytest.MonkeyPatch.context() as patch, watched(patch) as made:
        yield made


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("name", SHORT)
def test_whichever_call_fails(world: World, outside: Outside, name: str, how: Failure) -> None:
    _try_every_call(world, outside, *SHORT[name], how)


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("name", LONG)
def test_whichever_call_of_long_work_fails(
    world: World, outside: Outside, monkeypatch: pytest.MonkeyPatch, name: str, how: Failure
) -> None:
    monkeypatch.setenv("INLINE_ROWS", "2")
    settings.cache_clear()
    _try_every_call(world, outside, *LONG[name], how)


def _try_every_call(world: World, outside: Outside, preparation: list[Step], step: Step, how: Failure) -> None:
    failed = 0
    for n in count(1):
        stage = Stage.set(world)
        for prepare in preparation:
            assert prepare(stage.made).status in {200, 202}
        database.close()
        outside.fail_at(n, how)
        first = step(stage.made)
        reached = outside.calls >= n
        outside.fail_at(0, how)
        stage.check()
        again = first
        if first.status == 503:
            failed += 1
            assert first.headers["Retry-After"]
            again = step(stage.made)
            stage.check()
        assert again.status != 503
        assert _settled(step(stage.made)) == _settled(again), f"call {n}"
        stage.check()
        if not reached:
            break
    assert failed > 3


def _settled(reply: Reply) -> tuple[int, dict[str, Any]]:
    """An answer without what tells of the moment of asking."""
    return reply.status, {key: value for key, value in reply.body.items() if key not in {"created_at", "committed_at", "rollback_until"}}
