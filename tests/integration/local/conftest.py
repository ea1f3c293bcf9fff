"""The small stack of app/template.yaml, up and running once for all tests here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.config import Config

from local.events import Delivered
from local.gateway import Served
from local.stack import Running, stack

APP = Path(__file__).parent / "app" / "template.yaml"


class Up:
    """A running stack, its folder, what it reported, and clients for it."""

    def __init__(self, running: Running, data: Path, reported: list[Served | Delivered]) -> None:
        self.facts = running.facts
        self.data = data
        self.reported = reported
        self.http = httpx.Client(base_url=running.facts["api"], trust_env=False, timeout=30)
        self.s3 = boto3.client(
            "s3",
            endpoint_url=running.facts["s3"],
            region_name="us-east-1",
            aws_access_key_id="AKIALOCALTAKEBACK000",
            aws_secret_access_key="local-secret-that-opens-nothing-else",
            config=Config(signature_version="s3v4", proxies={}),
        )
        self.bucket: str = running.facts["bucket"]

    def token(self, user: str = "demo") -> dict[str, str]:
        """The header that signs a user in."""
        return {"Authorization": f"Bearer {self.facts['users'][user]['token']}"}

    def close(self) -> None:
        self.http.close()
        self.s3.close()


@contextmanager
def _up(data: Path) -> Iterator[Up]:
    reported: list[Served | Delivered] = []
    with stack(data, 0, lambda _: None, reported.append, APP) as running:
        up = Up(running, data, reported)
        try:
            yield up
        finally:
            up.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The one that tests share; they leave it as it was."""
    with _up(tmp_path_factory.mktemp("stack")) as up:
        yield up


@pytest.fixture(scope="session")
def start() -> Callable[[Path], AbstractContextManager[Up]]:
    """Starts a stack on a folder, for tests that need one to themselves."""
    return _up
