"""How long each route of a running local stack takes, alone and among others, and whether the size of a file matters to it.

Everything is on this machine: the gateway, at most eight containers of each function, PostgreSQL, the S3 stand-in and the
clients share its cores. So the figures say how routes compare, and that none waits for another's file; not what AWS takes.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.fresh import ROOT
from bench.sheet import Sheet, sheet

CLIENTS = (1, 16, 64)
_START_SECONDS = 120
_PATIENCE_SECONDS = 600
_OPEN = ("/", "/config.json", "/openapi.json", "/docs")
_READ = ("/import/record-types", "/import/template.csv", "/import/template.xlsx", "/import/accounts", "/import/batches")
_OF_A_BATCH = ("", "/records", "/events", "/manifest")

Request = tuple[str, str, dict[str, Any] | None]  # method, path, JSON


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one route among so many clients at a time, and how many calls were answered with an error instead."""

    route: str
    clients: int
    milliseconds: Sequence[float]
    failed: int = 0

    @property
    def p50(self) -> float:
        """The median."""
        return self._at(0.50)

    @property
    def p99(self) -> float:
        """What one call in a hundred exceeds; the slowest where there are fewer calls."""
        return self._at(0.99)

    def _at(self, share: float) -> float:
        if not self.milliseconds:
            return float("nan")
        return sorted(self.milliseconds)[min(len(self.milliseconds) - 1, int(share * len(self.milliseconds)))]


class _Refused(Exception):
    """An answer of 4xx or 5xx: no measurement."""


