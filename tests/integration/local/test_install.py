"""What is missing is named in a sentence, before anything is installed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

from local import install

ROOT = Path(__file__).parents[3]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock file with a package that is nowhere."""
    path = tmp_path / "requirements.txt"
    path.write_text("nowhere-to-be-found==1.0\n")
    return path


@pytest.fixture
def made(tmp_path: Path, lock: Path) -> Path:
    """An environment that was installed from the lock file."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / ".installed").write_text(hashlib.sha256(lock.read_bytes()).hexdigest())
    return folder


def test_what_is_up_to_date_is_left_alone(made: Path, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)  # whoever starts a program now fails
    monkeypatch.setattr(subprocess, "run", None)

    install._install_environment(made, lock)


def test_make_setup_takes_no_time_when_nothing_changed() -> None:
    began = time.monotonic()
    subprocess.run([sys.executable, ROOT / "local" / "install.py", "dev"], check=True)

    assert time.monotonic() - began < 20


def test_without_network_the_sentence_says_so(
    tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setattr(install, "_ENVIRONMENTS", {"dev": (str(tmp_path / "new"), str(lock))})

    assert install.main(["dev"]) == 1
    said = capsys.readouterr()
    assert "Check the network connection" in said.err
    assert "nowhere-to-be-found" in said.err
    assert "Installing 1 packages" in said.out
    assert not (tmp_path / "new" / ".installed").exists()


def test_a_python_that_cannot_make_environments_is_told(tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(install.CannotInstall, match="apt-get install python3-venv"):
        install._install_environment(tmp_path / "new", lock)


def test_a_python_that_is_too_old_is_told(tmp_path: Path, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_OLDEST_PYTHON", (99, 0))

    with pytest.raises(install.CannotInstall, match="make PYTHON="):
        install._install_environment(tmp_path / "new", lock)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds every program there is, among them an apt-get that notes what it is asked for. Whoever asks is root."""
    folder = tmp_path / "programs"
    folder.mkdir()
    _make(folder / "apt-get", f'echo "$@" >> {tmp_path / "asked"}')
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def _make(program: Path, does: str = ":") -> None:
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ((), "-q update\n-q -y install --no-install-recommends chromium fonts-liberation jq\n"),
        (("google-chrome",), "-q update\n-q -y install --no-install-recommends jq\n"),
        (("jq",), "-q update\n-q -y install --no-install-recommends chromium fonts-liberation\n"),
        (("jq", "chromium"), ""),
    ],
)
def test_programs_that_are_missing_are_installed_and_no_others(programs: Path, tmp_path: Path, there: tuple[str, ...], asked: str) -> None:
    (tmp_path / "asked").touch()
    for name in there:
        _make(programs / name)

    assert install.main(["programs"]) == 0
    assert (tmp_path / "asked").read_text() == asked


@pytest.mark.parametrize(
    ("prefix", "asked"), [("/usr", f"-q update\n-q -y install --no-install-recommends python{VERSION}-dev\n"), ("/opt", "")]
)
@pytest.mark.usefixtures("programs")
def test_debians_python_gets_its_headers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, prefix: str, asked: str) -> None:
    (tmp_path / "asked").touch()
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", prefix)

    install._install_headers()
    assert (tmp_path / "asked").read_text() == asked


@pytest.mark.usefixtures("programs")
def test_headers_that_are_there_are_not_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", "/usr")

    install._install_headers()
    assert not (tmp_path / "asked").exists()


def test_programs_that_apt_does_not_bring_are_told(programs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _make(programs / "apt-get", "echo 'Temporary failure resolving' >&2; exit 100")

    assert install.main(["programs"]) == 1
    assert capsys.readouterr().err == "\n“apt-get -q update” failed:\nTemporary failure resolving\nMend that, then try again.\n"


@pytest.mark.parametrize("name", ["chromium", "jq"])
def test_a_program_that_cannot_be_installed_is_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(install.CannotInstall, match=f"the package is “{name}”"):
        install._install_programs()
