"""Everybody in turn, in random order, several times: medians, and ratios of runs that were neighbours."""

from __future__ import annotations

import random
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.fresh import Taken

Runs = Mapping[str, Sequence[Taken]]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and the lowest and highest that it is the median of."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.low:.2f}..{self.high:.2f}]"


def take_turns(contestants: Mapping[str, Callable[[], Taken]], rounds: int) -> dict[str, list[Taken]]:
    """What each took in each round. The order is drawn anew for every round, so that no one always follows the same."""
    taken: dict[str, list[Taken]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name in random.sample(list(contestants), len(contestants)):
            taken[name].append(contestants[name]())
            run = taken[name][-1]
            sys.stderr.write(f"  {number + 1}/{rounds} {name}: {run.wall:.2f} s, {run.cpu:.2f} s of processor, {run.peak_mb:.0f} MB\n")
    return taken


def median(runs: Sequence[Taken], of: Callable[[Taken], float]) -> float:
    """The middle value over the rounds."""
    return statistics.median(map(of, runs))


def ratio(one: Sequence[Taken], other: Sequence[Taken], of: Callable[[Taken], float]) -> Spread:
    """How many times as much `one` took as `other` in the same round."""
    found = [of(a) / of(b) for a, b in zip(one, other, strict=True)]
    return Spread(statistics.median(found), min(found), max(found))


def cpu(run: Taken) -> float:
    """Seconds of processor; not less than the hundredth that the kernel counts a server's in."""
    return max(run.cpu, 0.01)


def wall(run: Taken) -> float:
    """Seconds by the clock."""
    return run.wall
