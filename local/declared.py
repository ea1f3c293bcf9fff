"""What a template declares, as the local runner needs it: functions, routes, triggers, schedules, buckets, CORS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function. `timeout` in seconds; `folder` is where its code lies."""

    name: str
    handler: str
    folder: Path
    timeout: int
    memory: int
    environment: Mapping[str, str]
    layers: tuple[Path, ...]
    most_containers: int
    retries: int


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path pattern of the HTTP API and who answers. `key` is API Gateway's routeKey."""

    method: str
    path: str
    function: str
    authorized: bool

    @property
    def key(self) -> str:
        return self.path if self.path == "$default" else f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """The (still encoded) path parameters when this route takes the request, else None."""
        if self.method not in {"ANY", method}:
            return None
        if self.path == "$default":
            return {}
        found = re.fullmatch(self._pattern, path)
        return found.groupdict() if found else None

    @property
    def rank(self) -> tuple[int, ...]:
        """Smaller goes first: fixed segments before parameters before a greedy one, a method before ANY."""
        if self.path == "$default":
            return (9,)
        segments = [2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in self.path.split("/")]
        return (*segments, self.method == "ANY")

    @property
    def _pattern(self) -> str:
        parts = re.split(r"(\{[A-Za-z0-9_.-]+\+?\})", self.path)
        return "".join(
            f"(?P<{part.strip('{}+')}>{'.+' if part.endswith('+}') else '[^/]+'})" if part.startswith("{") else re.escape(part)
            for part in parts
        )


@dataclass(frozen=True, slots=True)
class BucketTrigger:
    """A function that is called when an object with this prefix and suffix appears in `bucket`."""

    name: str
    function: str
    bucket: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that is called by the clock. `expression` is EventBridge's: `rate(1 hour)`, `cron(…)`."""

    name: str
    function: str
    expression: str
    input: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Cors:
    """What an API or a bucket allows pages of other origins."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    expose: tuple[str, ...] = ()
    max_age: int = 0
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and its name; `owner` is its logical id."""

    owner: str
    name: str
    versioned: bool
    cors: tuple[Cors, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """All of it, evaluated."""

    functions: Mapping[str, Function]
    routes: tuple[Route, ...]
    triggers: tuple[BucketTrigger, ...]
    schedules: tuple[Schedule, ...]
    buckets: tuple[Bucket, ...]
    api_cors: Cors | None
    custom_resources: tuple[tuple[str, Mapping[str, Any]], ...]
