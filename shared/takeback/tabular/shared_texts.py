"""The texts that the cells of a workbook share, kept as bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from takeback.tabular.bare_workbook import BareWorkbook
from takeback.tabular.byte_cells import ByteCells
from takeback.tabular.objections import Objection, spread
from takeback.tabular.sheet_cutter import ODD_CELL
from takeback.tabular.xml_text import DECLARATION, Xml, check_text, check_well_formed, whole_pieces
from takeback.tabular.zip_guard import Archive

_PART = "xl/sharedStrings.xml"
_MARK, _END = b"<si>", b"</sst>"
_TEXT_END = b"</t></si>"
_BEFORE = re.compile(DECLARATION + rb"\s*<sst\s[^<>]*>\s*")
_NO_TEXT = re.compile(rb'<t(?: xml:space="preserve")?(?:/>|>\s*</t>)</si>')


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """Text i is `text[starts[i] : starts[i] + lengths[i]]`, in UTF-8."""

    text: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)


def shared_texts(archive: Archive, bare: BareWorkbook) -> SharedTexts:
    """The shared texts of a workbook, if it has any. Raises Objection where they are not written as usual."""
    texts, lengths = [np.zeros(0, np.uint8)], [np.zeros(0, np.int64)]
    if _PART in archive.parts:
        start = None
        for piece, is_last in whole_pieces(archive, _PART, _MARK):
            check_text(piece)
            if start is None:
                start = piece.find(_MARK)
                if start < 0 and is_last:
                    break
                if start < 0 or not _BEFORE.fullmatch(piece, 0, start):
                    raise Objection
                check_well_formed(piece[:start] + _END)
            stop = piece.find(_END) if is_last else len(piece)
            if stop < 0:
                raise Objection
            text, sizes = _cut(Xml(piece[start:stop]), bare)
            texts.append(text)
            lengths.append(sizes)
            start = 0
    elif any(name.lower() == _PART.lower() for name in archive.parts):
        raise Objection
    sizes = np.concatenate(lengths)
    return SharedTexts(np.concatenate(texts), np.cumsum(sizes) - sizes, sizes)


def _cut(xml: Xml, bare: BareWorkbook) -> tuple[np.ndarray, np.ndarray]:
    """The texts of a piece one behind the other, and their lengths."""
    tags = np.flatnonzero(xml.bytes == ord("<"))
    marks = tags[xml.has(tags, _MARK)]
    ends = np.append(marks[1:], len(xml.text))
    is_text, starts = xml.texts(marks + len(_MARK))
    lengths = ends - starts - len(_TEXT_END)
    is_text &= xml.has(ends - len(_TEXT_END), _TEXT_END) & (lengths >= 0)
    written = np.flatnonzero(is_text)
    is_text[written] = xml.are_plain(ByteCells(xml.buffer, starts, lengths).take(written))
    odd = np.flatnonzero(~is_text)
    slices = xml.slices(marks[odd] + len(_MARK), ends[odd])
    if len(tags) != 4 * (len(marks) - len(odd)) + len(odd) + sum(text.count(b"<") for text in slices):
        raise Objection
    answers = _odd_texts(slices, bare)
    lengths[odd] = list(map(len, answers))
    places = np.cumsum(lengths) - lengths
    text = np.empty(int(lengths.sum()), np.uint8)
    text[spread(places[is_text], lengths[is_text])] = xml.bytes[spread(starts[is_text], lengths[is_text])]
    text[spread(places[odd], lengths[odd])] = np.frombuffer(b"".join(answers), np.uint8)
    return text, lengths


def _odd_texts(slices: list[bytes], bare: BareWorkbook) -> list[bytes]:
    """What the native reader reads in some `<si>`, which it reads as it does the text in a cell."""
    if not all(text.endswith(b"</si>") for text in slices):
        raise Objection
    cells = [b' t="inlineStr"><is>' + text.removesuffix(b"</si>") + b"</is></c>" for text in slices]
    if not all(map(ODD_CELL.fullmatch, cells)):
        raise Objection
    answers = bare.answers(cells)
    # An element without any text is no text at all to the native reader, and does not count.
    if not all(answer.text or _NO_TEXT.fullmatch(text) for answer, text in zip(answers, slices, strict=True)):
        raise Objection
    return [answer.text for answer in answers]
