"""The functions with everything that they log."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from tests.integration.rights.conftest import BUCKET, Cloud, cloud, deploy, deployed, transformed

__all__ = ["cloud", "deploy", "deployed", "transformed"]

CANARY = "QUAGGA"
HEADER = "Order Number,Sale Date,Item Title,Sold For,Notes,QUAGGA column\n"
GOOD = HEADER + "QUAGGA-1,2026-01-24,QUAGGA lens,12.50,QUAGGA note,QUAGGA\nQUAGGA-2,2026-01-25,QUAGGA cap,7.00,CANARY,QUAGGA\n"
BAD = GOOD + "QUAGGA-3,CANARY,CANARY,CANARY,CANARY,QUAGGA\n"
COMMIT = "POST /import/records/commit"
PREVIEW = "GET /import/uploads/{batch_id}/preview"


@dataclass
class Line:
    """The functions, and what Lambda would have logged of the exceptions that left them."""

    cloud: Cloud
    printed: io.StringIO
    raised: list[str] = field(default_factory=list)

    def logged(self, message: str | None = None) -> list[dict[str, Any]]:
        """The lines so far, those with a message if one is given."""
        lines = [json.loads(line) for line in self.printed.getvalue().splitlines()]
        return [line for line in lines if message in (None, line["message"])]

    def http(self, function: str, route: str, body: Any = None, query: dict[str, str] | None = None, **params: str) -> dict[str, Any]:
        return self._kept(lambda: self.cloud.http(function, route, body, query, **params))

    def event(self, function: str, key: str) -> None:
        self._kept(lambda: self.cloud.event(function, key))

    def call(self, function: str, event: dict[str, Any]) -> Any:
        return self._kept(lambda: self.cloud.call(function, event))

    def _kept(self, called: Callable[[], Any]) -> Any:
        try:
            return called()
        except Exception as error:  # noqa: BLE001 - as Lambda does
            self.raised.append("".join(traceback.format_exception(error)))
            return {}

    def upload(self, content: bytes, filename: str = "QUAGGA file.csv", **options: Any) -> dict[str, Any]:
        """Upload a file and have it read; the preview."""
        started = self.http("StartUpload", "POST /import/uploads", {"filename": filename, "options": options})
        key = started["json"]["upload"]["fields"]["key"]
        self.cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        self.event("Validate", key)
        return self.http("ReadPreview", PREVIEW, batch_id=started["json"]["batch_id"])["json"]

    def commit(self, preview: dict[str, Any], **asked: Any) -> dict[str, Any]:
        body = {"batch_id": preview["batch_id"], "revision": preview["revision"], "account_id": self.cloud.account_id, **asked}
        return self.http("Commit", COMMIT, body)

    def rollback(self, preview: dict[str, Any], **asked: Any) -> dict[str, Any]:
        return self.http("Rollback", "POST /import/batches/{batch_id}/rollback", asked, batch_id=preview["batch_id"])

    def overwrite(self, folder: str, preview: dict[str, Any], body: bytes) -> str:
        """Break an object of an upload; its key."""
        found = self.cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/{self.cloud.user_id}/{preview['batch_id']}/")
        (key,) = [entry["Key"] for entry in found["Contents"] if "newest" not in entry["Key"]]
        self.cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return key


@pytest.fixture
def line(cloud: Cloud, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """Whatever a test does on it, nothing of what was logged holds the word; and something was logged at all."""
    printed = io.StringIO()
    handlers = [handler for handler in Logger().handlers if isinstance(handler, logging.StreamHandler)]
    for handler in handlers:
        monkeypatch.setattr(handler, "stream", printed)
    made = Line(cloud, printed)
    yield made
    captured = capfd.readouterr()
    logged = printed.getvalue() + captured.out + captured.err + "".join(made.raised)
    assert '"location"' in printed.getvalue(), "nothing was logged, so nothing is proven"
    assert CANARY not in logged.upper(), logged
