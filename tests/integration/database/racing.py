"""Threads that really race, and a way to know that one of them is waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.integration.conftest import ALL_FUNCTIONS
from tests.integration.database.world import World

_SECONDS = 30


def together(*works: Callable[[], Any]) -> list[Any]:
    """Start all at the same moment; what each returned, or the exception that it raised."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the outcome is what the test is about
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@contextmanager
def meanwhile(work: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Run something beside the block."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


def wait_until_blocked(world: World, count: int = 1) -> None:
    """Wait until so many connections of the functions wait for a lock."""
    query = "select count(*) as n from pg_stat_activity where usename = %s and wait_event_type = 'Lock' and datname = %s"
    eventually(lambda: world.database.sql.execute(query, [ALL_FUNCTIONS, world.database.name]).fetchall()[0]["n"] >= count)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for half a minute at most."""
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@contextmanager
def another_program(world: World) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """A transaction of somebody else who writes to the tables; open until he commits, or the block ends."""
    with psycopg.connect(world.database.url(), row_factory=dict_row) as connection:
        yield connection
        connection.rollback()
