"""Where the header stands: found by what the rows above and below it hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import median

from takeback.tabular.headers import fold
from takeback.tabular.looks import filled, is_label, is_value, known_words

_LOOK_AT = 80  # records from the start in which a header may stand
_BELOW = 30  # records below a candidate that are compared with it


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions are into the file's first records. `names` has a name or "" for each column.

    `group` is a line above the header that names groups of columns, `second` a line below it that goes on with the
    header; `typed` are the columns that hold values (numbers, dates) as a rule; `is_sure` is False where no row looks
    like a header and the first full one had to do; `is_wider`: the rows have an empty cell beyond the header's last.
    """

    header: int
    names: list[str]
    typed: frozenset[int]
    group: int | None = None
    second: int | None = None
    is_sure: bool = True
    is_wider: bool = False

    @property
    def first_data(self) -> int:
        """The position of the first record below the header."""
        return (self.header if self.second is None else self.second) + 1


def find_layout(rows: Sequence[Sequence[str]], chosen: int | None = None) -> Layout:
    """The layout of a table whose first records are given; `chosen` is the position of a header that a person named."""
    looks = [_Look.of(row) for row in rows[: _LOOK_AT + _BELOW + 2]]
    header = chosen if chosen is not None else _best_header(looks)
    sure = True
    if header is None:
        header, sure = _first_full(looks), False
    if header >= len(looks):
        return Layout(header, list(rows[header]), frozenset())
    typed = _typed_columns(looks, header)
    second = _second_line(looks, header)
    if second is not None:
        typed = _typed_columns(looks, second)
    group = _group_line(looks, header)
    width = _width(rows, header)
    lines = [[fold(cell) for cell in rows[at]] + [""] * width if at is not None else None for at in (group, header, second)]
    is_half = group is not None and _is_half(looks[group], looks[header])
    names = _names(lines[0], lines[1] or [], lines[2], is_half=is_half)[:width]
    return Layout(header, names, frozenset(typed), group, second, sure, width > len(rows[header]))


@dataclass(frozen=True, slots=True)
class _Look:
    """A record at a glance: which of its cells are filled, which are values, which could be labels."""

    cells: Sequence[str]
    filled: frozenset[int]
    values: frozenset[int]
    labels: frozenset[int]

    @classmethod
    def of(cls, cells: Sequence[str]) -> _Look:
        at = filled(cells)
        return cls(cells, frozenset(at), frozenset(i for i in at if is_value(cells[i])), frozenset(i for i in at if is_label(cells[i])))


def _best_header(looks: Sequence[_Look]) -> int | None:
    """The row of labels that stands over the most columns of values; then the one with the most usual words; then the first."""
    best: tuple[int, int, bool, int] | None = None
    widest = max((len(look.filled) for look in looks), default=0)
    for at, look in enumerate(looks[:_LOOK_AT]):
        if len(look.filled) < min(2, widest) or len(look.labels) < 0.7 * len(look.filled):
            continue
        below = [other for other in looks[at + 1 : at + 1 + 2 * _BELOW] if other.filled][:_BELOW]
        if below and len(look.filled) < 0.5 * median(len(other.filled) for other in below):
            continue
        typed = _typed_columns(looks, at)
        if any(_is_data(earlier, typed) for earlier in looks[:at]) or _is_among_its_like(looks, at):
            break
        fits = not below or len(look.cells) == Counter(len(other.cells) for other in below).most_common(1)[0][0]
        score = (len(look.labels & typed), known_words(look.cells), fits, -at)
        if best is None or score > best:
            best = score
    return None if best is None else -best[3]


def _is_among_its_like(looks: Sequence[_Look], at: int) -> bool:
    """Whether rows above are as full as this one, so that it is one of many; a single line of labels right above is half a header."""
    fullness = 0.9 * len(looks[at].filled)
    above = [other for other in range(at) if len(looks[other].filled) >= fullness and len(looks[other].cells) == len(looks[at].cells)]
    return len(above) > 1 or (len(above) == 1 and (above[0] != at - 1 or bool(looks[above[0]].values)))


