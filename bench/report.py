"""docs/performance.md: what was measured, how, and what to make of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from bench import charts, cold_start, tables
from bench.api import Latency, Size
from bench.cold_start import ColdStart
from bench.commits import COMMIT, COPY, ROLLBACK, UPDATE
from bench.fresh import Taken
from bench.rounds import cpu, median, ratio, wall
from bench.validations import FAULTS, OURS, Measured
from takeback.settings import Settings

READER = "openpyxl, xlsx, reading alone"
_POLARS, _DUCKDB, _ITERROWS = "Polars, expert", "DuckDB, expert", "loop over DataFrame.iterrows"
_STATEMENT_SECONDS = 25
_CALL_SECONDS = 29
_WAKING_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that one `make bench` measured. `loads`: runs of commit, copy, rollback and update by number of rows."""

    rounds: int
    on_one: Measured
    on_two: Measured
    formats: Measured
    faults: Measured
    growth: Measured
    loads: dict[int, dict[str, list[Taken]]]
    latencies: Sequence[Latency]
    sizes: tuple[Size, Size]
    cold_starts: Sequence[ColdStart]


def pictures(found: Findings) -> dict[str, str]:
    """The charts by file name."""
    rates = {name: tables.per_second(found.on_one, name) for name in found.on_one.runs}
    return {
        "performance-peers.svg": charts.bars("Rows checked per second of one core", rates, OURS, "rows/s"),
        "performance-growth.svg": charts.lines(
            [
                ("Processor time per row", "µs", tables.microseconds(found.growth)),
                ("Peak memory of the process", "MB", tables.peaks(found.growth)),
            ]
        ),
    }


def document(found: Findings) -> str:
    """The page."""
    sections = (_INTRODUCTION, _goals(found), _peers(found), _growth(found), _formats(found), _faults(found), _loads(found))
    return "\n".join([*sections, _inline(found), _api(found), _cold(found), _machine(found)])


_INTRODUCTION = """# Performance

Written by `make bench`; every figure below is of one run of it. To repeat it: `make bench` in a clone, on a Linux machine that does
nothing else. Absolute figures are the machine's; ratios travel.

**Method.** Every run is a new process, pinned to one core (or two, where that is said); contestants take turns in an order
that is drawn anew for each round. A figure is the median over the rounds. A ratio is the median of the ratios within the
rounds, with the lowest and the highest behind it. “Processor” is user and system time of the process, its threads and its
children; it is what ratios on one core compare, because neighbours on the machine disturb it least. The time by the clock
stands beside it. Imports are outside the measurement (they have their own table). Peak memory is that of the whole process.

**What Takeback does in its runs** is everything that the Validate function does: it fetches the object from S3 by boto3, finds
the layout, maps the columns, decides date order, decimal mark and unit, checks every row and the structure of the file,
writes the preview, `errors.csv` and the rows that commit loads, and puts all three to S3. S3 is a small server in a process of its
own that keeps objects in files (`bench/objects.py`); its processor time, about a tenth of a second for a million rows, is not
counted, the wait for it is in the time by the clock. **The peers only validate**, from a local file: the same rules, no layout, no
mapping, no decisions, and but for DuckDB's typed table and the loops' records nothing is kept. They were written by us, as well as
we could (`bench/peers/`).

The sheet has twelve columns and some 120 bytes a row; one row in two hundred is wrong.
"""


