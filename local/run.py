"""`python -m local run`: everything on this machine until Ctrl-C. PORT and DATA_DIR are read from the environment."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.text import Text

from local.stack import CannotStart, Running, stack
from local.terminal import Terminal

_LOOK_SECONDS = 0.5


def main(_arguments: list[str]) -> int:
    """Run a stack until Ctrl-C (or SIGTERM, or the terminal's end); 1 after one sentence when it cannot be run."""
    console = Console(soft_wrap=False, highlight=False)
    terminal = Terminal(console)
    stop = threading.Event()

    def leave(_signal: int, _frame: FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            if not started:
                raise KeyboardInterrupt

    started = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    data = Path(os.environ.get("DATA_DIR", ".local"))
    try:
        port = int(os.environ.get("PORT", "8000"))
    except ValueError:
        sys.stderr.write(f"PORT={os.environ['PORT']} is no number. Take one such as 8000: make run PORT=8000\n")
        return 1
    console.print(Text("Takeback", style="bold"))
    try:
        with stack(data, port, terminal.step, terminal.report) as running:
            started = True
            api = running.facts["api"]
            console.print(
                Text.assemble(
                    "\n  The page is at ", (api, "bold underline"), f"\n  {data}/stack.json has addresses and tokens. Ctrl-C ends it all.\n"
                )
            )
            _wait(stop, running, data)
            console.print(Text("\n  Stopping …", style="dim"))
    except CannotStart as problem:
        console.print(Text(f"\n  {problem}", style="bold red"), soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print(Text("\n  Stopped.", style="dim"))
        return 130
    return 0


def _wait(stop: threading.Event, running: Running, data: Path) -> None:
    while not stop.wait(_LOOK_SECONDS):
        gone = running.alive()
        if gone:
            raise CannotStart(f"{gone} has stopped by itself; the logs in {data} say why.")
