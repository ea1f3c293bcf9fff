"""One call in a process of its own: `python -P -m bench.child module:function '[arguments]' CORES`, one JSON line on stdout.

What the module imports is outside the measurement. Processor time counts threads and ended children; the peak is this
process's own, as the kernel saw it.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path


def main(name: str, arguments: str, cores: str) -> None:
    """Pin this process, make the call, say what it took."""
    # Before the imports: libraries size their thread pools by what they find.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    module, _, function = name.partition(":")
    call, given = getattr(importlib.import_module(module), function), json.loads(arguments)
    wall, cpu = time.perf_counter(), _processor_seconds()
    result = call(*given)
    taken = {"wall": time.perf_counter() - wall, "cpu": _processor_seconds() - cpu, "peak_mb": _peak_mb()}
    print(json.dumps(taken | {"result": result}, default=str), flush=True)


def _processor_seconds() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def _peak_mb() -> float:
    # getrusage would tell the peak of the process that started this one, where that was larger.
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
