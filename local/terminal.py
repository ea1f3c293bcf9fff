"""What the runner says while it runs: one calm line for each thing that happened, faults in red."""

from __future__ import annotations

import re

from rich.console import Console
from rich.text import Text

from local.events import Delivered
from local.gateway import Served

_SLOW_SECONDS = 3
_ID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Terminal:
    """Writes to a console from any thread. `quiet` says only what went wrong."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._last = ("", "", 0)

    def step(self, text: str) -> None:
        """Something the start is waiting for."""
        if not self._quiet:
            self._console.print(Text(f"  {text} …", style="dim"))

    def report(self, happened: Served | Delivered) -> None:
        """A request or an event."""
        if isinstance(happened, Served):
            self._served(happened)
        else:
            self._delivered(happened)

    def _served(self, served: Served) -> None:
        bad = served.status >= 500 or bool(served.note)
        this = (served.method, served.path, served.status)
        # Whoever waits for a preview asks several times a second: once is told.
        if not bad and (self._quiet or this == self._last):
            return
        self._last = this
        style = "bold red" if bad else "yellow" if served.status >= 400 else "green"
        self._line(served.method, served.path, str(served.status), style, served.seconds)
        if served.note:
            self._fault(served.note)

    def _delivered(self, delivered: Delivered) -> None:
        error = delivered.outcome.error
        if self._quiet and not error:
            return
        said = ("retry", "yellow") if error and not delivered.last else ("failed", "bold red") if error else ("ok", "green")
        self._line("event", f"{delivered.function} ← {delivered.why}", *said, delivered.outcome.seconds)
        if error:
            parked = " It is in dead-letters in the data folder." if delivered.last else ""
            self._fault(f"{error['errorType']}: {error['errorMessage']}{parked}")

    def _line(self, kind: str, what: str, said: str, style: str, seconds: float) -> None:
        took = f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
        line = Text.assemble(
            (f"  {kind:<7}", "dim"), (f"{said:<7}", style), (f"{took:>8}  ", "bold" if seconds > _SLOW_SECONDS else "dim"), what
        )
        self._console.print(line, overflow="ellipsis", no_wrap=True)

    def _fault(self, text: str) -> None:
        self._console.print(Text(f"          {text}", style="red"))
