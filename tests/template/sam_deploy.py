"""Prints what `sam` with these arguments would deploy from this folder, as JSON: SAM's own reading of its files and flags, nothing is done.

Run by .venv-tools' Python: see test_deploy.py.
"""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

from samcli.cli.main import cli  # pyright: ignore[reportMissingImports]
from samcli.commands.deploy import command  # pyright: ignore[reportMissingImports]
from samcli.lib.utils import version_checker  # pyright: ignore[reportMissingImports]

_NAMES = list(inspect.signature(command.do_cli).parameters)


def _tell(*values: Any) -> None:
    json.dump(dict(zip(_NAMES, values, strict=False)), sys.stdout, default=str)


command.do_cli = _tell
version_checker._inform_newer_version = lambda: None  # it would ask PyPI
cli(sys.argv[1:], prog_name="sam")
