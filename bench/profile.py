"""`make profile`: where the time of a validation goes."""

from __future__ import annotations

import cProfile
import pstats

from bench.contestants import takeback
from bench.sheet import sheet


def main() -> None:
    """Profile one validation of 50,000 rows."""
    data = sheet(50_000)
    profile = cProfile.Profile()
    profile.runcall(takeback, data)
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


if __name__ == "__main__":
    main()
