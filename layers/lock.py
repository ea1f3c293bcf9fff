"""Locks every environment from pyproject.toml's groups: `make lock`. What the layers hold is what the tests ran with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_UV = (str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--no-emit-index-url")
_HERE = ("--python-version", "3.11", "--no-header")
_LAMBDA = (
    *("--python-version", "3.13", "--python-platform", "aarch64-manylinux_2_28", "--generate-hashes"),
    *("--constraint", "requirements-dev.txt", "--custom-compile-command", "make lock"),
)
# Lambda brings boto3 along, and in the tabular layer the other layer brings what both need.
_RUNTIME_HAS = ("boto3", "botocore", "s3transfer")
_OTHER_LAYER_HAS = ("python-dateutil", "six")


def main() -> None:
    """Write the six lock files; the one of the dev group first, since the layers and the benchmark follow it."""
    for group in ("dev", "tools", "scan"):
        _lock(group, f"requirements-{group}.txt", *_HERE)
    _lock("bench", "requirements-bench.txt", *_HERE, "--constraint", "requirements-dev.txt")
    for layer, there in (("runtime", _RUNTIME_HAS), ("tabular", _OTHER_LAYER_HAS)):
        left_out = [argument for name in there for argument in ("--no-emit-package", name)]
        _lock(layer, f"layers/{layer}/requirements.txt", *_LAMBDA, *left_out)


def _lock(group: str, file: str, *options: str) -> None:
    subprocess.run([*_UV, "--group", group, "--output-file", file, *options], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
