"""The cells of a sheet's XML, cut out of whole pieces at once, for sheets written as spreadsheets write them.

Every row and every cell says where it stands, in order; whether the tags around a cell's text are the usual ones is
checked on all cells, and every `<` of the rows is accounted for. A cell that is written otherwise is handed on as it
stands. Anything else is an `Objection`: then the exact reader judges the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.classes import Classes
from takeback.tabular.objections import Objection, spread
from takeback.tabular.sheet_marks import ROW_END, check_rows, marks_in, references, row_numbers
from takeback.tabular.xml_text import DECLARATION, Xml, are_plain_numbers, check_text, check_well_formed, whole_numbers

_VALUE, _VALUE_END, _NOTHING = b"><v>", b"</v></c>", b"></c>"
_INLINE, _INLINE_END = b"><is>", b"</t></is></c>"
_WIDEST_ATTRIBUTES = 32  # bytes in which the end of a cell's tag is looked for
_MOST_ATTRIBUTES = 2_000  # different ones
_MOST_ODD = 20_000

_ROWS, _EMPTY = b"<row ", b"<sheetData/>"
_SHEET_START, _SHEET_END = b"<sheetData>", b"</sheetData>"
_BEFORE = re.compile(DECLARATION + rb"\s*<worksheet\s(?s:.*)<sheetData>")
_STRANGE = re.compile(rb"sheetData|<(?:\w+:)?(?:c|row)[\s>/]")
_ATTRIBUTES = re.compile(r'(?: t="([a-zA-Z]+)")?( s="\d{1,6}")?(?: t="([a-zA-Z]+)")?( ?/)?')
ODD_CELL = re.compile(
    rb'(?: [a-z]+="[^"<>]*")* ?>(?:<f(?: [^<>]*)?(?:/>|>[^<]*</f>))?'
    rb"(?:<v>[^<]*</v>|<v/>|<is>(?:[^<]|<(?!/?(?:is|si|c|row|sheetData|worksheet)[\s/>]))*</is>)?</c>"
)

# What a cell is found to be, at first by its attributes. INLINE is TEXT in the end, UNKNOWN is ODD.
TEXT, NUMBER, SHARED, ODD, INLINE, BLANK, UNKNOWN = range(7)
_FORM_OF_TYPE = {"n": NUMBER, "s": SHARED, "str": TEXT, "inlineStr": INLINE}


@dataclass(slots=True)
class Cells:
    """Cells that hold something, in order of rows and columns, both from 0.

    `starts` and `lengths` are places in `text` for TEXT and NUMBER; for SHARED `starts` is the number of a shared text,
    for ODD the place in `odd`, which has what stands behind the cell's reference.
    """

    rows: np.ndarray
    columns: np.ndarray
    forms: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    text: np.ndarray
    odd: list[bytes]

    def __len__(self) -> int:
        return len(self.rows)

    def between(self, start: int, stop: int) -> Cells:
        """The cells of some rows."""
        some = slice(*np.searchsorted(self.rows, (start, stop)))
        return Cells(self.rows[some], self.columns[some], self.forms[some], self.starts[some], self.lengths[some], self.text, self.odd)


class SheetCutter:
    """Cuts piece after piece of one sheet; a piece is whole rows, with what stands before the first or behind the last of all.

    `is_number` says of a cell's ` s="…"` whether numbers of that style stay numbers.
    """

    def __init__(self, is_number: Callable[[str], bool]) -> None:
        self._is_number = is_number
        self._attributes = Classes(_MOST_ATTRIBUTES)
        self._forms = np.array([UNKNOWN])  # by number of the attributes
        self._tags_of_odd: dict[bytes, int] = {}
        self._last_row = -1
        self._before = b""

    def cut(self, piece: bytes, *, is_last: bool) -> Cells:
        """The cells of a piece."""
        check_text(piece)
        start, stop = 0, len(piece)
        if not self._before:
            start = piece.find(_ROWS)
            if start < 0:
                piece = piece.replace(_EMPTY, _SHEET_START + _SHEET_END)
                start = max(piece.find(_SHEET_END), 0)
            self._before = piece[:start]
        if is_last:
            stop = piece.find(_SHEET_END, start)
            self._check_frame(piece[stop:])
        return self._cut(Xml(piece[start:stop])) if start < stop else _none()

    def _check_frame(self, after: bytes) -> None:
        """Object to what stands before and behind the rows, if it is no XML or may hold cells itself."""
        before = self._before
        if not _BEFORE.fullmatch(before) or not after.startswith(_SHEET_END):
            raise Objection
        if _STRANGE.search(before, 0, len(before) - len(_SHEET_START)) or _STRANGE.search(after, len(_SHEET_END)):
            raise Objection
        check_well_formed(before + after)

    def _cut(self, xml: Xml) -> Cells:
        marks, is_row = marks_in(xml)
        ends, is_end = np.append(marks[1:], len(xml.text)), np.append(is_row[1:], True)
        numbers, row_words, digits = row_numbers(xml, marks[is_row])
        tags = check_rows(xml, marks, ends, is_row, is_end, digits)
        ends[is_end] -= len(ROW_END)
        if numbers[0] <= self._last_row or (np.diff(numbers) <= 0).any():
            raise Objection
        self._last_row = int(numbers[-1])
        row_of = np.cumsum(is_row)[~is_row] - 1
        columns, tails = references(xml, marks[~is_row], row_words.take(row_of), digits.take(row_of))
        if ((np.diff(columns) <= 0) & (np.diff(row_of) == 0)).any():
            raise Objection
        return self._cells(xml, numbers.take(row_of) - 1, columns, tails, ends[~is_row], tags)

    def _cells(self, xml: Xml, rows: np.ndarray, columns: np.ndarray, tails: np.ndarray, ends: np.ndarray, tags: int) -> Cells:
        """The cells whose tags go on at `tails`, behind the reference, where there are `tags` others."""
        forms, starts, stops = self._bodies(xml, tails, ends)
        written = ByteCells(xml.buffer, starts, stops - starts)
        for kind, is_plain in (((forms == TEXT) | (forms == INLINE), xml.are_plain), (forms == NUMBER, are_plain_numbers)):
            some = np.flatnonzero(kind)
            forms[some[~is_plain(written.take(some))]] = ODD
        odd = np.flatnonzero(forms == ODD)
        slices = xml.slices(tails[odd], ends[odd])
        counts = np.bincount(forms, minlength=BLANK + 1)
        blank = ends[forms == BLANK]
        tags += len(blank) + int(np.count_nonzero(xml.bytes.take(blank - 2) != ord("/")))  # <c/> or <c></c>
        tags += int(4 * (counts[TEXT] + counts[NUMBER] + counts[SHARED]) + 6 * counts[INLINE]) + self._odd_tags(slices)
        if np.count_nonzero(xml.bytes == ord("<")) != tags:
            raise Objection
        forms[forms == INLINE] = TEXT
        lengths = np.where(forms <= NUMBER, stops - starts, 0)
        text = xml.bytes[spread(starts, lengths)]
        places = np.cumsum(lengths) - lengths
        shared = np.flatnonzero(forms == SHARED)
        places[shared] = whole_numbers(xml.words(starts[shared]), (stops - starts)[shared])
        places[odd] = np.arange(len(odd))
        held = np.flatnonzero(forms != BLANK)
        kept = [some[held].astype(np.int32) for some in (rows, columns, forms, places, lengths)]
        return Cells(kept[0], kept[1], kept[2], kept[3], kept[4], text, slices)

    def _bodies(self, xml: Xml, tails: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What each cell is by its tags, and where its text starts and ends."""
        windows = ByteCells(xml.buffer, tails, tails).stretches(_WIDEST_ATTRIBUTES).view(np.uint8).reshape(-1, _WIDEST_ATTRIBUTES)
        sizes = (windows == ord(">")).argmax(axis=1)
        forms = self._forms_of(ByteCells(xml.buffer, tails, sizes))
        bodies = tails + sizes
        is_value = xml.has(bodies, _VALUE) & xml.has(ends - len(_VALUE_END), _VALUE_END) & (forms <= SHARED)
        is_blank = np.where(forms == BLANK, bodies + 1 == ends, xml.has(bodies, _NOTHING) & (bodies + len(_NOTHING) == ends))
        is_blank &= forms != UNKNOWN
        starts, stops = bodies + len(_VALUE), ends - len(_VALUE_END)
        inline = np.flatnonzero(forms == INLINE)
        is_text, starts[inline] = xml.texts(bodies[inline] + len(_INLINE))
        is_text &= xml.has(bodies[inline], _INLINE) & xml.has(ends[inline] - len(_INLINE_END), _INLINE_END)
        stops[inline] = ends[inline] - len(_INLINE_END)
        is_value[inline] = is_text
        return np.where(is_value & (starts <= stops), forms, np.where(is_blank, BLANK, ODD)), starts, stops

    def _forms_of(self, attributes: ByteCells) -> np.ndarray:
        numbers, new = self._attributes.number(attributes)
        if len(new):
            self._forms = np.append(self._forms, [self._form(attributes[at]) for at in new.tolist()])
        return self._forms.take(numbers)

    def _form(self, attributes: str) -> int:
        """What a cell with some attributes is, if its content is as usual."""
        usual = _ATTRIBUTES.fullmatch(attributes)
        if not usual:
            return UNKNOWN
        kind, style, other, slash = usual.groups("")
        if slash:
            return BLANK
        form = ODD if kind and other else _FORM_OF_TYPE.get(kind or other or "n", ODD)
        return ODD if form == NUMBER and not self._is_number(style) else form

    def _odd_tags(self, slices: list[bytes]) -> int:
        """The number of tags of odd cells, each of which must be one cell and no more."""
        known = self._tags_of_odd
        if len(known) > _MOST_ODD:
            known.clear()
        for cell in slices:
            if cell not in known:
                if not ODD_CELL.fullmatch(cell):
                    raise Objection
                known[cell] = 1 + cell.count(b"<")
        return sum(map(known.__getitem__, slices))


def _none() -> Cells:
    none = np.zeros(0, np.int32)
    return Cells(none, none, none, none, none, none.astype(np.uint8), [])
