"""One real stack, started as `make run` starts it, for every test that speaks HTTP to it: the journeys and the page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# What the template gives every function; those that run within the tests need it too.
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Takeback")
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "takeback")

_ROOT = Path(__file__).parent.parent
_START_SECONDS = 90
_STOP_SECONDS = 30


@pytest.fixture(scope="session", autouse=True)
def _close_tracer() -> Iterator[None]:
    """The X-Ray library opens a socket when it is imported and never closes it."""
    yield
    if "aws_xray_sdk.core" in sys.modules:
        sys.modules["aws_xray_sdk.core"].xray_recorder.emitter._socket.close()


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the stack: stack.json, logs/, dead-letters/."""
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def stack(data_dir: Path) -> Iterator[dict[str, Any]]:
    """What stack.json says of a stack that runs on a port of its own: {api, s3, bucket, database_url, users}."""
    taken = ("DATABASE_URL", "AWS_ENDPOINT_URL_S3")
    environment = {name: value for name, value in os.environ.items() if name not in taken}
    said = data_dir / "output.txt"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "run"],
            cwd=_ROOT,
            env={**environment, "PORT": "0", "DATA_DIR": str(data_dir)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _facts(process, data_dir / "stack.json", said)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(_STOP_SECONDS) == 0, said.read_text()


def _facts(process: subprocess.Popen[bytes], path: Path, said: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"The stack did not start:\n{said.read_text()}")
        time.sleep(0.05)
    return json.loads(path.read_text())
