"""`python -m local run | demo [FILE] | read FILE… | questions`: what the Makefile calls."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from layers import compile_loops

# Each is a module here with `main(arguments) -> exit status`; only the one that is asked for is imported.
_COMMANDS = ("run", "demo", "read", "questions")


def main(arguments: list[str]) -> int:
    """Carry out one command."""
    if not arguments or arguments[0] not in _COMMANDS:
        sys.stderr.write(f"usage: python -m local {'|'.join(_COMMANDS)} [FILE…]\n")
        return 2
    if arguments[0] != "questions" and not compile_loops.is_up_to_date():
        sys.stderr.write("The loops of the reader have changed since they were compiled, or never were. Run “make setup”.\n")
        return 1
    sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))  # as the layer puts it on the path in AWS
    return import_module(f"local.{arguments[0]}").main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
