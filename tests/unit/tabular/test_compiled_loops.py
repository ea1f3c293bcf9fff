"""The tests run on the very loops that ship: compiled, from the sources that are there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from layers import compile_loops
from takeback.tabular import loops


def test_what_is_imported_is_compiled_from_what_is_there_now() -> None:
    assert sys.modules[loops.cut.__module__].__file__ == str(compile_loops.EXTENSION)
    assert compile_loops.is_up_to_date(), "The loops have changed since they were compiled. Run “make setup”."


def test_the_sources_alone_are_refused(tmp_path: Path) -> None:
    package = tmp_path / "takeback" / "tabular" / "loops"
    shutil.copytree(compile_loops.SOURCES, package, ignore=shutil.ignore_patterns("compiled.*"))

    said = subprocess.run(
        [sys.executable, "-c", "from takeback.tabular import loops"],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )

    assert said.stderr.splitlines()[-1:] == ["ImportError: The loops are not compiled. Run “make setup”."]
