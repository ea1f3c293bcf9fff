"""A look into a workbook's archive before any reader gets it: sizes as they really are, no DTD, no far cells, no lies.

A reader of workbooks may end the whole process (it reserves the memory that a file asks for), so what it would stumble
over is found here, in a stream, at a few percent of the time that reading takes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from takeback.errors import Refused
from takeback.tabular.limits import Limits

_BLOCK = 1 << 20
_SMALL = 20_000_000  # bytes unpacked below which the packing ratio does not matter
_LARGEST_INDEX = 20_000_000  # bytes of the workbook's own part, which is parsed as a whole
_MOST_ROWS = 1_048_576
_DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_COUNT = re.compile(rb"<(?:\w+:)?sst\b[^>]*?\b(?:uniqueCount|count)\s*=\s*[\"'](\d+)[^>]*>")
_FAR = re.compile(rb' r="[A-Z](?:[A-Z]|[0-9]{7})')  # beyond column Z or row 999,999: only then is it worth while to look at every cell
_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>')
_UNCALCULATED = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"([^>]*)><f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>', re.DOTALL)

DAMAGED = "The workbook is damaged or was cut short on its way. Open it in a spreadsheet, save it as .xlsx again, and try again."


@dataclass(slots=True)
class SheetScan:
    """What was seen in one sheet's part. `plain` is False where its cells are not written as spreadsheets write them."""

    plain: bool = True
    uncalculated: dict[int, list[int]] = field(default_factory=dict)  # row -> columns, both from 0


class Archive:
    """A workbook's archive whose declared sizes are within the limits and whose parts can be streamed."""

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        try:
            with ZipFile(source) as archive:
                infos = archive.infolist()
        except (BadZipFile, OSError, ValueError, EOFError, struct.error, RuntimeError, NotImplementedError):
            raise Refused("not_a_workbook", DAMAGED) from None
        self._check_directory(infos)
        self.parts = {info.filename: info for info in infos}

    def _check_directory(self, infos: list[ZipInfo]) -> None:
        limits = self._limits
        if len(infos) > limits.zip_entries or len({info.filename for info in infos}) < len(infos):
            raise Refused("not_a_workbook", DAMAGED)
        if any(info.flag_bits & 1 for info in infos):
            raise _protected()
        if any(info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for info in infos):
            raise Refused("not_a_workbook", DAMAGED)
        unpacked = sum(info.file_size for info in infos)
        packed = sum(info.compress_size for info in infos)
        if unpacked > limits.unpacked_bytes or (unpacked > _SMALL and unpacked > limits.packing_ratio * packed):
            raise _too_large(unpacked)

    def check(self) -> None:
        """Streams every part that is no sheet: real sizes, no DTD, no count of strings that the part cannot hold."""
        for name, info in self.parts.items():
            if name.lower().endswith((".xml", ".rels")) and "/worksheets/" not in name.lower():
                self._check_part(info)

    def _check_part(self, info: ZipInfo) -> None:
        first = True
        for text in self.pieces(info, b"<"):
            _refuse_doctype(text)
            if b":encryption-data" in text:
                raise _protected()
            if (
                first
                and (count := _COUNT.search(text[:4096]))
                and any(int(n) > info.file_size for n in re.findall(rb'ount\s*=\s*["\'](\d+)', count[0]))
            ):
                raise Refused("not_a_workbook", DAMAGED)
            first = False

    def scan_sheet(self, name: str) -> SheetScan:
        """Streams one sheet. Raises Refused where it reaches further than memory does or holds a DTD."""
        scan = SheetScan()
        cells = references = rows = 0
        is_far = False
        for text in self.pieces(self.parts[name], b"<c "):
            _refuse_doctype(text)
            cells += text.count(b"<c ")
            rows += text.count(b"<row ")
            references += text.count(b' r="')
            is_far = is_far or _FAR.search(text) is not None
            if b"<f" in text:
                _note_uncalculated(text, scan.uncalculated)
        scan.plain = cells > 0 and references == cells + rows
        if is_far:
            self._check_extent(name)
        return scan

    def _check_extent(self, name: str) -> None:
        last_row = last_column = 0
        for text in self.pieces(self.parts[name], b"<c "):
            last_row, last_column = _extent(text, last_row, last_column)
        check_extent(last_row, last_column, self._limits)

    def pieces(self, info: ZipInfo, cut_at: bytes) -> Iterator[bytes]:
        """The unpacked part in pieces that begin at the given mark, so that no element is torn apart."""
        rest = b""
        for block in self._inflated(info):
            text = rest + block
            cut = text.rfind(cut_at)
            if cut <= 0:
                cut = text.rfind(b"<")
            if cut <= 0 and len(text) > 2 * _BLOCK:
                raise Refused("cell_too_long", "One cell of the workbook holds more than a million characters. Shorten it and try again.")
            cut = max(cut, 0)
            if cut:
                yield text[:cut]
            rest = text[cut:]
        yield rest

    def _inflated(self, info: ZipInfo) -> Iterator[bytes]:
        """The part as it really unpacks. A part that is larger than it says is refused before it is unpacked further."""
        source = self._source
        source.seek(info.header_offset)
        header = source.read(30)
        if len(header) < 30 or header[:4] != b"PK\3\4":
            raise Refused("not_a_workbook", DAMAGED)
        source.seek(sum(struct.unpack("<HH", header[26:30])), 1)
        inflate = zlib.decompressobj(-15) if info.compress_type == ZIP_DEFLATED else None
        left, size = info.compress_size, 0
        while left > 0:
            packed = source.read(min(left, _BLOCK))
            if not packed:
                raise Refused("not_a_workbook", DAMAGED)
            left -= len(packed)
            while packed:
                try:
                    block = inflate.decompress(packed, _BLOCK) if inflate else packed
                except zlib.error:
                    raise Refused("not_a_workbook", DAMAGED) from None
                packed = inflate.unconsumed_tail if inflate else b""
                size += len(block)
                if size > info.file_size:
                    raise _too_large(size)
                yield block

    def sheet_parts(self) -> dict[str, str]:
        """The part of each sheet by the sheet's name, as far as the archive says so in the usual way."""
        index = next((name for name in self.parts if name.lower().endswith("workbook.xml")), None)
        if index is None:
            return {}
        folder = index.rpartition("/")[0]
        relations = self._tree(f"{folder}/_rels/{index.rpartition('/')[2]}.rels".lstrip("/"))
        book = self._tree(index)
        if relations is None or book is None:
            return {}
        targets = {element.get("Id"): element.get("Target", "") for element in relations.iter() if element.tag.endswith("}Relationship")}
        found: dict[str, str] = {}
        for element in book.iter():
            if element.tag.endswith("}sheet") and (name := element.get("name")):
                relation = next((value for key, value in element.attrib.items() if key.endswith("}id")), None)
                target = targets.get(relation, "")
                part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
                if part in self.parts:
                    found[name] = part
        return found

    def _tree(self, name: str) -> ET.Element | None:
        info = self.parts.get(name)
        if info is None or info.file_size > _LARGEST_INDEX:
            return None
        try:
            return ET.fromstring(b"".join(self._inflated(info)))  # noqa: S314 - its DTD was refused before
        except ET.ParseError:
            return None


