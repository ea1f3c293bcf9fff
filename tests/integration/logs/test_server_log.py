"""No cell is in the log that PostgreSQL itself writes, under the settings that the template gives it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.postgres import Postgres

# Each makes PostgreSQL say the word: in the message, in its details, in the context, in the statement, in a parameter.
_WAYS = {
    "copy": "QUAGGA_IN_A_COPY",
    "cast": "QUAGGA_IN_A_CAST",
    "unique": "QUAGGA_IN_A_KEY",
    "check": "QUAGGA_IN_A_ROW",
    "statement": "QUAGGA_IN_A_STATEMENT",
    "raised": "QUAGGA_IN_AN_ERROR_OF_A_FUNCTION",
    "warned": "QUAGGA_IN_A_WARNING",
}


def _provoke(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table cells (day date, name text unique, amount int check (amount > 0))")
        connection.execute("insert into cells (name) values (%s)", [_WAYS["unique"]])
        with pytest.raises(psycopg.errors.InvalidDatetimeFormat), connection.cursor().copy("copy cells from stdin") as rows:
            rows.write(f"{_WAYS['copy']}\tname\t1\n")
        with pytest.raises(psycopg.errors.InvalidDatetimeFormat):
            connection.execute("select %s::date", [_WAYS["cast"]])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into cells (name) values (%s)", [_WAYS["unique"]])
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("insert into cells (name, amount) values (%s, 0)", [_WAYS["check"]])
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute(f"select missing as {_WAYS['statement']}".encode())
        with pytest.raises(psycopg.errors.RaiseException):
            connection.execute(f"do $$ begin raise exception '{_WAYS['raised']}'; end $$".encode())
        connection.execute(f"do $$ begin raise warning '{_WAYS['warned']}'; end $$".encode())


def _log(data: Path, settings: Iterable[str]) -> str:
    """What a server with these settings logs of it all; at last that somebody asked for a database that is not there."""
    with Postgres(data, durable=False, settings=list(settings)) as server:
        _provoke(server.url())
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url("nowhere"))
    return (data / "server.log").read_text()


@pytest.fixture
def settings(deployed: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What the template says of the log."""
    parameters = deployed["DatabaseSettings"]["Properties"]["Parameters"]
    return {name: value for name, value in parameters.items() if name.startswith("log_")}


def test_no_cell_is_in_the_log_of_the_server(data_folder: Path, settings: dict[str, str]) -> None:
    logged = _log(data_folder, [f"{name}={value}" for name, value in settings.items()])

    assert 'FATAL:  database "nowhere" does not exist' in logged, "nothing was logged, so nothing is proven"
    assert "QUAGGA" not in logged.upper()


def test_the_search_finds_each_cell_that_a_server_without_the_settings_logs(data_folder: Path) -> None:
    logged = _log(data_folder, [])

    assert [way for way, word in _WAYS.items() if word not in logged] == []


def test_a_message_quotes_cells_whatever_is_left_out_around_it(data_folder: Path, settings: dict[str, str]) -> None:
    logged = _log(data_folder, [f"{name}={value}" for name, value in settings.items() if name != "log_min_messages"])

    assert {way for way, word in _WAYS.items() if word in logged} == {"copy", "cast", "raised", "warned"}
