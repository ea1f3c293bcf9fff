"""Where the rows and cells of a sheet's XML stand, and whether they say so themselves as usual."""

from __future__ import annotations

import re

import numpy as np

from takeback.tabular.objections import Objection
from takeback.tabular.xml_text import MASKS, Xml, whole_numbers

_ROW, _CELL = b'<row r="', b'<c r="'
ROW_END = b"</row>"
_ROW_TAIL = re.compile(rb'"(?: [\w:]+="[^"<>]*")*>')
_EMPTY_ROW = re.compile(rb'<row r="\d+"(?: [\w:]+="[^"<>]*")*(?:/>|></row>)')


def marks_in(xml: Xml) -> tuple[np.ndarray, np.ndarray]:
    """Where rows and cells begin, and which of these are rows. The first thing is a row."""
    hits = np.flatnonzero((xml.bytes[:-1] == ord("r")) & (xml.bytes[1:] == ord("=")))
    is_row = xml.has(hits - 5, _ROW)
    found = is_row | xml.has(hits - 3, _CELL)
    marks = (hits - 3 - 2 * is_row)[found]
    if not len(marks) or marks[0] != 0:
        raise Objection
    return marks, is_row[found]


def check_rows(xml: Xml, marks: np.ndarray, ends: np.ndarray, is_row: np.ndarray, is_end: np.ndarray, digits: np.ndarray) -> int:
    """Object to rows that are not written as usual; the number of their own tags."""
    opened, closing, empty = is_row & ~is_end, ends[is_end & ~is_row], is_row & is_end
    heads = set(xml.slices(marks[opened] + len(_ROW) + digits[opened[is_row]], ends[opened]))
    if not all(map(_ROW_TAIL.fullmatch, heads)) or not xml.has(closing - len(ROW_END), ROW_END).all():
        raise Objection
    tags = 2 * int(np.count_nonzero(opened))
    for row in xml.slices(marks[empty], ends[empty]):
        if not _EMPTY_ROW.fullmatch(row):
            raise Objection
        tags += row.count(b"<")
    return tags


def row_numbers(xml: Xml, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The number of each row, and its digits with the quotation mark behind them, which its cells repeat: as a word, and how many."""
    words = xml.words(marks + len(_ROW))
    digits = (words.view(np.uint8).reshape(-1, 8) == ord('"')).argmax(axis=1)
    return whole_numbers(words, digits), words & MASKS.take(digits + 1), digits


def references(xml: Xml, marks: np.ndarray, row_words: np.ndarray, digits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The column of each cell, and where its tag goes on behind the reference, which names the row that the cell stands in."""
    first, second, third = (xml.bytes.take(marks + at).astype(np.int64) - ord("A") for at in (6, 7, 8))
    has_second = second >= 0
    has_third = has_second & (third >= 0)
    columns = np.where(has_second, 26 * (first + 1) + second, first)
    columns = np.where(has_third, 26 * (columns + 1) + third, columns)
    is_sound = (first >= 0) & (first < 26) & (second < 26) & (third < 26)
    places = marks + 7 + has_second + has_third
    is_sound &= (xml.words(places) & MASKS.take(digits + 1)) == row_words
    if not is_sound.all():
        raise Objection
    return columns, places + digits + 1
