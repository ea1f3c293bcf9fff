"""The harness of `make bench`, on small sheets and without the peers' environment. What is fast is not tested: that is the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import charts, cold_start, fresh
from bench.bucket import bucket
from bench.fresh import Taken
from bench.peers import loops
from bench.rounds import cpu, ratio, take_turns
from bench.sheet import sheet


def test_takeback_finds_exactly_the_bad_rows_of_the_measured_sheet(tmp_path: Path) -> None:
    made = sheet(tmp_path, 1_000)

    with bucket(tmp_path / "bucket") as objects:
        upload = objects.put(made.path)
        taken = fresh.call("bench.our_validation:validated", upload.key, upload.version_id, environment=objects.environments["Validate"])

    assert (taken.result["rows"], taken.result["bad"]) == (1_000, made.wrong)
    assert taken.cpu > 0
    assert taken.peak_mb > 20


def test_a_sheet_is_the_same_each_time_it_is_made(tmp_path: Path) -> None:
    first, second = (sheet(tmp_path / name, 500) for name in ("a", "b"))

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.wrong == second.wrong > 0


def test_the_loop_agrees_with_takeback_on_a_sheet_without_faults(tmp_path: Path) -> None:
    assert loops.dict_reader(str(sheet(tmp_path, 200, kind="clean").path), 1) == 0


def test_ratios_are_of_the_same_round() -> None:
    one, other = ([Taken(0, seconds, 0) for seconds in times] for times in ((2.0, 30.0, 4.0), (1.0, 10.0, 1.0)))

    found = ratio(one, other, cpu)

    assert (found.median, found.low, found.high) == (3, 2, 4)


def test_everybody_has_a_turn_in_each_round() -> None:
    taken = take_turns({"a": lambda: Taken(1, 1, 1), "b": lambda: Taken(2, 2, 2)}, 3)

    assert [len(runs) for runs in taken.values()] == [3, 3]


def test_a_chart_escapes_what_it_is_told() -> None:
    assert "R&amp;D" in charts.bars("R&D", {"ours": 1}, "ours", "rows/s")


def test_an_import_that_takes_longer_than_it_may_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold_start, "_TRIES", 1)
    monkeypatch.setattr(cold_start, "_modules", lambda: {"Migrate": "migrate", "Page": "page"})
    monkeypatch.setattr(cold_start, "_USUAL_LIMIT", 60.0)
    monkeypatch.setattr(cold_start, "_LIMITS", {"Page": 0.0})

    (sentence,) = cold_start.beyond()

    assert sentence.startswith("Importing Page takes ")
