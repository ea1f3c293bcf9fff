"""Functions as Lambda runs them: containers that are started when needed, reused, timed out and replaced."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from local.declared import Function

_WORKER = Path(__file__).with_name("worker.py")
# Lambda gives a container ten seconds to import its handler; a loaded laptop may need more.
_IMPORT_SECONDS = 30
_MOST_CONTAINERS = 8
# Lambda starts another container at once. Here that takes longer than most calls, and twenty assets come together.
_PATIENCE_SECONDS = 0.2
_SECONDS_TO_LEAVE = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to: `answer`, or `error` as Lambda words it: {errorMessage, errorType, stackTrace}."""

    request_id: str
    answer: Any = None
    error: dict[str, Any] | None = None
    seconds: float = 0.0


class _Ended(Exception):
    """The container stopped or did not answer in time, worded as Lambda words it."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class _BadImport(Exception):
    """The handler could not be imported."""

    def __init__(self, error: dict[str, Any]) -> None:
        self.error = error
        super().__init__(error["errorMessage"])


class Container:
    """A process that has imported one function's handler."""

    def __init__(self, function: Function, environment: Mapping[str, str], log: Path) -> None:
        answers, theirs = os.pipe()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_WORKER), function.handler, str(theirs)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[theirs],
                env=dict(environment),
                cwd=function.folder,
                start_new_session=True,
            )
        os.close(theirs)
        self._answers = answers
        # Not before the last reader has let go of this object: the number could be another file's by then.
        weakref.finalize(self, os.close, answers)
        self._rest = b""
        self._imported = False

    def start(self) -> None:
        """Wait until the handler is imported; nothing to do the second time. Raises `_Ended` or `_BadImport`."""
        if not self._imported:
            said = self._read(_IMPORT_SECONDS, "Init")
            if "error" in said:
                raise _BadImport(said["error"])
            self._imported = True

    def call(self, event: Any, request_id: str, timeout: float) -> dict[str, Any]:
        """`{answer}` or `{error}`. Raises `_Ended` when it dies or is too slow; the container is of no use then."""
        line = json.dumps({"event": event, "request_id": request_id, "deadline": time.time() + timeout}).encode()
        try:
            self._input.write(line + b"\n")
            self._input.flush()
        except OSError:
            raise _Ended("Runtime.ExitError", "Runtime exited before it took the event") from None
        return self._read(timeout, "Task")

    @property
    def _input(self) -> Any:
        return self._process.stdin

    def _read(self, seconds: float, what: str) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        chunks = [self._rest]
        while b"\n" not in chunks[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise _Ended("Sandbox.Timedout", f"{what} timed out after {seconds:.2f} seconds")
            chunk = os.read(self._answers, 1 << 20)
            if not chunk:
                code = self._process.wait()
                raise _Ended("Runtime.ExitError", f"Runtime exited with error: {f'signal {-code}' if code < 0 else f'exit status {code}'}")
            chunks.append(chunk)
        line, _, self._rest = b"".join(chunks).partition(b"\n")
        return json.loads(line)

    def end(self, *, wait: float = 0) -> None:
        """Let it finish within `wait` seconds, then kill it."""
        with suppress(OSError):
            self._input.close()
        try:
            self._process.wait(wait)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass
class _Pool:
    function: Function
    environment: Mapping[str, str]
    log: Path
    idle: list[Container] = field(default_factory=list)
    all: set[Container] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False

    @property
    def most(self) -> int:
        return min(_MOST_CONTAINERS, self.function.most_containers or _MOST_CONTAINERS)

    @contextmanager
    def container(self) -> Iterator[Container]:
        """A container for one call. One that ended, or could not import its handler, is not used again."""
        container = self._take()
        try:
            container.start()
            yield container
        except BaseException:
            container.end()
            with self.changed:
                self.all.discard(container)
                self.changed.notify()
            raise
        with self.changed:
            self.idle.append(container)
            self.changed.notify()

    def _take(self) -> Container:
        """A warm container. When all are at work: one that is done soon, else a new one, else whichever is done first."""
        with self.changed:
            if self.all and not self.idle:
                self.changed.wait(_PATIENCE_SECONDS)
            while not self.idle and len(self.all) >= self.most and not self.closed:
                self.changed.wait()
            if self.closed:
                raise _Ended("Runtime.Shutdown", "The local stack is stopping")
            if self.idle:
                return self.idle.pop()
            container = Container(self.function, self.environment, self.log)
            self.all.add(container)
            return container

    def close(self) -> list[tuple[Container, bool]]:
        """Hand out no more; gives every container and whether it is at work."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()
            return [(container, container not in self.idle) for container in self.all]


class Lambdas:
    """All functions of a template, each with its containers. `environments` maps a function to all its variables."""

    def __init__(self, functions: Mapping[str, Function], environments: Mapping[str, Mapping[str, str]], logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._pools = {name: _Pool(function, environments[name], logs / f"{name}.log") for name, function in functions.items()}

    def invoke(self, name: str, event: Any) -> Outcome:
        """Call a function and wait. Any failure is an outcome, not an exception; an unknown name is a KeyError."""
        pool = self._pools[name]
        request_id, started = str(uuid4()), time.monotonic()
        try:
            with pool.container() as container:
                message = container.call(event, request_id, pool.function.timeout)
        except _Ended as ended:
            message = {"error": {"errorMessage": f"RequestId: {request_id} Error: {ended}", "errorType": ended.kind}}
        except _BadImport as failed:
            message = {"error": failed.error}
        return Outcome(request_id, message.get("answer"), message.get("error"), time.monotonic() - started)

    def warm(self) -> None:
        """Start one container of every function that has none, one after the other, so that first calls are quick."""
        for pool in self._pools.values():
            if not pool.all:
                with suppress(_Ended, _BadImport), pool.container():
                    pass

    def close(self) -> None:
        """End every container, leaving what is under way a moment to finish."""
        containers = [container for pool in self._pools.values() for container in pool.close()]
        with ThreadPoolExecutor(max(1, len(containers))) as together:
            for container, is_at_work in containers:
                together.submit(container.end, wait=_SECONDS_TO_LEAVE if is_at_work else 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
