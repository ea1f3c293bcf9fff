"""A preview and a batch as tables that fit a terminal."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

_ROWS = 8
_ERRORS = 12
_WIDEST = 26


def columns(preview: dict[str, Any], labels: dict[str, str]) -> Table:
    """How each column of the file is read, and why."""
    table = _table("How each column is read", "Column", "Examples", "Becomes", "Why")
    for column in preview["columns"]:
        label = labels.get(column["field"], "")
        becomes = Text(label, style="green") if label else Text("left out", style="dim")
        table.add_row(column["header"], _short(" · ".join(column["samples"][:2])), becomes, Text(column["reason"], style="dim"))
    return table


def decisions(preview: dict[str, Any]) -> Table | None:
    """What was decided for whole columns; open questions stand out."""
    if not preview["decisions"]:
        return None
    table = _table("Decided once for the whole column", "Column", "What", "Decision", "Evidence")
    for decision in preview["decisions"]:
        value = Text("?", style="bold yellow") if decision["needs_answer"] else Text(decision["value"] or "", style="green")
        table.add_row(decision["header"], decision["kind"].replace("_", " "), value, Text(decision["evidence"], style="dim"))
    return table


def rows(preview: dict[str, Any], fields: list[dict[str, Any]], width: int) -> Table:
    """The first rows as they would be stored, as many fields as fit into `width`; wrong cells in red, as written."""
    mapped = set(preview["column_mapping"].values())
    table = _table(f"The first rows of {preview['total_rows']:,}", "Row")
    cells: list[list[Text]] = [[Text(str(row["row_number"]), style="dim" if row["is_valid"] else "red")] for row in preview["rows"][:_ROWS]]
    left = width - 6
    for field in sorted((field for field in fields if field["name"] in mapped), key=lambda field: not field["required"]):
        column = [_cell(row, field) for row in preview["rows"][:_ROWS]]
        left -= max(len(field["label"]), *map(len, column)) + 3
        if left < 0:
            break
        table.add_column(field["label"], no_wrap=True, justify="right" if field["kind"] in {"money", "count"} else "left")
        for line, cell in zip(cells, column, strict=True):
            line.append(cell)
    for line in cells:
        table.add_row(*line)
    return table


def _cell(row: dict[str, Any], field: dict[str, Any]) -> Text:
    wrong = next((error for error in row["errors"] if error["field"] == field["name"]), None)
    if wrong:
        return Text(_short(wrong["value"] or "(empty)"), style="bold red")
    return Text(_short(value_text(row["data"].get(field["name"]), field["kind"])))


def errors(preview: dict[str, Any]) -> Table:
    """What is wrong, where, and what to do about it."""
    table = _table(
        f"{preview['invalid_rows']:,} of {preview['total_rows']:,} rows cannot be imported as they are",
        "Row",
        "Column",
        "Written",
        "What to do",
    )
    for error in preview["errors"][:_ERRORS]:
        table.add_row(
            str(error["row"] or ""), error["header"] or "", Text(_short(error["value"] or "(empty)"), style="bold red"), error["message"]
        )
    more = len(preview["errors"]) - _ERRORS
    if more > 0:
        table.add_row("…", "", "", f"and {more:,} more")
    return table


def totals(found: dict[str, int], labels: dict[str, str]) -> Text:
    """The sums of the money columns."""
    return Text(" · ".join(f"{labels.get(field, field)} {value_text(cents, 'money')}" for field, cents in found.items()), style="dim")


def batch(found: dict[str, Any]) -> Table:
    """What became of a batch."""
    table = _table("", "Status", "Inserted", "Updated", "Skipped", "Deleted", "Restored", "Undo until (UTC)")
    until = (found["rollback_until"] or "")[:16].replace("T", " ") if found["can_rollback"] else "–"
    counts = (f"{found[name]:,}" for name in ("inserted", "updated", "skipped", "deleted", "restored"))
    style = "green" if found["status"] == "committed" else "yellow"
    table.add_row(Text(found["status"].replace("_", " "), style=style), *counts, until)
    return table


def value_text(value: Any, kind: str) -> str:
    """A normalised value as people write it: cents with two decimals."""
    if value is None:
        return ""
    if kind == "money":
        return f"{'-' if value < 0 else ''}{abs(value) // 100:,}.{abs(value) % 100:02}"
    return str(value)


def _table(title: str, *headers: str) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDEST else flat[: _WIDEST - 1] + "…"
