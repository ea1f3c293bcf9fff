"""What importing each function costs a new container: `python -m bench.cold_start`, medians, with and without byte code.

`python -m bench.cold_start --check` fails where an import takes longer than it may. It is a step of `make check`.

Lambda's folders are read-only, so what a package lacks in .pyc files is compiled again at every cold start. Python and the
few modules that Lambda's own runtime needs (json among them) are there already; everything else is counted.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import fresh
from local.intrinsics import load

# Seconds of processor with byte code, on a machine that imports the yardstick in its time. A slower one has more in the same
# proportion, so that a limit says something about the code and not about who else is on the machine.
_LIMITS = {"Validate": 1.2}
_USUAL_LIMIT = 0.35
_YARDSTICK, _YARDSTICK_SECONDS = "unittest.mock", 0.04
_TRIES = 5


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Medians for one function: processor seconds without and with byte code, peak memory of the process in MB."""

    function: str
    seconds_without_pyc: float
    seconds: float
    peak_mb: float


def measure(rounds: int) -> list[ColdStart]:
    """Every function of the template, in its order."""
    with tempfile.TemporaryDirectory() as folder:
        return [_measured(name, module, rounds, Path(folder)) for name, module in _modules().items()]


def beyond() -> list[str]:
    """A sentence for each function whose import takes more than it may; the least of some tries counts."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = _compiled(Path(folder))
        modules = {_YARDSTICK: _YARDSTICK, **_modules()}
        rounds = [{name: _import(module, compiled).cpu for name, module in modules.items()} for _ in range(_TRIES + 1)]
    seconds = {name: min(taken[name] for taken in rounds[1:]) for name in modules}  # the first round leaves the byte code
    slowness = max(1.0, seconds.pop(_YARDSTICK) / _YARDSTICK_SECONDS)
    allowed = {name: _LIMITS.get(name, _USUAL_LIMIT) * slowness for name in seconds}
    return [
        f"Importing {name} takes {took:.2f} s of processor; it may take {allowed[name]:.2f} s on this machine."
        for name, took in seconds.items()
        if took > allowed[name]
    ]


def table(measured: Sequence[ColdStart]) -> str:
    """The measurements as a table in Markdown."""
    lines = ["| function | import s, no .pyc | import s | peak RSS MB |", "|---|---|---|---|"]
    lines += [f"| {one.function} | {one.seconds_without_pyc:.2f} | {one.seconds:.2f} | {one.peak_mb:.0f} |" for one in measured]
    return "\n".join(lines)


def _modules() -> dict[str, str]:
    """Function -> the module that Lambda imports."""
    resources = load(fresh.ROOT / "template.yaml")["Resources"]
    functions = {name: made["Properties"] for name, made in resources.items() if made["Type"] == "AWS::Serverless::Function"}
    return {name: properties["Handler"].rpartition(".")[0] for name, properties in functions.items()}


def _told() -> dict[str, str]:
    """What the template tells every function in so many words."""
    variables = load(fresh.ROOT / "template.yaml")["Globals"]["Function"]["Environment"]["Variables"]
    return {name: value for name, value in variables.items() if isinstance(value, str) and not value.startswith("/opt/")}


def _measured(name: str, module: str, rounds: int, folder: Path) -> ColdStart:
    compiled = _compiled(folder)
    nothing = _told() | {"PYTHONPYCACHEPREFIX": str(folder / "nothing"), "PYTHONDONTWRITEBYTECODE": "1"}
    _import(module, compiled)
    without = [_import(module, nothing) for _ in range(rounds)]
    taken = [_import(module, compiled) for _ in range(rounds)]
    return ColdStart(
        name,
        statistics.median(one.cpu for one in without),
        statistics.median(one.cpu for one in taken),
        statistics.median(one.peak_mb for one in taken),
    )


def _compiled(folder: Path) -> dict[str, str]:
    """What lets the first import leave byte code in the folder, and those after it find it there."""
    return _told() | {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}


def _import(module: str, environment: dict[str, str]) -> fresh.Taken:
    return fresh.call("importlib:import_module", module, folders=("functions",), environment=environment)


def main() -> None:
    """Measure and print, or check."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    if asked.check:
        if found := beyond():
            raise SystemExit("\n".join(found))
        print("Every function is imported within its limits.")
    else:
        print(table(measure(asked.rounds)))


if __name__ == "__main__":
    main()