def _refuse_doctype(text: bytes) -> None:
    if b"!" in text and any(mark in text for mark in _DOCTYPES):
        raise Refused(
            "unsafe_xml",
            "The workbook holds definitions (a DTD) that no spreadsheet writes and that can do harm. "
            "Open it in a spreadsheet and save it as .xlsx again.",
        )


def _extent(text: bytes, last_row: int, last_column: int) -> tuple[int, int]:
    """The furthest row and column of the cells with content, counted from 1."""
    found = _REFERENCE.findall(text)
    if not found:
        return last_row, last_column
    letters = max({column for column, _ in found}, key=lambda column: (len(column), column))
    return max(last_row, *map(int, {row for _, row in found})), max(last_column, column_number(letters))


def column_number(letters: bytes) -> int:
    """The number of a column, A = 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _note_uncalculated(text: bytes, found: dict[int, list[int]]) -> None:
    for letters, row, attributes in _UNCALCULATED.findall(text):
        if b't="str"' not in attributes:
            found.setdefault(int(row) - 1, []).append(column_number(letters) - 1)


def _protected() -> Refused:
    return Refused("password_protected", "The workbook is protected by a password. Save it without a password and try again.")


def _too_large(size: int) -> Refused:
    return Refused(
        "too_large_unpacked",
        f"The workbook is small but unpacks to {size / 1e6:,.0f} MB or more. "
        "Copy the table into a new workbook, without the empty rows around it, and try again.",
    )


def check_extent(rows: int, columns: int, limits: Limits) -> None:
    """Refuses a sheet whose used rectangle is larger than a reader can hold."""
    if rows > _MOST_ROWS or rows * columns > limits.sheet_cells:
        raise Refused(
            "sheet_too_large",
            f"The sheet reaches to row {rows:,} and column {columns:,}. Copy the table alone into a new sheet and try again.",
        )
