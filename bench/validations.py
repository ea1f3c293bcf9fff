"""Validation: Takeback beside its peers, other formats, bad input, growth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import openpyxl

from bench import fresh
from bench.bucket import Bucket
from bench.fresh import Taken
from bench.rounds import Runs, take_turns
from bench.sheet import Sheet, sheet

OURS = "Takeback"
_PEERS_PYTHON = str(fresh.ROOT / ".venv-bench" / "bin" / "python")
FAST = {"Polars, expert": "polars_expert:bad_rows", "DuckDB, expert": "duckdb_expert:bad_rows"}
# name -> what it runs, and the share of the fast ones' rows that it gets: the slow ones would take minutes
SLOW = {
    "pandas + pandera": ("pandera_schema:bad_rows", 0.1),
    "pydantic, row by row": ("pydantic_rows:bad_rows", 0.01),
    "loop over csv.DictReader": ("loops:dict_reader", 0.01),
    "frictionless": ("frictionless_schema:bad_rows", 0.01),
    "loop over DataFrame.iterrows": ("loops:iterrows", 0.01),
}
FAULTS = {"faulty": "a fault in every row", "dates": "every date unreadable, all different", "texts": "every price a different text"}
GROWTH = (0.01, 0.1, 1, 5)


@dataclass(frozen=True, slots=True)
class Measured:
    """Runs by contestant, and the sheet that each was given."""

    runs: Runs
    sheets: dict[str, Sheet]

    def wrong_counts(self) -> list[str]:
        """Who found another number of bad rows than there is, as a sentence each."""
        said = []
        for name, made in self.sheets.items():
            found = {_bad(run) for run in self.runs[name]}
            if found != {made.wrong}:
                said.append(f"{name} found {', '.join(map(str, sorted(found)))} bad rows where there are {made.wrong:,}.")
        return said


@dataclass(frozen=True, slots=True)
class Validations:
    """All measurements of validation, on sheets of `rows` rows that are kept in `folder`."""

    bucket: Bucket
    folder: Path
    rows: int
    rounds: int

    def beside_peers(self) -> tuple[Measured, Measured]:
        """On one core everybody; on two those that can use them."""
        full = self._sheet(1)
        slow = {name: self._sheet(share) for name, (_, share) in SLOW.items()}
        on_one = {OURS: self._ours(full), **{name: _peer(what, full, 1) for name, what in FAST.items()}}
        on_one |= {name: _peer(what, slow[name], 1) for name, (what, _) in SLOW.items()}
        on_two = {f"{name}, two cores": run for name, run in self._on_two_cores(full).items()}
        runs = take_turns(on_one | on_two, self.rounds)
        sheets = {name: slow.get(name, full) for name in on_one}
        return (
            Measured({name: runs[name] for name in on_one}, sheets),
            Measured({name: runs[f"{name}, two cores"] for name in (OURS, *FAST)}, {OURS: full, **dict.fromkeys(FAST, full)}),
        )

    def _on_two_cores(self, full: Sheet) -> dict[str, Callable[[], Taken]]:
        return {OURS: self._ours(full, cores=2), **{name: _peer(what, full, 2) for name, what in FAST.items()}}

    def formats(self) -> Measured:
        """The other formats, at a tenth of the rows; openpyxl alone only reads."""
        sheets = {f"{OURS}, {ending}": self._sheet(0.1, ending=ending) for ending in ("xlsx", "json", "ndjson")}
        contestants = {name: self._ours(made) for name, made in sheets.items()}
        path = str(sheets[f"{OURS}, xlsx"].path)
        contestants["openpyxl, xlsx, reading alone"] = partial(fresh.call, "bench.validations:read_with_openpyxl", path)
        return Measured(take_turns(contestants, min(self.rounds, 3)), sheets)

    def faults(self) -> Measured:
        """Sheets of which every row is bad, beside the usual one."""
        sheets = {OURS: self._sheet(1), **{name: self._sheet(1, kind=kind) for kind, name in FAULTS.items()}}
        return Measured(take_turns({name: self._ours(made) for name, made in sheets.items()}, min(self.rounds, 3)), sheets)

    def growth(self) -> Measured:
        """From a hundredth of the rows to five times as many."""
        sheets = {f"{made.rows:,}": made for made in map(self._sheet, GROWTH)}
        return Measured(take_turns({name: self._ours(made) for name, made in sheets.items()}, min(self.rounds, 3)), sheets)

    def _sheet(self, share: float, *, kind: str = "export", ending: str = "csv") -> Sheet:
        return sheet(self.folder, max(10, int(self.rows * share)), kind=kind, ending=ending)

    def _ours(self, made: Sheet, cores: int = 1) -> Callable[[], Taken]:
        upload = self.bucket.put(made.path)

        def run() -> Taken:
            environment = self.bucket.environments["Validate"]
            taken = fresh.call("bench.our_validation:validated", upload.key, upload.version_id, cores=cores, environment=environment)
            self.bucket.forget(upload)
            if taken.result["rows"] != made.rows:
                raise AssertionError(f"{made.path.name} has {made.rows} rows, not {taken.result['rows']}")
            return taken

        return run


def read_with_openpyxl(path: str) -> int:
    """Read every cell, as `read_only` allows in bounded memory; nothing is checked."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    rows = sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))
    book.close()
    return rows


def _peer(what: str, made: Sheet, cores: int) -> Callable[[], Taken]:
    environment = {"POLARS_MAX_THREADS": str(cores)}
    return partial(fresh.call, f"bench.peers.{what}", str(made.path), cores, cores=cores, python=_PEERS_PYTHON, environment=environment)


def _bad(run: Taken) -> int:
    return run.result["bad"] if isinstance(run.result, dict) else int(run.result)
