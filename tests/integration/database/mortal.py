"""A process that commits and dies, or freezes, at a given moment. Run as a program; one JSON instruction per line.

`{"told": CommitOrder, "lines": [text], "die": {"at": line, "by": signal} | {"after_commit": true}}` forks a child that does it, and
answers `{"ended": status}` or `{"frozen": pid}`; `{"wait": pid}` waits for a frozen one. Forking keeps a hundred deaths cheap.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import psycopg

from takeback.rules.commit_order import CommitOrder
from takeback.stores import commit


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        pid = asked.get("wait") or os.fork()
        if pid == 0:
            _commit(asked["told"], asked["lines"], asked["die"])
            os._exit(0)
        _, status = os.waitpid(pid, os.WUNTRACED)
        told = {"frozen": pid} if os.WIFSTOPPED(status) else {"ended": os.waitstatus_to_exitcode(status)}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _commit(told: dict[str, Any], lines: list[str], die: dict[str, Any]) -> None:
    if die.get("after_commit"):
        _die_after_commit()
    try:
        commit.commit(CommitOrder.model_validate(told), _mortal(lines, die), rollback_window_hours=24)
    except Exception as error:  # noqa: BLE001 - the parent only needs the name
        os.write(2, f"{type(error).__name__}\n".encode())
        os._exit(1)


def _mortal(lines: list[str], die: dict[str, Any]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if number == die.get("at"):
            os.kill(os.getpid(), die["by"])
        yield line.encode()
    if die.get("at") == len(lines):
        os.kill(os.getpid(), die["by"])


def _die_after_commit() -> None:
    execute = psycopg.Connection.execute

    def mortal(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        done = execute(self, query, *arguments, **named)
        if query == "commit":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    psycopg.Connection.execute = mortal


if __name__ == "__main__":
    main()
