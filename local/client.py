"""The HTTP contract as a client sees it. Nothing here knows how the other side is made."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

_LOOK_SECONDS = 0.25


class Refused(Exception):
    """An answer that is an error; the message is what it tells a person to do."""


class Client:
    """One signed-in user."""

    def __init__(self, api: str, token: str) -> None:
        self._http = httpx.Client(base_url=api, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def fields(self) -> list[dict[str, Any]]:
        """The fields of the first record type."""
        return self._ask("GET", "/import/record-types")["items"][0]["fields"]

    def account(self) -> str:
        """The id of the first account."""
        return self._ask("GET", "/import/accounts")["items"][0]["account_id"]

    def upload(self, path: Path, sent: Callable[[int], None]) -> str:
        """Send a file; gives the batch id. `sent` is told the bytes of each piece that went out."""
        started = self._ask("POST", "/import/uploads", {"filename": path.name, "size": path.stat().st_size})
        form = started["upload"]
        with _Watched(path, sent) as file:
            # Signed fields must come alone: the sign-in is for the API, not for S3.
            answer = httpx.post(form["url"], data=form["fields"], files={"file": (path.name, file)}, trust_env=False, timeout=600)
        if answer.is_error:
            raise Refused(f"The file was not taken: {answer.text}")
        return started["batch_id"]

    def preview(self, batch_id: str, revision: str | None, seen: Callable[[int], None]) -> dict[str, Any]:
        """Wait for the preview; `seen` is told how many rows have been read so far."""
        while True:
            answer = self._http.get(f"/import/uploads/{batch_id}/preview", params={"revision": revision} if revision else None)
            said = _body(answer)
            if answer.status_code != httpx.codes.ACCEPTED:
                return said
            seen(said["rows_seen"])
            time.sleep(_LOOK_SECONDS)

    def read_again(self, batch_id: str, options: dict[str, Any]) -> str:
        """Ask for another reading; gives its revision."""
        return self._ask("POST", "/import/records/validate", {"batch_id": batch_id, "options": options})["revision"]

    def commit(self, batch_id: str, revision: str, account_id: str) -> dict[str, Any]:
        """Commit, and wait for it."""
        return self._settled(
            self._ask("POST", "/import/records/commit", {"batch_id": batch_id, "revision": revision, "account_id": account_id})
        )

    def rollback(self, batch_id: str, *, dry_run: bool = False) -> dict[str, Any]:
        """Undo, and wait for it."""
        return self._settled(self._ask("POST", f"/import/batches/{batch_id}/rollback", {"dry_run": dry_run}))

    def records(self, batch_id: str) -> list[dict[str, Any]]:
        """The first records that a batch wrote."""
        return self._ask("GET", f"/import/batches/{batch_id}/records")["items"]

    def _settled(self, batch: dict[str, Any]) -> dict[str, Any]:
        while batch["status"] in {"committing", "rolling_back"}:
            time.sleep(_LOOK_SECONDS)
            batch = self._ask("GET", f"/import/batches/{batch['batch_id']}")
        if batch["problem"]:
            raise Refused(batch["problem"]["detail"])
        return batch

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return _body(self._http.request(method, path, json=body))


class _Watched(io.FileIO):
    def __init__(self, path: Path, sent: Callable[[int], None]) -> None:
        super().__init__(path)
        self._sent = sent

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(-1 if size is None else size) or b""
        self._sent(len(piece))
        return piece


def _body(answer: httpx.Response) -> Any:
    if answer.is_error:
        try:
            said = answer.json()
        except ValueError:
            said = {}
        raise Refused(said.get("detail") or said.get("message") or f"The answer was {answer.status_code}.")
    return answer.json()
