"""`make profile`: where the time of a validation goes, by module and by function.

The profiler sees the main thread alone, and makes calls of Python look dearer than they are. What waits for other threads shows
as locks, what waits for the S3 stand-in as sockets.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import tempfile
from collections import Counter
from pathlib import Path

from bench import our_validation
from bench.bucket import bucket
from bench.fresh import ROOT
from bench.sheet import sheet


def main() -> None:
    """Profile one validation, from the S3 object to the preview."""
    parser = argparse.ArgumentParser(prog="make profile")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--ending", choices=["csv", "json", "ndjson", "xlsx"], default="csv")
    asked = parser.parse_args()
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder, bucket(Path(folder)) as objects:
        upload = objects.put(sheet(ROOT / ".cache" / "bench", asked.rows, ending=asked.ending).path)
        os.environ.update(objects.environments["Validate"])
        our_validation.files.client.cache_clear()
        profile.runcall(our_validation.validated, upload.key, upload.version_id)
    stats = pstats.Stats(profile)
    _by_module(stats)
    stats.strip_dirs().sort_stats("tottime").print_stats(25)


def _by_module(stats: pstats.Stats) -> None:
    """Seconds spent in the functions of each module, without those that they call."""
    seconds: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in stats.stats.items():  # pyright: ignore[reportAttributeAccessIssue] - missing in typeshed
        seconds[_module(file)] += own
    print(f"{sum(seconds.values()):8.2f} s in all, of which in the functions of")
    for name, own in seconds.most_common(15):
        print(f"{own:8.2f} s  {name}")


def _module(file: str) -> str:
    if "takeback/" in file:
        return f"takeback/{file.rpartition('takeback/')[2]}"
    return f"{file.rpartition('site-packages/')[2].split('/')[0]} (library)" if "site-packages/" in file else "Python itself"


if __name__ == "__main__":
    main()
