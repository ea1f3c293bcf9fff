"""One JSON record to rows of cells: names joined by dots, one row for each item of an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from takeback.tabular.json_stream import Number, too_deep
from takeback.tabular.limits import Limits
from takeback.tabular.table import BOOLEAN, NUMBER, TEXT

Path = tuple[str, ...]

_SCALARS = {str, Number, bool, type(None)}
# Lists inside a record that hold its lines, likeliest first; a record of an order becomes one row for each.
_LINES = ("line_items", "lineitems", "order_items", "items", "lines", "products", "transactions", "articles", "positions", "entries")


class Shape:
    """The columns of all records in first-seen order, and the list inside the records that gives one row for each element.

    `is_flat`: no record has anything but scalars.
    """

    def __init__(self, limits: Limits) -> None:
        self.paths: dict[Path, None] = {}
        self.lists: dict[Path, int] = {}
        self._limits = limits
        self._flat: set[Path] = set()
        self.is_flat = True

    def add(self, record: dict[str, Any]) -> None:
        """Takes in one record."""
        flat = set(map(type, record.values())) <= _SCALARS
        if flat and tuple(record) in self._flat:
            return
        self._check_depth(record)
        self._walk((), record, in_list=False)
        if flat:
            self._flat.add(tuple(record))
        else:
            self.is_flat = False
        self._limits.check_columns(len(self.paths))

    def _check_depth(self, record: dict[str, Any]) -> None:
        level: list[Any] = [record]
        for _ in range(self._limits.nesting):
            members = chain.from_iterable(value.values() if isinstance(value, dict) else value for value in level)
            level = [member for member in members if isinstance(member, (dict, list))]
            if not level:
                return
        raise too_deep()

    def _walk(self, path: Path, value: Any, *, in_list: bool) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                self._walk((*path, name), member, in_list=in_list)
        elif isinstance(value, list) and any(isinstance(element, dict) for element in value):
            if not in_list:
                self.lists[path] = max(self.lists.get(path, 0), len(value))
            for element in value:
                self._walk(path, element, in_list=True)
        elif value != []:
            self.paths[path] = None

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The first parts of the paths: in flat records the whole names. Asked for when all records are known."""
        return tuple(path[0] for path in self.paths)

    @cached_property
    def lines(self) -> Path | None:
        """The list that holds a record's lines: by its name, else the only list, else the only one with several elements."""
        for name in _LINES:
            for path in self.lists:
                if path[-1].casefold().replace("-", "_") == name:
                    return path
        several = [path for path, longest in self.lists.items() if longest > 1]
        for candidates in (list(self.lists), several):
            if len(candidates) == 1:
                return candidates[0]
        return next(iter(several), None)


def rows_of(record: dict[str, Any], lines: Path | None) -> list[dict[Path, Any]]:
    """The rows of one record: one for each element of its list of lines with the record's own cells repeated, else one."""
    own: dict[Path, Any] = {}
    elements: list[Any] = []
    _fill(own, (), record, lines, elements)
    if not elements:
        return [own]
    rows = []
    for element in elements:
        row = dict(own)
        _fill(row, lines or (), element, None, [])
        rows.append(row)
    return rows


def _fill(row: dict[Path, Any], path: Path, value: Any, lines: Path | None, elements: list[Any]) -> None:
    if isinstance(value, dict):
        for name, member in value.items():
            _fill(row, (*path, name), member, lines, elements)
    elif not isinstance(value, list):
        row[path] = value
    elif lines is not None and path == lines and any(isinstance(element, dict) for element in value):
        elements.extend(value)
    elif any(isinstance(element, dict) for element in value):
        _join(row, path, value)
    elif value:
        row[path] = ", ".join(text_of(element) for element in value)


def _join(row: dict[Path, Any], path: Path, elements: Sequence[Any]) -> None:
    """Several values for one cell (the shipping lines of an order) are listed, so that none is lost."""
    found: dict[Path, list[str]] = {}
    for element in elements:
        inner: dict[Path, Any] = {}
        _fill(inner, path, element, None, [])
        for name, value in inner.items():
            found.setdefault(name, []).append(text_of(value))
    for name, texts in found.items():
        row[name] = " | ".join(texts)


def text_of(value: Any) -> str:
    """A JSON value as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list):
        return ", ".join(text_of(element) for element in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text_of(member)}" for name, member in value.items())
    return str(value)


_LETTERS = {Number: NUMBER, bool: BOOLEAN}


def columns_of(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Sequence[str], str | None]]:
    """Rows of scalars as columns of text, each with its kinds (None where all is text)."""
    for column in zip(*rows, strict=True):
        types = set(map(type, column))
        if types == {str}:
            yield column, None
        else:
            kinds = "".join(_LETTERS.get(type(value), TEXT) for value in column) if types & _LETTERS.keys() else None
            yield tuple(map(text_of, column)), kinds