class Stack:
    """A signed-in user of a stack."""

    def __init__(self, facts: dict[str, Any]) -> None:
        user = facts["users"]["demo"]
        self.account_id: str = user["account_id"]
        self._api = facts["api"]
        self._ssl = ssl.create_default_context()  # unused, and slow to make for each client
        self._headers = {"Authorization": f"Bearer {user['token']}"}

    def client(self) -> httpx.Client:
        """A client with a connection of its own."""
        return httpx.Client(base_url=self._api, headers=self._headers, trust_env=False, timeout=120, verify=self._ssl)

    def ask(self, client: httpx.Client, request: Request) -> tuple[float, Any]:
        """Milliseconds, and the answer's JSON where it is any. Raises `_Refused`."""
        method, path, body = request
        begun = time.perf_counter()
        answer = client.request(method, path, json=body)
        taken = (time.perf_counter() - begun) * 1000
        if answer.is_error:
            raise _Refused(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return taken, answer.json() if answer.content and answer.headers.get("content-type", "").startswith("application/json") else None

    def together(self, requests: Iterable[Request], clients: int) -> list[tuple[float, Any] | None]:
        """All requests by so many clients at a time, each with a connection of its own; None for one that was refused."""
        with ExitStack() as open_clients:
            free = [open_clients.enter_context(self.client()) for _ in range(clients)]

            def one(request: Request) -> tuple[float, Any] | None:
                client = free.pop()
                try:
                    return self.ask(client, request)
                except _Refused as refused:
                    sys.stderr.write(f"  {refused}\n")
                    return None
                finally:
                    free.append(client)

            with ThreadPoolExecutor(clients) as pool:
                return list(pool.map(one, requests))

    def send(self, started: dict[str, Any], content: bytes) -> None:
        """The file, as a browser sends it."""
        form = started["upload"]
        httpx.post(form["url"], data=form["fields"], files={"file": ("file", content)}, trust_env=False, timeout=600).raise_for_status()

    def preview(self, client: httpx.Client, batch_id: str) -> dict[str, Any]:
        """The preview, once it is there."""
        return self._until(client, f"/import/uploads/{batch_id}/preview", lambda said: "revision" in said)

    def settled(self, client: httpx.Client, batch_id: str) -> dict[str, Any]:
        """The batch, once nobody is at work on it."""
        return self._until(client, f"/import/batches/{batch_id}", lambda said: said["status"] not in {"committing", "rolling_back"})

    def _until(self, client: httpx.Client, path: str, done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            _, said = self.ask(client, ("GET", path, None))
            if done(said):
                return said
            time.sleep(0.05)
        raise AssertionError(f"{path}: not done after {_PATIENCE_SECONDS} s")

    def commit_of(self, preview: dict[str, Any]) -> Request:
        """The request that commits a preview."""
        asked = {"batch_id": preview["batch_id"], "revision": preview["revision"], "account_id": self.account_id}
        return ("POST", "/import/records/commit", asked)


@contextmanager
def running() -> Iterator[Stack]:
    """A stack as `make run` starts it, on a free port, until the block is left."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "AWS_ENDPOINT_URL_S3")}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        data.chmod(0o755)
        with (data / "output.txt").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "local", "run"],
                cwd=ROOT,
                env={**environment, "PORT": "0", "DATA_DIR": folder},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Stack(_facts(process, data))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _facts(process: subprocess.Popen[bytes], data: Path) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not (data / "stack.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The stack did not start: {(data / 'output.txt').read_text()}")
        time.sleep(0.05)
    return json.loads((data / "stack.json").read_text())


def routes(stack: Stack, clients: int, calls: int) -> list[Latency]:
    """Every route, `calls` times each by so many clients; batches of three rows, half of which are undone."""
    taken: list[Latency] = []

    def measure(route: str, requests: Iterable[Request]) -> list[Any]:
        begun = time.monotonic()
        answers = stack.together(requests, clients)
        sys.stderr.write(f"  {clients} × {route}: {time.monotonic() - begun:.1f} s\n")
        done = [answer for answer in answers if answer is not None]
        taken.append(Latency(route, clients, [milliseconds for milliseconds, _ in done], len(answers) - len(done)))
        return [said for _, said in done]

    asset = f"/assets/{min(path.name for path in (ROOT / 'web' / 'assets').iterdir() if path.is_file())}"
    for path in (*_OPEN, asset, *_READ):
        measure(f"GET {'/assets/{name}' if path == asset else path}", [("GET", path, None)] * calls)
    started = measure("POST /import/uploads", [("POST", "/import/uploads", {"filename": f"{at}.csv"}) for at in range(2 * calls)])
    sent, never_sent = started[:calls], started[calls:]
    measure("DELETE /import/uploads/{batch_id}", [("DELETE", f"/import/uploads/{one['batch_id']}", None) for one in never_sent])
    previews = _previews(stack, sent)
    for part in ("preview", "errors"):
        measure(
            f"GET /import/uploads/{{batch_id}}/{part}", [("GET", f"/import/uploads/{one['batch_id']}/{part}", None) for one in previews]
        )
    measure("POST /import/records/validate", [("POST", "/import/records/validate", {"batch_id": one["batch_id"]}) for one in previews])
    committed = measure("POST /import/records/commit", [stack.commit_of(one) for one in previews])
    batches = [f"/import/batches/{one['batch_id']}" for one in committed]
    for part in _OF_A_BATCH:
        measure(f"GET /import/batches/{{batch_id}}{part}", [("GET", f"{path}{part}", None) for path in batches])
    for verb, paths in (("disable-rollback", batches[1::2]), ("rollback", batches[::2])):
        measure(f"POST /import/batches/{{batch_id}}/{verb}", [("POST", f"{path}/{verb}", {}) for path in paths])
    return taken


def _previews(stack: Stack, started: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    for number, one in enumerate(started):
        unique = f"{time.time_ns() // 1000}-{number}"
        rows = "".join(f"{unique}-{line},05/13/2024,Lens,1,$12.50\n" for line in range(3))
        stack.send(one, f"Order number,Sale date,Item title,Quantity,Sold for\n{rows}".encode())
    with stack.client() as client:
        return [stack.preview(client, one["batch_id"]) for one in started]


@dataclass(frozen=True, slots=True)
class Size:
    """Seconds of the three that read the rows of a file, and the other routes' latencies for an import of that size."""

    rows: int
    validate: float
    commit: float
    rollback: float
    others: list[Latency]


def size(stack: Stack, folder: Path, rows: int, calls: int) -> Size:
    """One import of so many rows, and what it costs to look at it; undone at the end."""
    with stack.client() as client:
        faulty = _arrived(stack, client, sheet(folder, rows))[0]
        preview, validate = _arrived(stack, client, sheet(folder, rows, kind="clean"))
        upload, batch = (f"/import/{kind}/{preview['batch_id']}" for kind in ("uploads", "batches"))
        begun = time.perf_counter()
        stack.ask(client, stack.commit_of(preview))
        stack.settled(client, preview["batch_id"])
        commit = time.perf_counter() - begun
        others = {
            "GET /import/uploads/{batch_id}/preview": ("GET", f"{upload}/preview", None),
            "GET /import/uploads/{batch_id}/errors": ("GET", f"/import/uploads/{faulty['batch_id']}/errors", None),
            **{f"GET /import/batches/{{batch_id}}{part}": ("GET", f"{batch}{part}", None) for part in _OF_A_BATCH},
            "GET /import/batches": ("GET", "/import/batches", None),
            "POST /import/records/commit, again": stack.commit_of(preview),
        }
        latencies = [Latency(route, 1, [stack.ask(client, request)[0] for _ in range(calls)]) for route, request in others.items()]
        begun = time.perf_counter()
        stack.ask(client, ("POST", f"{batch}/rollback", {}))
        stack.settled(client, preview["batch_id"])
        return Size(rows, validate, commit, time.perf_counter() - begun, latencies)


def _arrived(stack: Stack, client: httpx.Client, made: Sheet) -> tuple[dict[str, Any], float]:
    _, started = stack.ask(client, ("POST", "/import/uploads", {"filename": made.path.name}))
    stack.send(started, made.path.read_bytes())
    begun = time.perf_counter()
    return stack.preview(client, started["batch_id"]), time.perf_counter() - begun
