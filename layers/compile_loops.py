"""Compiles the innermost loops of reading, `shared/takeback/tabular/loops/`: Cython makes C of them and Zig an extension of that.

`python layers/compile_loops.py` leaves the one for this machine beside the sources, unless the one there is up to date;
`python layers/compile_loops.py FOLDER` leaves the one for Lambda in FOLDER. Both compilers are packages of the Python that runs this.
The modules are compiled as one, for Cython puts a function where it is called only within a module. Thanks to the limited API one
extension serves every Python from 3.11 on. Nothing is imported here beyond the standard library.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "shared" / "takeback" / "tabular" / "loops"
EXTENSION = SOURCES / "compiled.abi3.so"
# What EXTENSION was compiled from. Beside it, since environments may be shared by several checkouts.
STAMP = SOURCES / "compiled.stamp"
_MODULES = ("words", "cutting", "numbering", "amounts", "laying", "signs")  # in the order in which they build on each other
_NAME = "takeback.tabular.loops.compiled"
_IMPORT = re.compile(r"^(?:import cython|from (?:__future__|takeback\.tabular\.loops\.\w+) import (?:[^(\n]+|\([^)]*\)))$", re.MULTILINE)
_ON_TRUST = ("boundscheck=False", "wraparound=False")  # the loops look at bounds once for each cell, not for each byte
_ABI = "0x030B0000"  # of Python 3.11
# Lambda's Amazon Linux 2023 has glibc 2.34.
_LAMBDA = ("-target", "aarch64-linux-gnu.2.34")
# Without a CPU named, Zig compiles for the very one that it runs on; a checkout may move on to another.
_HERE = ("-mcpu=baseline", *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()))
_LAST_WORDS = 1500


class CannotCompile(Exception):
    """Something is missing, or a compiler objects; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Compile for this machine, or for Lambda into the folder that is named; 1 after a sentence on stderr when it cannot be done."""
    try:
        if arguments:
            compile_to(Path(arguments[0]) / EXTENSION.name, *_LAMBDA)
        elif not is_up_to_date():
            sys.stdout.write("Compiling the loops of the reader …\n")
            sys.stdout.flush()
            made_from = digest()
            STAMP.unlink(missing_ok=True)
            compile_to(EXTENSION, *_HERE)
            STAMP.write_text(made_from)
    except OSError as problem:
        sys.stderr.write(f"The loops of the reader cannot be compiled: {problem}\n")
        return 1
    except CannotCompile as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def is_up_to_date() -> bool:
    """Whether the extension beside the source was compiled from all that is there now."""
    return EXTENSION.exists() and STAMP.exists() and STAMP.read_text() == digest()


def digest() -> str:
    """Of the sources, of how they are compiled, of the compilers' versions and of the machine."""
    parts = (*(SOURCES / f"{module}.py" for module in _MODULES), Path(__file__), ROOT / "requirements-dev.txt")
    return hashlib.sha256(b"".join([sysconfig.get_platform().encode(), *(part.read_bytes() for part in parts)])).hexdigest()


def together() -> str:
    """The modules as one, which imports nothing but Cython."""
    source = "".join(_IMPORT.sub("", (SOURCES / f"{module}.py").read_text(encoding="utf-8")) for module in _MODULES)
    if left := re.search(r"^(?:import|from) .*$", source, re.MULTILINE):
        raise CannotCompile(f"The loops of the reader import nothing but Cython and each other, in plain lines: {left[0]}")
    return f"import cython\n{source}"


def compile_to(extension: Path, *target: str) -> None:
    """Leave the extension at that path, whole or not at all: a stack may be running here, or tests."""
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise CannotCompile(f"{sys.executable} is a free-threaded Python, which cannot load the loops of the reader. Name another one.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        headers, code, made = _headers(folder), folder / "loops.c", folder / extension.name
        source = folder / "loops.py"
        source.write_text(together(), encoding="utf-8")
        directives = [argument for directive in _ON_TRUST for argument in ("-X", directive)]
        _run("cython", "-3", *directives, "--module-name", _NAME, source.name, "-o", code, scratch=folder)
        _run(
            *("ziglang", "cc", *target, "-O3", "-shared", "-fPIC", "-s", "-fno-sanitize=undefined"),
            *(f"-DPy_LIMITED_API={_ABI}", "-DCYTHON_LIMITED_API=1", f"-I{headers}", code, "-o", made),
            scratch=folder,
        )
        beside = extension.with_name(f"{extension.name}.{os.getpid()}")  # the temporary folder may be on another disk
        shutil.copy(made, beside)
        beside.replace(extension)


def _headers(folder: Path) -> Path:
    """Python's headers, the same for every machine: Debian's pyconfig.h only points to that of the machine that is compiled for.

    What the limited API takes of it is the same for all, so the one that is here will do.
    """
    there = Path(sysconfig.get_path("include"))
    if not (there / "Python.h").exists():
        raise CannotCompile(
            f"{sys.executable} has no Python.h ({there}). On Debian and Ubuntu: apt-get install python3-dev. Then try again."
        )
    headers = folder / "include"
    shutil.copytree(there, headers)
    of_this_machine = there.parent / str(sysconfig.get_config_var("MULTIARCH")) / there.name / "pyconfig.h"
    if of_this_machine.exists():
        shutil.copy(of_this_machine, headers)
    return headers


def _run(compiler: str, *arguments: str | Path, scratch: Path) -> None:
    if find_spec(compiler) is None:
        raise CannotCompile(f"{sys.executable} has no package {compiler}. “make setup” and “make build” use one that has.")
    environment = {**os.environ, "ZIG_GLOBAL_CACHE_DIR": str(ROOT / ".cache" / "zig"), "ZIG_LOCAL_CACHE_DIR": str(scratch / "zig")}
    # -I: the folder that Cython runs in is no place to import from.
    command = [sys.executable, "-I", "-m", compiler, *map(str, arguments)]
    said = subprocess.run(command, check=False, capture_output=True, text=True, cwd=scratch, env=environment)
    if said.returncode:
        raise CannotCompile(f"{compiler} cannot compile the loops of the reader:\n{(said.stderr or said.stdout).strip()[-_LAST_WORDS:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
