"""What is wrong with one cell, before anybody knows its row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A stable code and a message that tells a bookkeeper what to do."""

    code: str
    message: str
