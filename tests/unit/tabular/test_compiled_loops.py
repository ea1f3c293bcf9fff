"""The tests run on the very loops that ship: compiled, from the source that is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from layers import compile_loops
from takeback.tabular import loops


def test_what_is_imported_is_compiled_from_what_is_there_now() -> None:
    assert loops.__file__ == str(compile_loops.EXTENSION), "The loops are not compiled. Run “make setup”."
    assert compile_loops.is_up_to_date(), "The loops have changed since they were compiled. Run “make setup”."


def test_the_source_alone_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "takeback" / "tabular"
    package.mkdir(parents=True)
    shutil.copy(compile_loops.SOURCE, package)

    said = subprocess.run(
        [sys.executable, "-c", "import takeback.tabular.loops"],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )

    assert said.stderr.splitlines()[-1:] == ["ImportError: The loops are not compiled. Run “make setup”."]