def _typed_columns(looks: Sequence[_Look], header: int) -> set[int]:
    """The columns whose filled cells below a row are values for the most part; nearly empty rows have no say."""
    full: Counter[int] = Counter()
    typed: Counter[int] = Counter()
    below = [look for look in looks[header + 1 : header + 1 + 2 * _BELOW] if look.filled][:_BELOW]
    usual = median([len(look.filled) for look in below] or [0])
    for look in below:
        if len(look.filled) < 0.7 * usual:
            continue
        full.update(look.filled)
        typed.update(look.values)
    return {column for column, count in typed.items() if count >= 0.6 * full[column]}


def _is_data(look: _Look, typed: set[int]) -> bool:
    """Whether a row holds values where the rows of the table do."""
    return len(look.values & typed) >= max(2, 0.5 * len(typed))


def _first_full(looks: Sequence[_Look]) -> int:
    usual = median([len(look.filled) for look in looks if look.filled] or [0])
    return next((at for at, look in enumerate(looks) if look.filled and len(look.filled) >= 0.5 * usual), 0)


def _second_line(looks: Sequence[_Look], header: int) -> int | None:
    """A line of labels right below the header, where values should stand: units, a translation, the lower half of names."""
    at = header + 1
    if at + 1 >= len(looks) or not looks[at].filled or looks[at].values:
        return None
    columns = _typed_columns(looks, at) & (looks[at].labels | looks[header].labels)
    is_line_of_labels = len(looks[at].labels) == len(looks[at].filled) and len(looks[at].labels & columns) >= max(2, 0.4 * len(columns))
    return at if is_line_of_labels and not _same(looks[at].cells, looks[header].cells) else None


def _group_line(looks: Sequence[_Look], header: int) -> int | None:
    """A line of labels right above the header that is needed to tell the columns apart.

    Either it names groups of columns and some names below it are missing or stand twice; or it is the upper half of the
    names, about as full as the header. A line that is complete by itself is a translation and not needed.
    """
    at = header - 1
    if at < 0 or len(looks[at].labels) < 2 or looks[at].values:
        return None
    if _is_clear(looks[at].cells):
        return None
    return at if _is_half(looks[at], looks[header]) or not _is_clear(looks[header].cells) else None


def _is_clear(cells: Sequence[str]) -> bool:
    names = [fold(cell).casefold() for cell in cells]
    return len(set(names)) == len(names) and all(names)


def _is_half(upper: _Look, lower: _Look) -> bool:
    return len(upper.filled) >= 0.7 * len(lower.filled)


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    return [fold(cell) for cell in one if fold(cell)] == [fold(cell) for cell in other if fold(cell)]


def _width(rows: Sequence[Sequence[str]], header: int) -> int:
    """The number of columns: the header's, or one more where every line below ends in a delimiter that the header lacks."""
    width = len(rows[header])
    below = [row for row in rows[header + 1 : header + 1 + 1000] if filled(row)]
    if below and all(len(row) == width + 1 and not row[width].strip() for row in below):
        return width + 1
    if below and width > 1 and all(len(row) == width - 1 for row in below) and not rows[header][-1].strip():
        return width - 1
    return width


def _names(group: list[str] | None, header: list[str], second: list[str] | None, *, is_half: bool) -> list[str]:
    """One name for each column out of up to three lines."""
    names = header
    if second is not None:
        if all(bool(name) or not lower for name, lower in zip(names, second, strict=False)) and len(set(filter(None, names))) == len(
            list(filter(None, names))
        ):
            return names
        names = _joined(_carried(names, second), second)
    if group is None:
        return names
    if is_half:
        return _joined(group, names)
    count = Counter(names)
    groups = _carried(group, names)
    return [_both(upper, name) if count[name] > 1 or not name else name for upper, name in zip_longest(groups, names, fillvalue="")]


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    return [_both(one, other) for one, other in zip_longest(upper, lower, fillvalue="")]


def _both(upper: str, lower: str) -> str:
    return upper if upper == lower else f"{upper} {lower}".strip()


def _carried(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Each upper name carried on to the right as long as there are lower names, as a merged cell spreads."""
    carried: list[str] = []
    last = ""
    for name, below in zip_longest(upper, lower, fillvalue=""):
        last = name or last
        carried.append(name or (last if below else ""))
    return carried
