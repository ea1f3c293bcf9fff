"""Calls in fresh processes: what each takes of the clock, of the processor and of memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
USER = "bench"  # whose files these are


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by the clock, seconds of processor, peak resident memory in MB, and what the call gave."""

    wall: float
    cpu: float
    peak_mb: float
    result: Any = None


def call(
    name: str,
    *arguments: Any,
    cores: int = 1,
    python: str = sys.executable,
    folders: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Taken:
    """What `module:function` takes in a new process on this many cores. Raises `CalledProcessError` when it fails.

    `folders`, relative to the project, are searched for modules before the project itself and `shared`.
    """
    path = os.pathsep.join(str(ROOT / folder) for folder in (*folders, "", "shared"))
    said = subprocess.run(
        [python, "-P", "-m", "bench.child", name, json.dumps(arguments, default=str), str(cores)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, **(environment or {}), "PYTHONPATH": path},
        cwd=ROOT,
    ).stdout
    return Taken(**json.loads(said.splitlines()[-1]))
