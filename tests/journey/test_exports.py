"""The exports that resellers have, through the HTTP contract: header, rows, mapping and values, scored by their own scorer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journey.person import Person

_SHARED = Path(__file__).parents[2].parent / "shared"
_EXPORTS = _SHARED / "exports"

pytestmark = pytest.mark.skipif(
    not _EXPORTS.is_dir() and "CI" not in os.environ, reason=f"NOT TESTED: the exports to score are not there ({_EXPORTS})"
)


@pytest.fixture(scope="module")
def report(demo: Person, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The scorer's report on what the previews of all exports say."""
    folder = tmp_path_factory.mktemp("exports")
    items = json.loads((_EXPORTS / "manifest.json").read_text())["items"]
    answers, previews = {}, {}
    for item in items:
        path = _EXPORTS / item["file"]
        preview = demo.upload(path.name, path.read_bytes())
        previews[item["file"]] = preview
        answers[item["file"]] = {
            "mapping": [[column["header"], column["field"]] for column in preview["columns"]],
            "header_row": preview["file"]["header_row"],
            "sheet": preview["file"]["sheet"],
            "total_rows": preview["total_rows"],
            "values": [row["data"] for row in preview["rows"]],
        }
    (folder / "answers.json").write_text(json.dumps(answers))
    command = [sys.executable, str(_SHARED / "score" / "mapping_score.py"), str(_EXPORTS)]
    said = subprocess.run(
        [*command, "--answers", str(folder / "answers.json"), "--report", str(folder / "report.json")],
        check=True,
        capture_output=True,
        text=True,
    )
    print(said.stdout)  # noqa: T201 - pytest shows the figures when a threshold is missed
    scored = json.loads((folder / "report.json").read_text())["exports"]
    return {"total": scored["total"], "files": {file["file"]: file for file in scored["files"]}, "previews": previews}


def test_columns_are_mapped_as_a_bookkeeper_would(report: dict[str, Any]) -> None:
    wrong = {file: [score["wrong"], score["missed"]] for file, score in report["files"].items() if score["wrong"] or score["missed"]}

    assert report["total"]["precision"] >= 0.98, wrong
    assert report["total"]["recall"] >= 0.95, wrong


def test_header_row_sheet_and_number_of_rows_are_right_in_every_file(report: dict[str, Any]) -> None:
    assert [file for file, score in report["files"].items() if score["header_ok"] is False] == []
    assert [file for file, score in report["files"].items() if not score["rows_ok"]] == []


def test_values_are_read_as_they_were_meant(report: dict[str, Any]) -> None:
    errors = {file: score["value_errors"] for file, score in report["files"].items() if score["value_errors"]}

    assert report["total"]["values"] >= 0.99, errors


def test_no_value_is_wrong_in_silence(report: dict[str, Any]) -> None:
    """A value that differs is of a row that is marked, of a field that nothing was mapped to, or of an open question."""
    silent = []
    for file, score in report["files"].items():
        preview = report["previews"][file]
        open_fields = {preview["column_mapping"][decision["header"]] for decision in preview["decisions"] if decision["needs_answer"]}
        mapped = set(preview["column_mapping"].values())
        for number, field, got, want in score["value_errors"]:
            row = preview["rows"][number - 1]
            marked = any(error["field"] in {field, None} for error in row["errors"])
            if field in mapped and field not in open_fields and not marked:
                silent.append((file, number, field, got, want))

    assert silent == []
