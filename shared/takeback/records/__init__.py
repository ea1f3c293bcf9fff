"""What can be imported. One file per record type; a new file here is found by itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from takeback.errors import Unprocessable
from takeback.records._base import Column, Given, Record

__all__ = ["Column", "Given", "Record", "record_type", "record_types"]


@cache
def record_types() -> dict[str, type[Record]]:
    """Every record type by name, in alphabetical order."""
    for module in iter_modules(__path__):
        if not module.name.startswith("_"):
            import_module(f"{__name__}.{module.name}")
    return {model.name: model for model in sorted(Record.__subclasses__(), key=lambda model: model.name)}


def record_type(name: str) -> type[Record]:
    """The record type of this name; `Unprocessable` when there is none."""
    try:
        return record_types()[name]
    except KeyError:
        known = ", ".join(record_types())
        raise Unprocessable(f"There is no record type “{name}”. Known: {known}.") from None
