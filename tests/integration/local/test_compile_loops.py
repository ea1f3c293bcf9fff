"""The loops are compiled when they changed, and what cannot be compiled is told in a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from layers import compile_loops
from local import __main__ as commands


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, as git leaves it."""
    sources = tmp_path / compile_loops.SOURCES.relative_to(compile_loops.ROOT)
    shutil.copytree(compile_loops.SOURCES, sources, ignore=shutil.ignore_patterns("compiled.*", "__pycache__"))
    for package in (sources.parent, sources.parent.parent):
        (package / "__init__.py").touch()
    shutil.copy(compile_loops.ROOT / "requirements-dev.txt", tmp_path)
    (tmp_path / ".cache").symlink_to(compile_loops.ROOT / ".cache")
    monkeypatch.setattr(compile_loops, "ROOT", tmp_path)
    monkeypatch.setattr(compile_loops, "SOURCES", sources)
    monkeypatch.setattr(compile_loops, "EXTENSION", sources / "compiled.abi3.so")
    monkeypatch.setattr(compile_loops, "STAMP", sources / "compiled.stamp")
    return tmp_path


def _files(checkout: Path) -> set[str]:
    """What was left beside the sources."""
    return {path.name for path in (checkout / "shared" / "takeback" / "tabular" / "loops").iterdir() if path.suffix not in (".py", "")}


def test_what_changed_is_compiled_and_what_did_not_is_left_alone(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not compile_loops.is_up_to_date()
    assert compile_loops.main([]) == 0
    assert compile_loops.is_up_to_date()
    assert _files(checkout) == {"compiled.abi3.so", "compiled.stamp"}
    assert _imported(checkout) == str(compile_loops.EXTENSION)
    assert capsys.readouterr().out == "Compiling the loops of the reader …\n"

    with monkeypatch.context() as without_programs:
        without_programs.setattr(subprocess, "run", None)
        assert compile_loops.main([]) == 0

    for part in (compile_loops.SOURCES / "words.py", compile_loops.SOURCES / "signs.py", checkout / "requirements-dev.txt"):
        before = part.read_bytes()
        part.write_bytes(before + b"# changed\n")
        assert not compile_loops.is_up_to_date()
        part.write_bytes(before)
        assert compile_loops.is_up_to_date()


def _imported(checkout: Path) -> str:
    asked = [sys.executable, "-c", "import sys; from takeback.tabular import loops; print(sys.modules[loops.cut.__module__].__file__)"]
    return subprocess.check_output(asked, text=True, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout / "shared")}).strip()


def test_what_was_compiled_stays_when_a_change_cannot_be(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (compile_loops.SOURCES / "signs.py").write_text("def broken(:\n")
    compile_loops.EXTENSION.write_bytes(b"of yesterday")

    assert compile_loops.main([]) == 1
    said = capsys.readouterr().err
    assert said.startswith("cython cannot compile the loops of the reader:\n")
    assert "def broken(:" in said
    assert compile_loops.EXTENSION.read_bytes() == b"of yesterday"
    assert _files(checkout) == {"compiled.abi3.so"}


@pytest.mark.usefixtures("checkout")
def test_a_python_without_headers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))

    assert compile_loops.main([]) == 1
    assert "has no Python.h" in (said := capsys.readouterr().err)
    assert "apt-get install python3-dev" in said


@pytest.mark.usefixtures("checkout")
def test_a_python_without_the_compilers_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(compile_loops, "find_spec", lambda _: None)

    assert compile_loops.main([]) == 1
    assert "has no package cython" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_loops.main([str(tmp_path / "nowhere")]) == 1
    assert "The loops of the reader cannot be compiled: " in (said := capsys.readouterr().err)
    assert "nowhere" in said


def test_no_command_runs_on_what_was_compiled_from_other_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compile_loops, "digest", lambda: "another")

    assert commands.main(["read", "any.csv"]) == 1
    assert "Run “make setup”." in capsys.readouterr().err


def test_all_modules_are_compiled_and_import_nothing_else(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = {path.stem for path in compile_loops.SOURCES.glob("*.py")} - {"__init__"}
    assert set(compile_loops._MODULES) == sources

    (compile_loops.SOURCES / "signs.py").write_text("import os\n")
    assert compile_loops.main([]) == 1
    assert capsys.readouterr().err.endswith("in plain lines: import os\n")
    assert _files(checkout) == set()
