"""Somebody who uses the API. Only the HTTP contract is known here."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx

_SECONDS = 120


class Person:
    """One signed-in user of a stack: `facts` is its stack.json."""

    def __init__(self, facts: dict[str, Any], name: str) -> None:
        self.me = facts["users"][name]
        self.http = httpx.Client(
            base_url=facts["api"], headers={"Authorization": f"Bearer {self.me['token']}"}, trust_env=False, timeout=60
        )

    def start(self, filename: str, **options: Any) -> dict[str, Any]:
        answer = self.http.post("/import/uploads", json={"filename": filename, "options": options})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def send(self, started: dict[str, Any], content: bytes) -> httpx.Response:
        form = started["upload"]
        return httpx.post(form["url"], data=form["fields"], files={"file": ("file", content)}, trust_env=False, timeout=120)

    def upload(self, filename: str, content: bytes, **options: Any) -> dict[str, Any]:
        """Upload and wait for the preview."""
        started = self.start(filename, **options)
        sent = self.send(started, content)
        assert sent.status_code == 204, sent.text
        return self.preview(started["batch_id"])

    def preview(self, batch_id: str, revision: str | None = None) -> dict[str, Any]:
        """Wait until there is one."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            answer = self.http.get(f"/import/uploads/{batch_id}/preview", params={"revision": revision} if revision else None)
            if answer.status_code == 200:
                return answer.json()
            assert answer.status_code == 202, answer.text
            assert answer.json()["state"] in {"awaiting_upload", "validating"}
            time.sleep(0.1)
        raise AssertionError(f"no preview of {batch_id} after {_SECONDS} s")

    def read_again(self, batch_id: str, **asked: Any) -> dict[str, Any]:
        """Another mapping or other options, and the preview that comes of it."""
        answer = self.http.post("/import/records/validate", json={"batch_id": batch_id, **asked})
        assert answer.status_code == 202, answer.text
        return self.preview(batch_id, answer.json()["revision"])

    def commit(self, preview: dict[str, Any], **asked: Any) -> httpx.Response:
        body = {"batch_id": preview["batch_id"], "revision": preview["revision"], "account_id": self.me["account_id"], **asked}
        return self.http.post("/import/records/commit", json=body)

    def committed(self, preview: dict[str, Any], **asked: Any) -> dict[str, Any]:
        """Commit, wait for the end, and expect it to be a good one."""
        answer = self.commit(preview, **asked)
        assert answer.status_code in {200, 202}, answer.text
        batch = self.settled(answer.json())
        assert batch["status"] == "committed", batch
        return batch

    def rollback(self, batch_id: str, **asked: Any) -> httpx.Response:
        return self.http.post(f"/import/batches/{batch_id}/rollback", json=asked)

    def settled(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch when nothing is under way any more."""
        deadline = time.monotonic() + _SECONDS
        while batch["status"] in {"committing", "rolling_back"}:
            assert time.monotonic() < deadline, batch
            time.sleep(0.1)
            batch = self.http.get(f"/import/batches/{batch['batch_id']}").json()
        return batch


def sales(count: int, *, prefix: str = "") -> list[dict[str, Any]]:
    """Rows that nobody else has: order number, date, item, price."""
    mark = prefix or uuid4().hex[:8]
    return [
        {
            "Order Number": f"{mark}-{number:06}",
            "Sale Date": f"2026-01-{number % 28 + 1:02}",
            "Item Title": f"Thing {number}",
            "Sold For": f"{number % 900 + 1}.50",
        }
        for number in range(count)
    ]


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """The rows with a header in row 1."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines).encode() + b"\n"
