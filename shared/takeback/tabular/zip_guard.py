"""A look into a workbook's archive before any reader gets it: sizes as they really are, no DTD, no lies.

A reader of workbooks may end the whole process (it reserves the memory that a file asks for), so what it would stumble
over is found here, in a stream, at a few percent of the time that reading takes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from takeback.errors import Refused
from takeback.tabular.limits import Limits

_BLOCK = 1 << 20
_UNPACKED_AT_ONCE = 1 << 18  # bytes
_SMALL = 20_000_000  # bytes unpacked below which the packing ratio does not matter
_LARGEST_INDEX = 20_000_000  # bytes of the workbook's own part, which is parsed as a whole
_DOCTYPES = (b"<!DOCTYPE", b"<!ENTITY", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_STRINGS = re.compile(rb"<(?:\w+:)?sst\b[^>]*>")
_COUNTS = re.compile(rb"\b(uniqueCount|count)\s*=\s*[\"'](\d+)")

DAMAGED = "The workbook is damaged or was cut short on its way. Open it in a spreadsheet, save it as .xlsx again, and try again."


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
        for text in self.pieces(info.filename, b"<"):
            refuse_doctype(text)
            if b":encryption-data" in text:
                raise _protected()
            if first and (start := _STRINGS.search(text[:4096])):
                self._check_counts(start[0], info)
            first = False

    def _check_counts(self, start: bytes, strings: ZipInfo) -> None:
        """Refuses more different texts than the part has bytes, and more cells that name one than all sheets have."""
        cells = sum(info.file_size for name, info in self.parts.items() if "/worksheets/" in name.lower())
        for kind, count in _COUNTS.findall(start):
            if int(count) > (strings.file_size if kind == b"uniqueCount" else cells):
                raise Refused("not_a_workbook", DAMAGED)

    def pieces(self, name: str, cut_at: bytes) -> Iterator[bytes]:
        """An unpacked part in pieces that begin at the given mark, so that no element is torn apart."""
        rest = b""
        for block in self._inflated(self.parts[name]):
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

    def blocks(self, name: str) -> Iterator[bytes]:
        """An unpacked part in blocks of any size. Several parts may be read by turns."""
        return self._inflated(self.parts[name])

    def content(self, name: str) -> bytes | None:
        """A small part; None where it is missing or too large."""
        info = self.parts.get(name)
        return None if info is None or info.file_size > _LARGEST_INDEX else b"".join(self._inflated(info))

    def _inflated(self, info: ZipInfo) -> Iterator[bytes]:
        """The part as it really unpacks. A part that is larger than it says is refused before it is unpacked further."""
        source = self._source
        source.seek(info.header_offset)
        header = source.read(30)
        if len(header) < 30 or header[:4] != b"PK\3\4":
            raise Refused("not_a_workbook", DAMAGED)
        at = info.header_offset + 30 + sum(struct.unpack("<HH", header[26:30]))
        inflate = zlib.decompressobj(-15) if info.compress_type == ZIP_DEFLATED else None
        left, size = info.compress_size, 0
        while left > 0:
            source.seek(at)  # somebody else may have read meanwhile
            packed = source.read(min(left, _BLOCK))
            if not packed:
                raise Refused("not_a_workbook", DAMAGED)
            at += len(packed)
            left -= len(packed)
            while packed:
                try:
                    block = inflate.decompress(packed, _UNPACKED_AT_ONCE) if inflate else packed
                except zlib.error:
                    raise Refused("not_a_workbook", DAMAGED) from None
                packed = inflate.unconsumed_tail if inflate else b""
                size += len(block)
                if size > info.file_size:
                    raise _too_large(size)
                yield block

    def sheet_parts(self) -> dict[str, str] | None:
        """The part of each sheet by the sheet's name; None unless the archive says so in the one usual way.

        Where two readers could find two different parts, the one that was looked at might not be the one that is read.
        """
        if len({name.lower() for name in self.parts}) < len(self.parts) or sum(name.endswith("workbook.xml") for name in self.parts) != 1:
            return None
        book, relations = self.tree("xl/workbook.xml"), self.tree("xl/_rels/workbook.xml.rels")
        if book is None or relations is None:
            return None
        links = [element for element in relations.iter() if element.tag.endswith("}Relationship")]
        targets = {element.get("Id"): element.get("Target", "") for element in links}
        sheets = [element for element in book.iter() if element.tag.endswith("}sheet")]
        found = {element.get("name", ""): _part(targets.get(_link(element), "")) for element in sheets}
        if len(targets) < len(links) or len(found) < len(sheets) or not all(part in self.parts for part in found.values()):
            return None
        return found

    def tree(self, name: str) -> ET.Element | None:
        """A small part, parsed; None where it is missing, too large or no XML. To be asked after `check`."""
        content = self.content(name)
        if content is None:
            return None
        try:
            return ET.fromstring(content)  # noqa: S314 - its DTD was refused before
        except (ET.ParseError, LookupError, ValueError):  # an encoding that does not exist is no ParseError
            return None


def _link(sheet: ET.Element) -> str | None:
    return next((value for key, value in sheet.attrib.items() if key.endswith("}id")), None)


def _part(target: str) -> str:
    return target[1:] if target.startswith("/") else f"xl/{target}"


def refuse_doctype(text: bytes) -> None:
    """Refuses a part that defines entities."""
    if b"!" in text and any(mark in text for mark in _DOCTYPES):
        raise Refused(
            "unsafe_xml",
            "The workbook holds definitions (a DTD) that no spreadsheet writes and that can do harm. "
            "Open it in a spreadsheet and save it as .xlsx again.",
        )


def _protected() -> Refused:
    return Refused("password_protected", "The workbook is protected by a password. Save it without a password and try again.")


def _too_large(size: int) -> Refused:
    return Refused(
        "too_large_unpacked",
        f"The workbook is small but unpacks to {size / 1e6:,.0f} MB or more. "
        "Copy the table into a new workbook, without the empty rows around it, and try again.",
    )
