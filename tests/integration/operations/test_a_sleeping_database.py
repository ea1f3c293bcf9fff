"""Aurora lets connections wait while it wakes. Whom nobody waits for waits too; everybody else is told to try again."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from takeback.errors import Unavailable
from takeback.stores import batches, expiry
from takeback.stores import database as store
from tests.integration.conftest import Database

_ASLEEP_SECONDS = 4


@pytest.fixture
def _asleep(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database behind a door that takes connections at once and answers none for a while."""
    environment = database.environment()
    door = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", str(door.getsockname()[1]))
    waking = threading.Timer(_ASLEEP_SECONDS, _let_in, (door, (environment["PGHOST"], int(environment["PGPORT"]))))
    waking.daemon = True
    waking.start()
    yield
    store.close()
    waking.cancel()
    with contextlib.suppress(OSError):
        door.shutdown(socket.SHUT_RDWR)
    door.close()
    waking.join()


def _let_in(door: socket.socket, target: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        server = socket.create_connection(target)
        back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
        back.start()
        threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    source.close()


@pytest.mark.usefixtures("_asleep")
def test_the_schedule_waits_until_it_is_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_PATIENCE_SECONDS", 2)
    monkeypatch.setenv("PGUSER", "takeback_expiry")

    assert expiry.tidy()["expired"] == 0


@pytest.mark.usefixtures("_asleep")
def test_a_migration_waits_until_it_is_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_PATIENCE_SECONDS", 2)

    with store.connect(store.WAKING_SECONDS) as connection:
        assert connection.execute("select 1 as one").fetchone() == {"one": 1}


@pytest.mark.usefixtures("_asleep")
def test_somebody_who_waits_for_an_answer_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_PATIENCE_SECONDS", 2)
    started = time.monotonic()

    with pytest.raises(Unavailable, match="waking up"):
        batches.accounts("somebody")

    assert time.monotonic() - started < _ASLEEP_SECONDS


def test_a_call_through_the_api_gives_up_before_the_api_does() -> None:
    assert store._PATIENCE_SECONDS < 29
