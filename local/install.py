"""Installs what the commands need: `python3 local/install.py dev|tools|scan|bench|programs …`.

It runs on the machine's own Python before anything is installed, so it imports the standard library alone.
What is up to date already is left alone, in a few hundredths of a second.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# environment -> (its folder, its lock file)
_ENVIRONMENTS = {
    "dev": (".venv", "requirements-dev.txt"),
    "tools": (".venv-tools", "requirements-tools.txt"),
    "scan": (".venv-scan", "requirements-scan.txt"),
    "bench": (".venv-bench", "requirements-bench.txt"),
}
_OLDEST_PYTHON = (3, 11)
_DEBIANS_PREFIX = "/usr"  # of the Python that is a package of Debian's


class Program(NamedTuple):
    """What tests run besides Python."""

    commands: tuple[str, ...]
    needed: str
    packages: tuple[str, ...]


_PROGRAMS = (
    Program(("chromium", "chromium-browser", "google-chrome"), "The page is tested in Chromium", ("chromium", "fonts-liberation")),
    Program(("jq",), "The commands of docs/operations.md are tested with jq", ("jq",)),
)


class CannotInstall(Exception):
    """Something is missing that this program cannot bring; the message says what to do."""


def main(wanted: list[str]) -> int:
    """Install each of `wanted`; 0 when all is there, else 1 after one sentence on stderr."""
    try:
        for name in wanted:
            if name == "programs":
                _install_programs()
            else:
                folder, lock = _ENVIRONMENTS[name]
                _install_environment(ROOT / folder, ROOT / lock)
                if name == "dev":
                    _compile_loops(ROOT / folder / "bin" / "python")
    except CannotInstall as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The same command goes on from here.\n")
        return 130
    return 0


def _install_environment(folder: Path, lock: Path) -> None:
    if sys.version_info < _OLDEST_PYTHON:
        version = ".".join(map(str, sys.version_info[:2]))
        raise CannotInstall(f"Takeback needs Python 3.11 or newer and this is {version}. Name another one: make PYTHON=python3.13 …")
    python, stamp = folder / "bin" / "python", folder / ".installed"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest and python.exists():
        return
    if not (python.exists() and _runs(python, "-m", "pip", "--version")):
        sys.stdout.write(f"Creating {folder.name} …\n")
        sys.stdout.flush()
        if not _runs(sys.executable, "-m", "venv", "--clear", folder):
            raise CannotInstall(
                f"{sys.executable} cannot create a virtual environment. On Debian and Ubuntu: apt-get install python3-venv. Then try again."
            )
    _install_packages(python, lock, folder.name)
    _install_headers()
    stamp.write_text(digest)


def _runs(*command: str | Path) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _install_packages(python: Path, lock: Path, folder: str) -> None:
    total = sum(line[:1].isalnum() for line in lock.read_text().splitlines())
    sys.stdout.write(f"Installing {total} packages into {folder}; the first time takes a minute or two …\n")
    sys.stdout.flush()
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", lock]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PIP_NO_COLOR": "1", "PIP_PROGRESS_BAR": "off"}
    said, done = [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as pip:
        for line in pip.stdout or ():
            said.append(line.rstrip())
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                done += 1
                _progress(done, total, line)
            elif line.startswith("Installing collected"):
                _show("  unpacking …")
    if pip.returncode:
        reasons = "\n".join(f"  {line}" for line in said if line.startswith(("ERROR", "WARNING")))[-1500:]
        raise CannotInstall(
            f"The packages could not be installed:\n{reasons}\n"
            "Check the network connection (and the proxy or index that pip is set to use), then try again."
        )
    _show(f"  {total} packages are there.")
    sys.stdout.write("\n")


def _progress(done: int, total: int, line: str) -> None:
    name = re.split(r"[=<>~! \[;(]", line.removeprefix("Requirement already satisfied: ").removeprefix("Collecting "))[0].strip()
    if sys.stdout.isatty():
        _show(f"  {min(done, total):3} of {total}  {name}")
    elif done % 20 == 0:
        sys.stdout.write(f"  {min(done, total)} of {total}\n")
        sys.stdout.flush()


def _show(text: str) -> None:
    sys.stdout.write(f"\r\x1b[2K{text}" if sys.stdout.isatty() else f"{text}\n")
    sys.stdout.flush()


def _install_headers() -> None:
    """Python's headers, where Debian has them in a package. Where they are missing elsewhere, compiling says so."""
    there = Path(sysconfig.get_path("include")) / "Python.h"
    if not there.exists() and sys.base_prefix == _DEBIANS_PREFIX and _can_apt_get():
        _apt_get(f"python{sys.version_info.major}.{sys.version_info.minor}-dev")


def _compile_loops(python: Path) -> None:
    """The extension that reading needs, unless it is there and up to date."""
    said = subprocess.run([python, "-I", ROOT / "layers" / "compile_loops.py"], check=False, stderr=subprocess.PIPE, text=True)
    if said.returncode:
        raise CannotInstall(said.stderr.strip())


def _install_programs() -> None:
    """Debian's packages of what tests run besides Python."""
    missing = [program for program in _PROGRAMS if not any(map(shutil.which, program.commands))]
    if not missing:
        return
    if not _can_apt_get():
        raise CannotInstall(
            "\n".join(
                f"{program.needed}, which is not here. Install it (the package is “{program.packages[0]}”), then try again."
                for program in missing
            )
        )
    _apt_get(*(package for program in missing for package in program.packages))


def _can_apt_get() -> bool:
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def _apt_get(*packages: str) -> None:
    sys.stdout.write(f"Installing {', '.join(packages)} …\n")
    sys.stdout.flush()
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-q", "update"], ["apt-get", "-q", "-y", "install", "--no-install-recommends", *packages]):
        result = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if result.returncode:
            raise CannotInstall(
                f"“{' '.join(command)}” failed:\n{(result.stderr or result.stdout).strip()[-1000:]}\nMend that, then try again."
            )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