def _goals(found: Findings) -> str:
    large = max(found.loads)
    load = found.loads[large]
    slowest = max(ratio(found.faults.runs[name], found.faults.runs[OURS], cpu).median for name in FAULTS.values())
    polars, duckdb, loop = (tables.speed(found.on_one, name) for name in (_POLARS, _DUCKDB, _ITERROWS))
    two = tables.two_core_speed(found.on_two, _DUCKDB), tables.two_core_speed(found.on_two, _POLARS)
    peak, flat = max(tables.peaks(found.growth).values()), tables.flat(found.growth)
    xlsx = ratio(found.formats.runs[READER], found.formats.runs[f"{OURS}, xlsx"], cpu)
    json_rates = [tables.per_second(found.formats, f"{OURS}, {ending}") for ending in ("json", "ndjson")]
    json_peak = max(tables.peaks(found.formats)[f"{OURS}, {ending}"] for ending in ("json", "ndjson"))
    copied, undone = ratio(load[COMMIT], load[COPY], wall), ratio(load[ROLLBACK], load[UPDATE], wall)
    goals = [
        ("rows/s beside Polars' expert version, one core", "≥ 0.9 ×", polars, polars.median >= 0.9),
        ("… DuckDB's", "≥ 1.3 ×", duckdb, duckdb.median >= 1.3),
        ("… the naive loop", "≥ 100 ×", loop, loop.median >= 100),
        ("two cores, by the clock: beside DuckDB", "> 1 ×", two[0], two[0].median > 1),
        ("… Polars", "as near as may be", two[1], None),
        ("peak memory, any size", "< 180 MB", f"{peak:.0f} MB", peak < 180),
        ("highest peak beside the lowest, from a tenth to five times the rows", "≤ 1.1 ×", f"{flat:.2f}", flat <= 1.1),
        ("XLSX, read and checked, beside openpyxl reading alone", "≥ 5 ×", xlsx, xlsx.median >= 5),
        ("JSON and NDJSON, rows/s", "≥ 100,000", f"{min(json_rates):,.0f}", min(json_rates) >= 100_000),
        ("JSON and NDJSON, peak memory", "< 150 MB", f"{json_peak:.0f} MB", json_peak < 150),
        ("bad input beside the usual sheet", "≤ 3 ×", f"{slowest:.2f}", slowest <= 3),
        (f"commit of {large:,} rows beside `psql \\copy`, by the clock", "≤ 1.45 ×", copied, copied.median <= 1.45),
        (f"rollback of {large:,} rows", "< 15 s or ≤ 1.2 × UPDATE", f"{median(load[ROLLBACK], wall):.1f} s, {undone}",
         median(load[ROLLBACK], wall) < 15 or undone.median <= 1.2),
    ]  # fmt: skip
    words = {True: "met", False: "**not met**", None: "-"}
    judged = tables.table(("", "wanted", "measured", ""), [(*row, words[met]) for *row, met in goals])
    return f"## What we want, and what was measured\n\n{judged}\n"


def _peers(found: Findings) -> str:
    wrong = " ".join(found.on_one.wrong_counts())
    return f"""## Validation beside its peers

![Rows per second](images/performance-peers.svg)

{tables.peers(found.on_one)}

The slow ones were given fewer rows, or they would take minutes: {tables.slow_rows(found.on_one)}. {wrong}
frictionless knows one form for a date, so it only looks at how dates are written. The loops know every rule, make a record of every
good row and list what is wrong with the others; a loop that is content with less is faster.

{tables.on_two_cores(found.on_two)}

On two cores a process with threads gains what ours does not: Takeback checks on one core while the second fetches the object, takes
its digest and sends the rows. To cut the next chunk in another thread meanwhile, or in another process, gained a tenth at most,
and cost processor and memory (docs/decisions.md, 43). Where Polars is ahead, that is why.
"""


def _growth(found: Findings) -> str:
    return f"""## Growth

![Time per row and peak memory](images/performance-growth.svg)

{tables.growth(found.growth)}

“Per further row” is the cost of the rows beyond those of the line above: a file's own cost (some requests to S3, the mapping, the
decisions) is the same however long it is, and it is all that a short file pays.
"""


def _formats(found: Findings) -> str:
    return f"## Other formats\n\n{tables.formats(found.formats, READER)}\n"


