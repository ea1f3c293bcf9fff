"""What a file is, by its content; its name is never asked."""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO, Literal

from takeback.errors import Refused
from takeback.tabular.limits import Limits

Format = Literal["csv", "json", "xlsx", "xlsb", "ods", "xls"]

_START_BYTES = 8192
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE = "Open it in a spreadsheet, save it as .xlsx or CSV, and try again."

# First bytes of what people upload by mistake.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF87a", "a picture (GIF)"),
    (b"GIF89a", "a picture (GIF)"),
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a compressed file (xz)"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file (7-Zip)"),
    (b"Rar!\x1a\x07", "a compressed file (RAR)"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (zstd)"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file"),
)
_MARKUP = re.compile(rb"\s*<(?:!doctype|\?xml|html|head|body|table|meta|style|div|script|svg|[a-z]+:?[a-z]*[\s>/])", re.IGNORECASE)
# What may follow an opening bracket in JSON; a header cell such as [id] or {name} is none of it.
_JSON_START = re.compile(r'\s*(?:\[\s*(?:[\[{"\]\d-]|true|false|null)|\{\s*["}])')


def sniff(source: BinaryIO, limits: Limits) -> Format:
    """The format of a file. Raises Refused for an empty file and for what is no table at all."""
    size = source.seek(0, 2)
    limits.check_bytes(size)
    source.seek(0)
    start = source.read(_START_BYTES)
    if not start.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \0"):
        _refuse_if_blank(source, size)
    if start.startswith(b"PK"):
        return _archive(source)
    if start.startswith(_OLE):
        return _ole(source, limits)
    if (
        start[:2] in {b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00"}
        and len(start) > 4
        and start[2:4] in {b"\x10\x00", b"\x08\x00", b"\x06\x00", b"\x04\x00"}
    ):
        raise Refused("unsupported_type", f"This is a workbook in a very old Excel format. {_SAVE}")
    for mark, kind in _OTHERS:
        if start.startswith(mark):
            raise Refused("wrong_type", f"This is {kind}, not a table. Upload the CSV, Excel or JSON export itself.")
    _refuse_markup(start)
    return "json" if _is_json(start) else "csv"


def _refuse_if_blank(source: BinaryIO, size: int) -> None:
    source.seek(0)
    while block := source.read(1 << 20):
        if block.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \0"):
            return
    what = "The file is empty." if not size else "The file holds nothing but blank lines."
    raise Refused("empty_file", f"{what} Export it again and check that it shows rows before you upload it.")


def _archive(source: BinaryIO) -> Format:
    try:
        with zipfile.ZipFile(source) as archive:
            names = {name.lower() for name in archive.namelist()}
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names and archive.getinfo("mimetype").file_size < 200 else b""
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, KeyError, RuntimeError):
        raise Refused("not_a_workbook", f"The workbook is damaged or was cut short on its way. {_SAVE}") from None
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        if b"spreadsheet" in mimetype:
            return "ods"
        raise Refused("wrong_type", "This is an OpenDocument text or drawing, not a spreadsheet. Upload the table itself.")
    if any(name.endswith("workbook.bin") for name in names):
        return "xlsb"
    if any(name.endswith("workbook.xml") or name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise Refused("wrong_type", "This is a Word or PowerPoint document, not a spreadsheet. Upload the table itself.")
    if any(name.endswith(".numbers") or name.startswith("index/") or name == "index.zip" for name in names):
        raise Refused("wrong_type", "This is an Apple Numbers document. Choose File, Export to, Excel or CSV, and upload that file.")
    if "[content_types].xml" in names:
        return "xlsx"
    raise Refused("wrong_type", "This is a zip archive. Unpack it and upload the CSV, Excel or JSON file that is in it.")


def _ole(source: BinaryIO, limits: Limits) -> Format:
    """An OLE container: an encrypted workbook, an old .xls, or another Office document, told by its streams' names."""
    source.seek(0)
    content = source.read(limits.bytes)
    if any(_utf16(name) in content for name in ("EncryptedPackage", "EncryptionInfo")):
        raise Refused("password_protected", "The workbook is protected by a password. Save it without a password and try again.")
    if _utf16("Workbook") in content or _utf16("Book") in content:
        return "xls"
    raise Refused(
        "unsupported_type",
        "This is an Office file that is protected by a password, damaged, or no workbook. "
        "Save the sheet as .xlsx without a password and try again.",
    )


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le") + b"\0\0"


def _refuse_markup(start: bytes) -> None:
    text = start.removeprefix(b"\xef\xbb\xbf")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = start.decode("utf-16", "replace").encode()
    if not _MARKUP.match(text):
        return
    head = text[:4096].lower()
    if b"<?xml" in head and b"workbook" in head:
        raise Refused("wrong_type", f"This is a workbook in the XML format of Excel 2003. {_SAVE}")
    if b"<?xml" in head and b"<html" not in head and b"<table" not in head:
        raise Refused("wrong_type", "This is an XML file. Export it as CSV, Excel or JSON and upload that file.")
    raise Refused("wrong_type", f"This is a web page (HTML), whatever its name says. {_SAVE}")


def _is_json(start: bytes) -> bool:
    """Whether the text begins as JSON does; the reader of JSON then judges the rest."""
    if start.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        text = start[: len(start) // 4 * 4].decode("utf-32", "replace")
    elif start.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = start[: len(start) // 2 * 2].decode("utf-16", "replace")
    else:
        text = start.decode("utf-8-sig", "replace")
    if _JSON_START.match(text):
        return True
    stripped = text.lstrip()
    return stripped.startswith(("[", "{")) and len(stripped.splitlines()) < 2
