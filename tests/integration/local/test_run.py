"""`python -m local run` as people start and stop it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[3]
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the runs of this module, so that the database is made once."""
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def run() -> Iterator[Run]:
    """Starts the command in a process group of its own, as a terminal does."""
    started: list[subprocess.Popen[str]] = []

    def begin(data: Path | str, port: int | str = 0) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "AWS_ENDPOINT_URL_S3"}}
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "run"],
            cwd=ROOT,
            env={**environment, "PORT": str(port), "DATA_DIR": str(data), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def up(process: subprocess.Popen[str], data: Path) -> str:
    """The address, when the stack is up."""
    deadline = time.monotonic() + 60
    while not (data / "stack.json").exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return json.loads((data / "stack.json").read_text())["api"]


def family(process: subprocess.Popen[str], data: Path) -> list[psutil.Process]:
    """Every process of a running stack: PostgreSQL lets go of its parent, so it is found by its own note."""
    server = psutil.Process(int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0]))
    own = psutil.Process(process.pid)
    return [own, *own.children(recursive=True), server, *server.children(recursive=True)]


def alive(processes: list[psutil.Process]) -> list[str]:
    """Those that still run; one that only waits to be collected by its parent has ended."""
    return [str(process) for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_ctrl_c_ends_every_process_and_a_second_run_finds_its_data(run: Run, data: Path) -> None:
    process = run(data)
    address = up(process, data)
    assert httpx.get(f"{address}/config.json", trust_env=False).status_code == 200
    everybody = family(process, data)
    assert len(everybody) > 5
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "Stopping" in said
    assert "Traceback" not in said
    assert f"The page is at {address}" in said
    assert alive(everybody) == []
    assert not (data / "stack.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_ask_end_it_as_well(run: Run, data: Path, number: signal.Signals) -> None:
    process = run(data)
    up(process, data)
    everybody = family(process, data)
    process.send_signal(number)
    process.communicate(timeout=30)

    assert process.returncode == 0
    assert alive(everybody) == []


def test_ctrl_c_while_it_starts_ends_every_process(run: Run, data: Path) -> None:
    process = run(data)
    assert process.stdout is not None
    while "PostgreSQL" not in process.stdout.readline():
        pass
    time.sleep(0.3)
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in said
    assert alive(children) == []
    assert not (data / "postgres" / "postmaster.pid").exists()


def test_when_the_runner_is_killed_its_parts_leave_and_the_next_run_works(run: Run, data: Path) -> None:
    process = run(data)
    up(process, data)
    own = [child for child in family(process, data) if "postgres" not in child.name()]
    process.kill()
    process.communicate(timeout=30)
    _, left = psutil.wait_procs(own, timeout=10)
    assert alive(left) == []

    again = run(data)
    (data / "stack.json").unlink(missing_ok=True)
    address = up(again, data)
    assert httpx.get(f"{address}/config.json", trust_env=False).status_code == 200


def test_a_port_in_use_is_one_sentence_that_says_what_to_do(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said, _ = run(tmp_path, port).communicate(timeout=30)

    assert (
        said.split("\n\n")[-1].strip() == f"Port {port} is in use by another program. Stop that, or take another: make run PORT={port + 1}"
    )


@pytest.mark.parametrize("port", ["eighty", "99999", "-1", ""])
def test_a_port_that_is_none_is_told(run: Run, tmp_path: Path, port: str) -> None:
    process = run(tmp_path, port)
    said, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "make run PORT=" in said
    assert "Traceback" not in said


def test_a_data_folder_that_is_a_file_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    process = run(tmp_path / "data")
    said, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "make run DATA_DIR=" in said
    assert "Traceback" not in said


def test_a_database_folder_of_another_version_is_told(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n")
    process = run(tmp_path)
    said, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "PostgreSQL 9" in said
    assert "Move it away" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("broken", ["s3/takeback-local/0000000001.json", "keys/issuer.json"])
def test_a_broken_file_in_the_data_folder_is_named(run: Run, tmp_path: Path, broken: str) -> None:
    (tmp_path / broken).parent.mkdir(parents=True)
    (tmp_path / broken).write_text("{")
    process = run(tmp_path)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert str(tmp_path / broken) in said
    assert "Traceback" not in said
