"""The innermost loops of reading, each over every byte or every cell: plain Python, typed for Cython and compiled ahead.

`layers/compile_loops.py` makes one extension, `compiled`, of the modules here. These run uncompiled as well and do the same, a
hundred times as slowly: tests hold the two together. All texts are arrays of bytes in which at least `WORD` bytes stand behind the
last cell, since cells are looked at eight bytes at a time; a place that would lead outside raises `IndexError`. None of the loops
holds the interpreter's lock.
"""

from __future__ import annotations

try:
    from takeback.tabular.loops.compiled import (
        FULL,
        LINES,
        LONGEST_SHAPE,
        MORE,
        ODD,
        UNEVEN,
        are_kept,
        cut,
        is_utf8,
        lay,
        lay_ids,
        lay_quoted,
        look,
        number,
        repeat,
        spread_keys,
        take_amounts,
        tally,
        undouble,
    )
except ModuleNotFoundError:
    raise ImportError("The loops are not compiled. Run “make setup”.") from None

__all__ = [
    "FULL",
    "LINES",
    "LONGEST_SHAPE",
    "MORE",
    "ODD",
    "UNEVEN",
    "WORD",
    "are_kept",
    "cut",
    "is_utf8",
    "lay",
    "lay_ids",
    "lay_quoted",
    "look",
    "number",
    "repeat",
    "spread_keys",
    "take_amounts",
    "tally",
    "undouble",
]

WORD = 8
