"""Files made in the test, read as an upload would be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest

from takeback.errors import Refused
from takeback.rules.issues import Issue
from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.reader import open_table
from takeback.tabular.table import Table


@dataclass
class Seen:
    """A table read to its end."""

    table: Table
    numbers: list[int]
    rows: list[tuple[str, ...]]
    kinds: list[str]
    issues: list[Issue]

    def flagged(self, code: str) -> list[int | None]:
        return [issue.row for issue in self.issues if issue.code == code]

    @property
    def noticed(self) -> list[str]:
        return [issue.code for issue in self.table.notices]

    @property
    def dropped(self) -> dict[int, str]:
        return {line.row_number: line.reason for line in self.table.facts.dropped_lines}


def read(content: bytes | str, limits: Limits | None, **options: Any) -> Seen:
    source = BytesIO(content.encode() if isinstance(content, str) else content)
    table = open_table(source, Options(**options), limits or Limits())
    numbers: list[int] = []
    rows: list[tuple[str, ...]] = []
    kinds: list[str] = []
    issues: list[Issue] = []
    for chunk in table.chunks:
        assert len(chunk.columns) == len(table.headers) == len(chunk.kinds)
        assert {len(column) for column in chunk.columns} == {len(chunk.row_numbers)}
        assert all(kind is None or len(kind) == len(chunk.row_numbers) for kind in chunk.kinds)
        numbers += chunk.row_numbers
        rows += zip(*chunk.columns, strict=True)
        letters = (kind or "t" * len(chunk.row_numbers) for kind in chunk.kinds)
        kinds += ["".join(row) for row in zip(*letters, strict=True)]
        issues += chunk.issues
    return Seen(table, numbers, rows, kinds, issues)


@pytest.fixture(scope="session")
def seen() -> Callable[..., Seen]:
    """Reads bytes (or text, as UTF-8) to the end."""

    def seen(content: bytes | str, limits: Limits | None = None, **options: Any) -> Seen:
        return read(content, limits, **options)

    return seen


@pytest.fixture(scope="session")
def refusal() -> Callable[..., str]:
    """The code with which bytes are refused; the message must tell a person what to do."""

    def refusal(content: bytes | str, limits: Limits | None = None, **options: Any) -> str:
        with pytest.raises(Refused) as refused:
            read(content, limits, **options)
        assert refused.value.message[0].isupper()
        assert refused.value.message.endswith(".")
        assert "Error" not in refused.value.message
        return refused.value.code

    return refusal