def _faults(found: Findings) -> str:
    wrong = " ".join(found.faults.wrong_counts()) or "Every count is exact."
    return f"""## Bad input

{tables.faults(found.faults)}

{wrong} The preview lists the first problems and counts all; every bad row is in `errors.csv`.
"""


def _loads(found: Findings) -> str:
    pairs = ((COMMIT, COPY), (ROLLBACK, UPDATE))
    rows = [row for count, runs in sorted(found.loads.items()) for row in tables.loads(count, runs, pairs)]
    head = ("rows", "", "s by the clock", "rows/s", "s of processor, client and server", "ours beside it, by the clock", "… of processor")
    return f"""## Commit and rollback

{tables.table(head, rows)}

PostgreSQL with fsync, on the same machine, into an empty table each time, COMMIT included. Commit is the whole function: the
rows come from S3, go through COPY into a temporary table (COPY into a table with row security is refused by PostgreSQL), meet what
is there, are inserted under the policies, counted and added up again from the table. `psql \\copy` loads the same rows with the
same ids into the same table with its constraints and indexes as the owner, whom no policy binds, and checks nothing. The bare
UPDATE sets one column as the owner, without the trigger; rollback looks for edits first, under the policies, and sets three.
"""


def _inline(found: Findings) -> str:
    limit = Settings.model_fields["inline_rows"].default
    rows = min(found.loads, key=lambda count: abs(count - limit))
    commit, rollback = (median(found.loads[rows][name], wall) / rows * limit for name in (COMMIT, ROLLBACK))
    work = median(found.loads[rows][COMMIT], cpu) / rows * limit
    statement = _STATEMENT_SECONDS / max(commit, rollback)
    call = (_CALL_SECONDS - _WAKING_SECONDS) / commit
    return f"""## How many rows fit one call

**{limit:,}** (`InlineRows`); longer imports are answered 202 and go on from their request object. API Gateway waits for 30 s, the
functions stop at {_CALL_SECONDS} s, no statement of a call may take longer than {_STATEMENT_SECONDS} s. At the rate measured
here {limit:,} rows take {commit:.1f} s to commit ({work:.1f} s of processor, most of it the server's) and {rollback:.1f} s to undo.
So there is room for a database that is {statement:.1f} times as slow in its statements, and for one that is {call:.1f} times
as slow and has to wake up first ({_WAKING_SECONDS} s). The Lambda that commits has one core (1,769 MB) and mostly waits, so one
of two would change little; two ACUs of Aurora are some 4 GiB with about half a core, and each commit waits for its storage:
twice to four times as slow is what we reckon with. Where a database is slower still, nothing breaks: the call fails whole, and
a smaller `InlineRows` makes it a job.
"""


def _api(found: Findings) -> str:
    return f"""## The API

On the local stack, in ms, {len(found.latencies[0].milliseconds)} calls or more of each; uploads of three rows. Gateway, containers
(at most eight of a function), PostgreSQL, S3 stand-in and clients share {os.cpu_count()} cores, so many clients mostly wait
for each other: the columns show how routes compare, not what AWS takes. What failed met the gateway's 30 s. Commits and undos
of one account wait for each other by design. Discarding lists nine prefixes, and the stand-in looks at every object of the
bucket for each.

{tables.latencies(found.latencies)}

What a longer file costs, one client:

{tables.sizes(*found.sizes)}

Validate, commit and rollback read the rows, nothing else does.
"""


def _cold(found: Findings) -> str:
    return f"""## Cold starts

Processor time to import a function in a new process (`python -m bench.cold_start`); what a first call imports besides is not in
it. Lambda's folders are read-only, so the layers hold byte code: without it every cold start would compile.

{cold_start.table(found.cold_starts)}
"""


def _machine(found: Findings) -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - one line of it
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return f"""## The machine

{model}, {os.cpu_count()} cores, Python {platform.python_version()}; {found.rounds} rounds
(at most 3 of other formats, bad input, growth, the longest commits and cold starts).
"""
