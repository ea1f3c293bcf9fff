"""Builds a layer's folder for Lambda's Python 3.13 on arm64 from any machine: no Docker, no Python 3.13, no compiler of the machine's.

`python3 layers/build.py LAYER ARTIFACTS_DIR`, called by `sam build` through the layer's Makefile. Only the standard library is
imported; pip, of whatever Python runs this, downloads the wheels. What is ours to compile is compiled by packages of that Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from glob import glob
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_VERSION = "3.13"
# What Lambda's Amazon Linux 2023 (glibc 2.34) on arm64 can load. pip takes a platform literally, so older ones are named too.
_PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
# Weight that no import reads. A distribution's metadata and licences stay.
_DEAD_FOLDERS = ("tests", "test", "include", "__pycache__", "bin")
_DEAD_ENDINGS = (".pyi", ".pyx", ".pxd", ".h", ".c", ".a", ".pyc")
# What compile_loops.py leaves beside the sources, for the machine that it runs on.
_OF_THIS_MACHINE = ("*.abi3.so*", "compiled.stamp")
# Parts of libraries that our functions do not import; tests/template/test_functions.py looks whether that is still so.
DEAD_PARTS = (
    *("aws_lambda_powertools/utilities/auth_alpha", "aws_lambda_powertools/utilities/circuit_breaker"),
    *("aws_lambda_powertools/utilities/data_masking", "aws_lambda_powertools/utilities/feature_flags"),
    *("aws_lambda_powertools/utilities/idempotency", "aws_lambda_powertools/utilities/kafka"),
    *("aws_lambda_powertools/utilities/parameters", "aws_lambda_powertools/utilities/parser"),
    "aws_lambda_powertools/utilities/streaming",
    *("numpy/f2py", "numpy/polynomial", "numpy/_core/_simd.*.so", "numpy/_core/*_tests.*.so"),
    *("pandas/plotting/_matplotlib", "*.dist-info/RECORD"),
)


def main(layer: str, target: Path) -> int:
    """Fill `target` with the files of `layer` as they are to lie under /opt."""
    if layer == "web":
        _copy(ROOT / "web", target / "web", "Makefile")
        return 0
    if layer == "shared":
        package = target / "python" / "takeback"
        _copy(ROOT / "shared" / "takeback", package, *_OF_THIS_MACHINE)
        loops = subprocess.run([sys.executable, "-I", ROOT / "layers" / "compile_loops.py", package / "tabular" / "loops"], check=False)
        if loops.returncode:
            return loops.returncode
        for name in ("aws.config", "rds-ca.pem"):
            shutil.copy(ROOT / "shared" / name, target)
    else:
        _install(ROOT / "layers" / layer / "requirements.txt", target / "python")
    _compile(target)
    return 0


def _copy(source: Path, target: Path, *left_out: str) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", *left_out), dirs_exist_ok=True)


def _install(lock: Path, target: Path) -> None:
    platforms = [argument for platform in _PLATFORMS for argument in ("--platform", f"{platform}_aarch64")]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"),
            *("--implementation", "cp", "--python-version", _VERSION, *platforms, "--only-binary=:all:"),
            *("--no-deps", "--require-hashes", "--requirement", str(lock), "--target", str(target)),
        ],
        check=True,
    )
    for path in [path for part in DEAD_PARTS for path in target.glob(part)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir() and path.name in _DEAD_FOLDERS:
            shutil.rmtree(path)
        elif path.is_file() and path.name.endswith(_DEAD_ENDINGS):
            path.unlink()


def _compile(target: Path) -> None:
    """Byte code beside the sources. /opt is read-only, so without it Lambda compiles everything at every cold start.

    Unchecked-hash: the interpreter never looks at the source's date, which zipping changes.
    """
    python = _target_python()
    if python is None:
        sys.stdout.write(
            f"\n*** No Python {_VERSION} here, so {target.name} has no byte code: it works, but cold starts take four times as long.\n"
            f"*** Install Python {_VERSION} (or name one: PYTHON313=/path/to/python3.13) and build again before you deploy for real.\n\n"
        )
        return
    subprocess.run(
        [
            *(python, "-I", "-m", "compileall", "-q", "-f", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(target), "-p", "/opt", str(target)),
        ],
        check=True,
    )


def _target_python() -> str | None:
    """An interpreter whose byte code Lambda's Python reads: same minor version, any machine."""
    home = str(Path.home())
    candidates = [
        *filter(None, (os.environ.get("PYTHON313"), shutil.which(f"python{_VERSION}"))),
        *sorted(glob(f"{home}/.pyenv/versions/{_VERSION}.*/bin/python{_VERSION}")),  # noqa: PTH207 - absolute patterns
        *sorted(glob(f"{home}/.local/share/uv/python/cpython-{_VERSION}.*/bin/python{_VERSION}")),  # noqa: PTH207
    ]
    return next((python for python in candidates if _is_target(python)), None)


def _is_target(python: str) -> bool:
    try:
        said = subprocess.run(
            [python, "-I", "-c", "import sys; print(sys.implementation.cache_tag)"], check=False, capture_output=True, text=True
        )
    except OSError:
        return False
    return said.stdout.strip() == f"cpython-{_VERSION.replace('.', '')}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
