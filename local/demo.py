"""`python -m local demo [FILE]`: the whole journey in the terminal, against a stack of its own that is gone afterwards."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn
from rich.prompt import Prompt
from rich.text import Text

from local import demo_tables as tables
from local.client import Client, Refused
from local.stack import ROOT, CannotStart, stack
from local.terminal import Terminal

_SAMPLE = ROOT / "samples" / "sales.csv"
_CHOICES = {"date_order": ["MDY", "DMY", "YMD"], "decimal_mark": [".", ","], "money_unit": ["major", "cents"]}


class _CannotGoOn(Exception):
    """The journey ends here; the message says why and what to do."""


def main(arguments: list[str]) -> int:
    """Show the journey of one file; 0 when it came back to where it began."""
    path = Path(arguments[0]) if arguments else _SAMPLE
    console = Console(highlight=False)
    if not path.is_file():
        console.print(Text(f"There is no file {path}. Name one: make demo FILE=path/to/export.csv", style="bold red"))
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="takeback-demo-") as folder, ExitStack() as parts:
            with console.status("Starting a stack of its own: PostgreSQL, S3, the functions …"):
                running = parts.enter_context(stack(Path(folder), 0, lambda _: None, Terminal(console, quiet=True).report))
            client = Client(running.facts["api"], running.facts["users"]["demo"]["token"])
            parts.callback(client.close)
            _Journey(console, client).run(path)
    except (CannotStart, Refused, _CannotGoOn) as problem:
        console.print(Text(f"\n{problem}", style="bold red"))
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped; nothing is left of it.")
        return 130
    console.print(Text.assemble("\nThe same with a page: ", ("make run", "bold"), "   Your own file: ", ("make demo FILE=…", "bold"), "\n"))
    return 0


class _Journey:
    def __init__(self, console: Console, client: Client) -> None:
        self._console = console
        self._client = client
        self._fields = client.fields()
        self._labels = {field["name"]: field["label"] for field in self._fields}

    def run(self, path: Path) -> None:
        self._heading(1, f"Upload {path.name}")
        batch_id = self._upload(path)
        self._heading(2, "See how it will be read")
        preview = self._preview(batch_id, None)
        self._show(preview)
        preview = self._ready(batch_id, preview)
        self._heading(3, "Commit: all of it or none of it")
        batch = self._client.commit(batch_id, preview["revision"], self._client.account())
        self._console.print(tables.batch(batch))
        self._console.print(Text("Read back from the database: ", style="dim") + tables.totals(batch["totals"], self._labels))
        self._heading(4, "Undo")
        plan = self._client.rollback(batch_id, dry_run=True)["would_undo"]
        self._console.print(
            f"It would delete {plan['deleted']:,} rows, restore {plan['restored']:,} and lose {plan['lost']:,} later edits."
        )
        self._console.print(tables.batch(self._client.rollback(batch_id)))
        left = [record for record in self._client.records(batch_id) if record["state"] == "live"]
        if left:
            raise _CannotGoOn(f"{len(left)} rows are still there. That must not be: please report it.")
        self._console.print(Text("The table is as it was before.", style="bold green"))

    def _heading(self, number: int, text: str) -> None:
        self._console.print()
        self._console.rule(Text(f" {number}  {text} ", style="bold"), align="left", style="dim")

    def _upload(self, path: Path) -> str:
        with Progress(TextColumn("  sending"), BarColumn(), DownloadColumn(), console=self._console) as progress:
            task = progress.add_task("", total=path.stat().st_size)
            return self._client.upload(path, lambda size: progress.advance(task, size))

    def _preview(self, batch_id: str, revision: str | None) -> dict[str, Any]:
        with Progress(
            SpinnerColumn(), TextColumn("reading … {task.fields[rows]:,} rows"), console=self._console, transient=True
        ) as progress:
            task = progress.add_task("", total=None, rows=0)
            return self._client.preview(batch_id, revision, lambda rows: progress.update(task, rows=rows))

    def _show(self, preview: dict[str, Any]) -> None:
        if preview["state"] == "unreadable":
            raise _CannotGoOn(f"This file cannot be read: {preview['errors'][0]['message']}")
        file = preview["file"]
        facts = (
            file["format"],
            file["encoding"],
            file["sheet"] and f"sheet {file['sheet']}",
            file["header_row"] and f"header in row {file['header_row']}",
        )
        self._console.print(Text(" · ".join(fact for fact in facts if fact), style="dim"))
        for line in file["dropped_lines"][:5]:
            self._console.print(Text(f"Row {line['row_number']} left out: {line['reason']}", style="dim"))
        for shown in (
            tables.columns(preview, self._labels),
            tables.decisions(preview),
            tables.rows(preview, self._fields, self._console.width),
        ):
            if shown:
                self._console.print(shown)
        for warning in preview["warnings"]:
            self._console.print(Text(warning, style="yellow"))

    def _ready(self, batch_id: str, preview: dict[str, Any]) -> dict[str, Any]:
        """A preview that can be committed: questions answered, bad rows left out, both said aloud."""
        if preview["unmapped_required"]:
            missing = ", ".join(self._labels[name] for name in preview["unmapped_required"])
            raise _CannotGoOn(
                f"No column of this file could be taken for: {missing}. Choose it in the page (make run), or rename the column."
            )
        options: dict[str, Any] = {}
        for question in preview["decisions"]:
            if question["needs_answer"] and question["kind"] in _CHOICES:
                options.setdefault(question["kind"], self._answer(question))
        if options:
            preview = self._preview(batch_id, self._client.read_again(batch_id, options))
        if preview["errors"]:
            self._console.print(tables.errors(preview))
        if preview["invalid_rows"]:
            if not preview["valid_rows"]:
                raise _CannotGoOn("No row is left that could be imported.")
            bad = sorted({error["row"] for error in preview["errors"] if error["row"]})
            if len(bad) < preview["invalid_rows"]:
                raise _CannotGoOn(
                    f"{preview['invalid_rows']:,} rows are wrong, more than are listed. The page (make run) offers all of them as a file."
                )
            self._console.print(
                Text(f"The demo goes on without these {len(bad):,} rows; you would mend the file or leave them out too.", style="yellow")
            )
            preview = self._preview(batch_id, self._client.read_again(batch_id, {**options, "exclude_rows": bad}))
        if preview["state"] != "ready":
            raise _CannotGoOn("Something is still open in this file; the page (make run) shows what.")
        self._console.print(
            Text(f"{preview['valid_rows']:,} rows are ready. ", style="bold green") + tables.totals(preview["totals"], self._labels)
        )
        return preview

    def _answer(self, question: dict[str, Any]) -> str:
        text = f"{question['header']}: {question['evidence']}"
        if sys.stdin.isatty():
            return Prompt.ask(
                Text(text, style="yellow"), console=self._console, choices=_CHOICES[question["kind"]], default=question["value"]
            )
        self._console.print(Text(f"{text} Nobody is here to ask, so the demo takes {question['value']}.", style="yellow"))
        return question["value"]
