"""Every call that a function makes to the outside, counted, and one of them made to fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import botocore.client
import psycopg
import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody

from takeback.stores import database
from tests.integration.conftest import ALL_FUNCTIONS

# Not reached at all; reached, done, and the answer lost; for a body: cut in the middle.
Failure = Literal["before", "after"]


class Outside:
    """Counts calls to S3 and to the database. The n-th fails, before it is done or after; 0 lets all pass."""

    _watching = True

    def __init__(self) -> None:
        self.calls = 0
        self._fail_at = 0
        self._how: Failure = "before"

    def fail_at(self, n: int, how: Failure) -> None:
        self.calls, self._fail_at, self._how = 0, n, how

    @classmethod
    @contextmanager
    def unwatched(cls) -> Iterator[None]:
        """Calls of the test itself, which are not counted."""
        cls._watching = False
        yield
        cls._watching = True

    def passes(self) -> Failure | None:
        """Count a call; how it is to fail, if it is."""
        if not self._watching:
            return None
        self.calls += 1
        return self._how if self.calls == self._fail_at else None


@contextmanager
def watched(patch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """Stand between the functions and the outside."""
    outside = Outside()
    _watch_database(patch, outside)
    _watch_bucket(patch, outside)
    yield outside


def _watch_database(patch: pytest.MonkeyPatch, outside: Outside) -> None:
    wait, connect = psycopg.Connection.wait, database.connect

    def watched_wait(self: Any, gen: Any, *arguments: Any, **named: Any) -> Any:
        how = outside.passes() if not self.closed and self.info.user == ALL_FUNCTIONS else None
        if how == "before":
            self.pgconn.finish()
        done = wait(self, gen, *arguments, **named)
        if how == "after":
            self.pgconn.finish()
            raise psycopg.OperationalError("the connection is lost")
        return done

    def watched_connect(patience_seconds: int | None = None) -> database.Connection:
        if outside.passes():
            raise psycopg.OperationalError("connection refused")
        return connect(patience_seconds)

    patch.setattr(psycopg.Connection, "wait", watched_wait)
    patch.setattr(database, "connect", watched_connect)


def _watch_bucket(patch: pytest.MonkeyPatch, outside: Outside) -> None:
    call, read = botocore.client.BaseClient._make_api_call, StreamingBody.iter_chunks

    def watched_call(self: Any, operation: str, parameters: Any) -> Any:
        how = outside.passes()
        if how == "before":
            raise EndpointConnectionError(endpoint_url="https://bucket")
        done = call(self, operation, parameters)
        if how == "after":
            raise ConnectionClosedError(endpoint_url="https://bucket")
        return done

    def watched_read(self: Any, *arguments: Any, **named: Any) -> Any:
        how = outside.passes()
        if how == "before":
            raise ReadTimeoutError(endpoint_url="https://bucket")
        for block in read(self, *arguments, **named):
            if how == "after":
                yield block[: len(block) // 2]
                raise ReadTimeoutError(endpoint_url="https://bucket")
            yield block

    patch.setattr(botocore.client.BaseClient, "_make_api_call", watched_call)
    patch.setattr(StreamingBody, "iter_chunks", watched_read)
