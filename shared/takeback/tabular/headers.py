"""Names of columns: folded, unique, never empty."""

from __future__ import annotations

from collections.abc import Sequence

from takeback.tabular.cells import sound


def fold(text: str) -> str:
    """A cell as one line: line breaks and runs of blanks become one space, and what no text can hold is replaced."""
    return " ".join(sound(text).split())


def unique_names(cells: Sequence[str]) -> list[str]:
    """The cells of a header row as names: the second `Total` is `Total#2`, a nameless fifth cell `column 5`."""
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        base = fold(cell) or f"column {position}"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}#{count}"
        taken.add(name)
        names.append(name)
    return names


def repeated_names(cells: Sequence[str]) -> list[str]:
    """The names that stand over more than one column, in order of their first column; case does not tell names apart."""
    seen: dict[str, list[str]] = {}
    for cell in cells:
        if folded := fold(cell):
            seen.setdefault(folded.casefold(), []).append(folded)
    return [spellings[0] for spellings in seen.values() if len(spellings) > 1]
