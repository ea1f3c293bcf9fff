"""S3 and PostgreSQL of somebody's own (DATABASE_URL, AWS_ENDPOINT_URL_S3) go away and come back: nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.postgres import Postgres
from tests.journey.person import Person, as_csv, sales
from tests.journey.proxy import Proxy

ROOT = Path(__file__).parents[2]
KEYS = {"access_key_id": "AKIASOMEBODY", "secret_access_key": "somebody's own"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A PostgreSQL that is not the runner's."""
    with Postgres(tmp_path_factory.mktemp("given") / "postgres", durable=False) as server:
        proxy = Proxy(("127.0.0.1", server.port))
        yield proxy
        proxy.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """An S3 that is not the runner's, with no bucket in it."""
    folder = tmp_path_factory.mktemp("s3")
    config = {"folder": str(folder), "region": "us-east-1", "buckets": [], **KEYS}
    with socket.socket() as listening, (folder / "log").open("w") as log:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        command = [sys.executable, "-m", "local.s3", json.dumps(config), str(listening.fileno())]
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=[listening.fileno()], stdin=subprocess.PIPE, stdout=log, stderr=log)
        proxy = Proxy(listening.getsockname())
    yield proxy
    proxy.close()
    server.communicate(timeout=20)


@pytest.fixture(scope="module")
def demo(database: Proxy, files: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """A user of a stack that stands on those two."""
    data = tmp_path_factory.mktemp("data")
    own = {
        "PORT": "0",
        "DATA_DIR": str(data),
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database.port}/postgres",
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{files.port}",
        "AWS_ACCESS_KEY_ID": KEYS["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": KEYS["secret_access_key"],
    }
    with (data / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "run"], cwd=ROOT, env={**os.environ, **own}, stdout=output, stderr=output
        )
    deadline = time.monotonic() + 60
    while not (data / "stack.json").exists():
        assert process.poll() is None, (data / "output").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    facts = json.loads((data / "stack.json").read_text())
    assert (facts["s3"], facts["database_url"]) == (own["AWS_ENDPOINT_URL_S3"], own["DATABASE_URL"])
    yield Person(facts, "demo")
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0


def unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["retry-after"]) > 0


def test_the_whole_line_works_on_a_given_database_and_file_store(demo: Person) -> None:
    batch = demo.committed(demo.upload("given.csv", as_csv(sales(5))))

    assert demo.rollback(batch["batch_id"]).json()["deleted"] == 5


def test_without_the_database_a_batch_waits_unharmed(demo: Person, database: Proxy) -> None:
    other = demo.committed(demo.upload("earlier.csv", as_csv(sales(2))))
    with database:
        preview = demo.upload("no database.csv", as_csv(sales(4)))  # previews need none
        assert preview["state"] == "ready"
        unavailable(demo.commit(preview))
        unavailable(demo.http.get("/import/batches"))
        unavailable(demo.http.get("/import/accounts"))
        unavailable(demo.rollback(other["batch_id"]))

    assert demo.committed(preview)["inserted"] == 4
    assert demo.rollback(other["batch_id"]).json()["deleted"] == 2


def test_without_the_file_store_a_batch_waits_unharmed(demo: Person, files: Proxy) -> None:
    preview = demo.upload("before.csv", as_csv(sales(4)))
    started = demo.start("meanwhile.csv")
    with files:
        unavailable(demo.http.post("/import/uploads", json={"filename": "now.csv"}))
        unavailable(demo.http.get(f"/import/uploads/{preview['batch_id']}/preview"))
        unavailable(demo.http.post("/import/records/validate", json={"batch_id": preview["batch_id"]}))
        unavailable(demo.commit(preview))
        unavailable(demo.http.delete(f"/import/uploads/{preview['batch_id']}"))
        assert demo.http.get("/import/batches").status_code == 200  # history needs none

    assert demo.send(started, as_csv(sales(3))).status_code == 204
    assert demo.preview(started["batch_id"])["valid_rows"] == 3
    assert demo.committed(preview)["inserted"] == 4
