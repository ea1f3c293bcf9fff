"""The reader against files that nobody here wrote, judged by the scorers that lie beside them and read in place."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from local.read import main, read
from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.reader import open_table

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the scorers' own, and they run as they are

ROOT = Path(__file__).parents[3]
MEMORY = 3008 << 20


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = ROOT.parent / "shared"
    if not (folder / "corpus" / "manifest.json").is_file():
        missing = f"the corpora are not at {folder}, so NOTHING about other people's files was checked"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder


@pytest.fixture(scope="module")
def pollock(shared: Path) -> Iterator[tuple[ModuleType, Any]]:
    """The scorer, and the unpacked archive."""
    module = scorer(shared, "pollock_score")
    files = module.DataSet(str(shared / "corpus" / "files" / "pollock_polluted.tar.xz"))
    yield module, files
    files.tmp.cleanup()


def scorer(shared: Path, name: str) -> ModuleType:
    spec = spec_from_file_location(name, shared / "score" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seen(path: Path) -> dict[str, Any]:
    with path.open("rb") as source:
        return read(source, Options(), Limits())


def items(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "manifest.json").read_text("utf-8"))["items"]


@pytest.mark.parametrize(("name", "least"), [("corpus", 0.995), ("corpus/hostile", 1.0)])
def test_other_peoples_files_are_read_flagged_or_refused_as_asked_and_none_is_silently_wrong(shared: Path, name: str, least: float) -> None:
    judge = scorer(shared, "corpus_score").judge
    folder = shared / name
    verdicts = {item["file"]: judge(item, folder, seen(folder / item["file"])) for item in items(folder)}

    failures = {file: verdict for file, verdict in verdicts.items() if verdict != "pass"}
    assert len(failures) <= (1 - least) * len(verdicts), failures
    assert "silent" not in failures.values()


def test_hostile_files_do_no_harm_to_a_process_with_little_memory(shared: Path) -> None:
    folder = shared / "corpus" / "hostile"
    files = items(folder)

    done = subprocess.run(
        [sys.executable, "-m", "local", "read", *(folder / item["file"] for item in files)],
        capture_output=True,
        cwd=ROOT,
        timeout=300,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )

    judge = scorer(shared, "corpus_score").judge
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [judge(item, folder, answer) for item, answer in zip(files, answers, strict=True)] == ["pass"] * len(files)


def test_polluted_files_are_exact_flagged_or_refused(pollock: tuple[ModuleType, Any]) -> None:
    module, files = pollock
    fates: Counter[str] = Counter()
    silent = []
    for name in files.names:
        got = seen(Path(files.path(name)))
        rows = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in got["table"] or []]
        if got["refused"]:
            fates["refused"] += 1
        elif module._trim(rows) == module._trim(files.clean(name)):
            fates["exact"] += 1
        elif got["errors"]:
            fates["flagged"] += 1
        else:
            silent.append(name)

    assert sum(fates.values()) + len(silent) == len(files.names) > 2000
    assert len(silent) <= 0.01 * len(files.names), silent
    assert fates["refused"] <= 0.2 * len(files.names), fates


def test_the_damaged_row_of_a_polluted_file_is_the_one_that_is_flagged(pollock: tuple[ModuleType, Any]) -> None:
    _, files = pollock
    damaged = [match for name in files.names if (match := re.match(r"row_(?:less|more)_sep_row(\d+)_", name)) and match[1] != "0"]

    for match in damaged[::10]:
        errors = seen(Path(files.path(match.string)))["errors"]
        assert {error["record"] for error in errors} == {int(match[1]) + 1}, match.string


def test_exports_have_their_header_their_rows_and_their_sheet(shared: Path) -> None:
    folder = shared / "exports"
    wrong = {}
    for item in items(folder):
        table = open_table(BytesIO((folder / item["file"]).read_bytes()), Options(), Limits())
        numbers = [number for chunk in table.chunks for number in chunk.row_numbers]
        fewest = item["data_rows"] - len(item.get("optional_rows") or [])
        found = {
            "header_row": table.facts.header_row in {item["header_row"], item.get("header_row_also") or item["header_row"]},
            "rows": fewest <= len(numbers) <= item["data_rows"],
            "sheet": item["sheet"] in {None, table.facts.sheet},
            "columns": len(table.headers) == len(item["headers"]),
        }
        if not all(found.values()):
            wrong[item["file"]] = found

    assert wrong == {}


def test_the_command_answers_every_file_with_a_line_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.xlsx"
    good.write_text("Report\n\norder,item\n1,Lamp\nTotal,\n", "utf-8")
    bad.write_bytes(b"\x89PNG\r\n\x1a\n")

    status = main([str(good), str(bad), str(tmp_path / "none.csv")])

    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 1
    assert [answer["refused"] for answer in answers] == [None, "wrong_type", "not_found"]
    assert answers[0]["table"] == [["Report"], [], ["order", "item"], ["1", "Lamp"], ["Total", ""]]
    assert answers[0]["header_record"] == 3
    assert answers[0]["dropped"] == [
        {"record": 1, "text": "Report", "reason": "above the header"},
        {"record": 2, "text": "", "reason": "blank line"},
        {"record": 5, "text": "Total", "reason": "a total"},
    ]
