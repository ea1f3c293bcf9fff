"""JSON text of any length, one value at a time: a window slides over it, and only complete values leave it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any

from takeback.errors import Refused
from takeback.tabular.limits import Limits

_BLANKS = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=[^ \t\n\r])")
_DEEPEST_WRAPPER = 4


class Number(str):
    """A JSON number as it was written: every digit and every zero of it."""

    __slots__ = ()


class Decoder:
    """Decodes JSON strictly: no NaN, numbers as written, and `repeated_key` says whether the last value had one twice."""

    def __init__(self) -> None:
        self.repeated_key: str | None = None
        decoder = JSONDecoder(object_pairs_hook=self._object, parse_float=Number, parse_int=Number, parse_constant=_no_constant)
        self._scan: Callable[[str, int], tuple[Any, int]] = vars(decoder)["scan_once"]

    def value(self, text: str, at: int) -> tuple[Any, int]:
        """The value that begins at a position, and where it ends. Raises JSONDecodeError, or Refused when it is too deep."""
        self.repeated_key = None
        try:
            return self._scan(text, at)
        except StopIteration:
            raise JSONDecodeError("no value", text, at) from None
        except RecursionError:
            raise too_deep() from None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            self.repeated_key = next(name for name in names if names.count(name) > 1)
        return found


def _no_constant(name: str) -> Any:
    raise JSONDecodeError(f"{name} is no JSON value", name, 0)


def too_deep() -> Refused:
    """The refusal of values nested beyond reason."""
    return Refused("too_deep", "The JSON is nested too deeply for a table. Export a plain list of records and try again.")


class Window:
    """A position in JSON text that arrives in blocks."""

    def __init__(self, blocks: Iterator[str], limits: Limits) -> None:
        self._blocks = blocks
        self._limits = limits
        self._text = ""
        self._at = 0
        self._lines = 1
        self._ended = False
        self.decoder = Decoder()

    def peek(self) -> str:
        """The next character that is not blank; "" at the end."""
        while True:
            match = _BLANKS.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def take(self, wanted: str) -> str:
        """Steps over the next character, which must be one of `wanted`."""
        found = self.peek()
        if not found or found not in wanted:
            raise self.invalid()
        self._at += 1
        return found

    def skip_mark(self) -> None:
        """Steps over a byte-order mark at the start."""
        self._grow()
        self._at = 1 if self._text.startswith("\ufeff") else 0

    def value(self) -> Any:
        """Steps over the next value and returns it."""
        self.peek()
        while True:
            try:
                found, end = self.decoder.value(self._text, self._at)
            except JSONDecodeError:
                if not self._grow():
                    raise self.invalid() from None
                continue
            if end == len(self._text) and self._grow():
                continue  # a number at the very end may go on in the next block
            self._at = end
            return found

    def run(self) -> Iterator[Any]:
        """The values from here on that have a comma behind them in the text at hand: the quick way through a long list."""
        value, between = self.decoder.value, _BETWEEN.match
        self.peek()
        while True:
            try:
                found, end = value(self._text, self._at)
            except JSONDecodeError:
                return
            following = between(self._text, end)
            if following is None:
                return
            self._at = following.end()
            yield found

    def invalid(self) -> Refused:
        """The refusal of text that is no JSON, with the line it stops at."""
        line = self._lines + self._text.count("\n", 0, self._at)
        return Refused(
            "invalid_json",
            f"The file looks like JSON but breaks its rules in or after line {line:,}; it may have been cut short. "
            "Export it again, or export CSV or .xlsx instead.",
        )

    def _grow(self) -> bool:
        """Adds text behind the position and lets go of what lies before it; doubles, so that long values cost linear time."""
        if self._ended:
            return False
        self._lines += self._text.count("\n", 0, self._at)
        rest = self._text[self._at :]
        if len(rest) > self._limits.record_chars:
            raise Refused(
                "record_too_long",
                f"One record has more than {self._limits.record_chars:,} characters. Export a plain list of records and try again.",
            )
        parts, size = [rest], 0
        while size <= len(rest):
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
                break
            parts.append(block)
            size += len(block)
        self._text, self._at = "".join(parts), 0
        return size > 0


def walk(window: Window, path: tuple[str, ...] = (), depth: int = 0) -> Iterator[tuple[tuple[str, ...], bool, Any]]:
    """Walks the outer objects of a text and the lists in them.

    Yields (path, True, element) for each element of a list, and (path, False, value) for each other member.
    """
    opening = window.peek()
    if opening == "[":
        yield from _list(window, path)
    elif opening == "{" and depth <= _DEEPEST_WRAPPER:
        yield from _members(window, path, depth)
    else:
        yield path, False, window.value()


def _list(window: Window, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool, Any]]:
    window.take("[")
    if window.peek() == "]":
        window.take("]")
        return
    while True:
        for value in window.run():
            yield path, True, value
        yield path, True, window.value()
        if window.take(",]") == "]":
            return


def _members(window: Window, path: tuple[str, ...], depth: int) -> Iterator[tuple[tuple[str, ...], bool, Any]]:
    window.take("{")
    if window.peek() == "}":
        window.take("}")
        return
    while True:
        if window.peek() != '"':
            raise window.invalid()
        name = window.value()
        window.take(":")
        yield from walk(window, (*path, name), depth + 1)
        if window.take(",}") == "}":
            return
