"""What the shape of a cell settles about its value, found out by asking the scalar rules.

The shape is the cell with its digits as 1, save that the zeros before the first and after the last other digit stay 0:
`$1,111.10` for `$1,234.50`. Most columns have few shapes, however many values they have. A shape is put to the scalar
rules with several fillings of its ones; where all of them agree (the same problem, the text itself, or always the digits
times one factor), so will the others. Where they do not agree, each cell has to be read by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

from takeback.records import Column
from takeback.rules.decisions import Evidence, Reading
from takeback.rules.values import Problem, Value, parse_cell

FACTORS = (1, 10, 100, -1, -10, -100)
MOST_DIGITS = 15  # `loops.take_amounts` takes one more
_FILLINGS = ("1", "12", "90", "3007", "95", "123456789", "7", "4608", "9")  # the n-th ends in n


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds for every cell of a shape.

    `kind`: "problem"; "same", the text is the value; "constant"; "times", the value is the digits times `factor`;
    "each", it depends on the cell.
    """

    kind: Literal["problem", "same", "constant", "times", "each"]
    problem: Problem | None = None
    value: Value = None
    factor: int = 0


EACH = Verdict("each")


def verdict(column: Column, reading: Reading, shape: str, kind: str) -> Verdict:
    """What the scalar rules say of all cells of a shape, as values and as evidence."""
    texts = list(fillings(shape))
    told = _told(column, texts[0], kind)
    found: list[Value | Problem] = []
    for text in texts:
        found.append(parse_cell(column, reading, text, kind))
        if isinstance(found[-1], Problem) != isinstance(found[0], Problem) or _told(column, text, kind) != told:
            return EACH
    return _common(texts, found)


def fillings(shape: str) -> Iterator[str]:
    """Texts of this shape that differ in the ways in which rules look at digits."""
    free = [at for at, sign in enumerate(shape) if sign == "1"]
    if not free:
        yield shape
        return
    signs = list(shape)
    for last, digits in enumerate(_FILLINGS, start=1):
        for at, digit in zip(free, [*islice(cycle(digits), len(free) - 1), str(last)], strict=True):
            signs[at] = digit
        yield "".join(signs)


def _common(texts: Sequence[str], found: Sequence[Value | Problem]) -> Verdict:
    first = found[0]
    if isinstance(first, Problem):
        return Verdict("problem", problem=first) if all(other == first for other in found) else EACH
    if all(value == text for text, value in zip(texts, found, strict=True)):
        return Verdict("same")
    if all(value == first for value in found):
        return Verdict("constant", value=first)
    if sum(map(_is_digit, texts[0])) > MOST_DIGITS:
        return EACH
    for factor in FACTORS:
        if all(type(value) is int and value == factor * _digits(text) for text, value in zip(texts, found, strict=True)):
            return Verdict("times", factor=factor)
    return EACH


def _told(column: Column, text: str, kind: str) -> object:
    evidence = Evidence("", column)
    evidence.see(text, kind, 0)
    return {key: tally.count for key, tally in evidence.tallies.items()}, evidence.days


def _is_digit(sign: str) -> bool:
    return "0" <= sign <= "9"


def _digits(text: str) -> int:
    return int("".join(filter(_is_digit, text)) or "0")
