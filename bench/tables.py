"""Measurements as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median as middle

from bench.api import CLIENTS, Latency, Size
from bench.fresh import Taken
from bench.rounds import Spread, cpu, median, ratio, wall
from bench.validations import GROWTH, OURS, SLOW, Measured


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def per_second(measured: Measured, name: str) -> float:
    """Rows per second of processor."""
    return measured.sheets[name].rows / median(measured.runs[name], cpu)


def speed(measured: Measured, other: str) -> Spread:
    """How many times as many rows per second of processor Takeback reads as another in the same round."""
    found = ratio(measured.runs[other], measured.runs[OURS], cpu)
    scale = measured.sheets[OURS].rows / measured.sheets[other].rows
    return Spread(found.median * scale, found.low * scale, found.high * scale)


def two_core_speed(measured: Measured, other: str) -> Spread:
    """The same by the clock, which is what a second core is for."""
    return ratio(measured.runs[other], measured.runs[OURS], wall)


def peers(measured: Measured) -> str:
    """Everybody on one core."""
    names = sorted(measured.runs, key=lambda name: -per_second(measured, name))
    head = ("", "rows", "s of processor", "s by the clock", "rows/s of processor", "peak MB", "Takeback is … times as fast")
    rows = []
    for name in names:
        runs, count = measured.runs[name], measured.sheets[name].rows
        took = (f"{median(runs, cpu):.2f}", f"{median(runs, wall):.2f}", f"{per_second(measured, name):,.0f}", f"{_peak(runs):.0f}")
        rows.append((name, f"{count:,}", *took, "" if name == OURS else speed(measured, name)))
    return table(head, rows)


def on_two_cores(measured: Measured) -> str:
    """Those that use a second core."""
    head = ("on two cores", "s by the clock", "s of processor", "peak MB", "Takeback is … times as fast")
    rows = []
    for name, runs in measured.runs.items():
        against = "" if name == OURS else two_core_speed(measured, name)
        rows.append((name, f"{median(runs, wall):.2f}", f"{median(runs, cpu):.2f}", f"{_peak(runs):.0f}", against))
    return table(head, rows)


def growth(measured: Measured) -> str:
    """Time and memory over the size of the file."""
    head = ("rows", "MB", "s of processor", "µs per row", "µs per further row", "peak MB")
    rows, before = [], (0, 0.0)
    for name, runs in measured.runs.items():
        made, took = measured.sheets[name], median(runs, cpu)
        further = (took - before[1]) / (made.rows - before[0]) * 1e6
        rows.append((name, f"{made.mb:.1f}", f"{took:.2f}", f"{took / made.rows * 1e6:.2f}", f"{further:.2f}", f"{_peak(runs):.0f}"))
        before = (made.rows, took)
    return table(head, rows)


def peaks(measured: Measured) -> dict[str, float]:
    """Median peak memory in MB by name."""
    return {name: _peak(runs) for name, runs in measured.runs.items()}


def microseconds(measured: Measured) -> dict[str, float]:
    """Median microseconds of processor per row by name."""
    return {name: median(runs, cpu) / measured.sheets[name].rows * 1e6 for name, runs in measured.runs.items()}


def formats(measured: Measured, reader: str) -> str:
    """The other formats, and openpyxl that reads alone."""
    rows_of = {name: made.rows for name, made in measured.sheets.items()}
    rows_of[reader] = rows_of[f"{OURS}, xlsx"]
    head = ("", "rows", "s of processor", "rows/s of processor", "peak MB")
    return table(
        head,
        (
            (name, f"{rows_of[name]:,}", f"{median(runs, cpu):.2f}", f"{rows_of[name] / median(runs, cpu):,.0f}", f"{_peak(runs):.0f}")
            for name, runs in measured.runs.items()
        ),
    )


def faults(measured: Measured) -> str:
    """Bad input beside the usual sheet."""
    rows = []
    for name, runs in measured.runs.items():
        times = "" if name == OURS else ratio(runs, measured.runs[OURS], cpu)
        found = f"{runs[0].result['bad']:,}"
        rows.append(("the usual sheet" if name == OURS else name, found, f"{median(runs, cpu):.2f}", times, f"{_peak(runs):.0f}"))
    return table(("", "bad rows found", "s of processor", "times the usual", "peak MB"), rows)


def loads(rows: int, runs: dict[str, list[Taken]], pairs: Sequence[tuple[str, str]]) -> list[Sequence[object]]:
    """Rows of the table of commits: each of ours beside the other that does the same."""
    made: list[Sequence[object]] = []
    for ours, other in pairs:
        for name, against in ((ours, ""), (other, ratio(runs[ours], runs[other], wall))):
            took = median(runs[name], wall)
            in_cpu = "" if not against else ratio(runs[ours], runs[other], cpu)
            made.append((f"{rows:,}", name, f"{took:.2f}", f"{rows / took:,.0f}", f"{median(runs[name], cpu):.2f}", against, in_cpu))
    return made


def latencies(taken: Sequence[Latency]) -> str:
    """Each route among 1, 16 and 64 clients."""
    by_route: dict[str, dict[int, Latency]] = {}
    for one in taken:
        by_route.setdefault(one.route, {})[one.clients] = one
    head = ["route", *(f"{clients} client{'s' if clients > 1 else ''}: p50 / p99" for clients in CLIENTS)]
    return table(
        head, ((f"`{route}`", *(f"{found[c].p50:.0f} / {found[c].p99:.0f}" for c in CLIENTS)) for route, found in by_route.items())
    )


def _cell(found: Latency) -> str:
    return f"{found.p50:.0f} / {found.p99:.0f}" + (f" ({found.failed} failed)" if found.failed else "")


def sizes(small: Size, large: Size) -> str:
    """What an import's size costs: the three that read its rows in s, all others in ms."""
    head = ("", f"{small.rows:,} rows", f"{large.rows:,} rows", "times")
    grown = [
        (f"{name}, s", f"{a:.2f}", f"{b:.2f}", f"{b / a:.1f}")
        for name, a, b in (
            ("validate, until the preview is there", small.validate, large.validate),
            ("commit", small.commit, large.commit),
            ("rollback", small.rollback, large.rollback),
        )
    ]
    rest = [
        (f"`{a.route}`, ms", f"{a.p50:.0f}", f"{b.p50:.0f}", f"{b.p50 / a.p50:.1f}")
        for a, b in zip(small.others, large.others, strict=True)
    ]
    return table(head, [*grown, *rest])


def slow_rows(measured: Measured) -> str:
    """Which of the peers were given fewer rows, as a phrase."""
    return ", ".join(f"{name} {measured.sheets[name].rows:,}" for name in SLOW)


def flat(measured: Measured) -> float:
    """The highest peak over the lowest, from the second size on."""
    found = list(peaks(measured).values())[1 : len(GROWTH)]
    return max(found) / min(found)


def _peak(runs: Sequence[Taken]) -> float:
    return middle(run.peak_mb for run in runs)
