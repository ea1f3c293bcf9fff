"""Asynchronous calls: kept on disk until they succeed, retried as Lambda retries, parked when they do not.

An event is a file in `queue/` from the moment it is taken over until its function has answered, so neither Ctrl-C nor
a crash loses one. What failed for good lies in `dead-letters/`, in the shape of Lambda's on-failure destination.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.declared import Function
from local.lambdas import Lambdas, Outcome

# Lambda waits one minute and then two; nobody wants to on a laptop.
_SECONDS_BEFORE_RETRY = (1, 2)
_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class Delivered:
    """One attempt at an event, for the terminal. `why` names the trigger; `last` says that no other attempt follows."""

    function: str
    why: str
    outcome: Outcome
    last: bool


class Events:
    """Takes events for functions and sees them through."""

    def __init__(self, folder: Path, lambdas: Lambdas, functions: Mapping[str, Function], report: Callable[[Delivered], None]) -> None:
        self._queue, self._dead = folder / "queue", folder / "dead-letters"
        self._queue.mkdir(parents=True, exist_ok=True)
        self._lambdas = lambdas
        self._functions = functions
        self._report = report
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(_TOGETHER, "event")

    def resume(self) -> int:
        """Take up what an earlier run left; gives how many events that is."""
        left = sorted(self._queue.glob("*.json"))
        for path in left:
            self._workers.submit(self._see_through, path)
        return len(left)

    def put(self, function: str, why: str, event: Any) -> None:
        """Take an event over. When this returns it is safe."""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}"
        path, unfinished = self._queue / f"{name}.json", self._queue / f"{name}.new"
        unfinished.write_text(json.dumps({"function": function, "why": why, "event": event}))
        unfinished.rename(path)
        with suppress(RuntimeError):  # stopping: it waits on disk for the next run
            self._workers.submit(self._see_through, path)

    def close(self) -> None:
        """Take up nothing new; what is under way stays queued unless it finishes."""
        self._stopping.set()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _see_through(self, path: Path) -> None:
        queued = json.loads(path.read_text())
        function = self._functions.get(queued["function"])
        if function is None:  # an older template's
            path.unlink()
            return
        attempt = 0
        while not self._stopping.is_set():
            outcome = self._lambdas.invoke(function.name, queued["event"])
            if self._stopping.is_set() and outcome.error:
                return
            last = outcome.error is None or attempt >= function.retries
            self._report(Delivered(function.name, queued["why"], outcome, last))
            if last:
                if outcome.error:
                    self._park(function, queued["event"], outcome, attempt + 1)
                path.unlink()
                return
            self._stopping.wait(_SECONDS_BEFORE_RETRY[min(attempt, len(_SECONDS_BEFORE_RETRY) - 1)])
            attempt += 1

    def _park(self, function: Function, event: Any, outcome: Outcome, attempts: int) -> None:
        """Leave a record in the form that https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html gives."""
        self._dead.mkdir(exist_ok=True)
        record = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": outcome.request_id,
                "functionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{function.name}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": attempts,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": outcome.error,
        }
        (self._dead / f"{outcome.request_id}.json").write_text(json.dumps(record, indent=1))
