"""What is wrong with one cell, before anybody knows its row."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOT_KEPT = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """A stable code and a message that tells a bookkeeper what to do."""

    code: str
    message: str


BAD_CHARACTER = Problem("bad_character", "This cell holds a character that cannot be stored. Delete it in the file.")


def is_kept(text: str) -> bool:
    """Whether a database can keep the text: UTF-8 has no half of a surrogate pair, Postgres no zero byte."""
    return not _NOT_KEPT.search(text)
