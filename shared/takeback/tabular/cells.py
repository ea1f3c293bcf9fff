"""Checks of cells that came from JSON or a workbook: what no database and no spreadsheet can hold."""

from __future__ import annotations

from collections.abc import Sequence

from takeback.rules.issues import Issue
from takeback.tabular.encoding import bad_text
from takeback.tabular.limits import Limits

REPLACED = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def sound(text: str) -> str:
    """The text with half characters and NULs replaced."""
    return text.translate(REPLACED) if bad_text(text) else text


def sound_columns(
    columns: Sequence[Sequence[str]], numbers: Sequence[int], headers: Sequence[str], limits: Limits
) -> tuple[list[Sequence[str]], list[Issue]]:
    """The columns with half characters and NULs replaced and long cells cut, and an issue for each row where that was done."""
    sound: list[Sequence[str]] = []
    issues: list[Issue] = []
    for header, column in zip(headers, columns, strict=True):
        if max(map(len, column), default=0) <= limits.cell_chars and not bad_text("\n".join(column)):
            sound.append(column)
            continue
        cells = list(column)
        for at, cell in enumerate(column):
            if len(cell) > limits.cell_chars:
                most = f"{limits.cell_chars:,} characters, the most a spreadsheet can hold"
                message = f"The cell under “{header}” has more than {most}. Shorten it."
                issues.append(Issue("cell_too_long", message, row=numbers[at]))
                cells[at] = cell[: limits.cell_chars]
            if found := bad_text(cells[at]):
                code, what = ("nul_byte", "a NUL character") if found[0] == "\0" else ("bad_text", "half a character")
                message = f"The cell under “{header}” holds {what}, which no cell can. Type it anew and export again."
                issues.append(Issue(code, message, row=numbers[at]))
                cells[at] = cells[at].translate(REPLACED)
        sound.append(cells)
    return sound, issues
