"""Workbooks to records: a plain XLSX here, everything else in a process of its own that may die without harm."""

from __future__ import annotations

from typing import BinaryIO

from takeback.rules.options import Options
from takeback.tabular.limits import Limits
from takeback.tabular.raw import RawFile
from takeback.tabular.sheet_scan import scan_sheet
from takeback.tabular.sheets import open_book
from takeback.tabular.workbook_child import open_in_child
from takeback.tabular.zero_formats import zero_formats
from takeback.tabular.zip_guard import Archive


def open_workbook(source: BinaryIO, options: Options, limits: Limits) -> RawFile:
    """The records of one sheet of a workbook: the one that was asked for, else the first visible one with a table."""
    source.seek(0)
    if source.read(2) != b"PK":
        return open_in_child(source, options.sheet, limits, {})
    archive = Archive(source, limits)
    archive.check()
    parts = archive.sheet_parts()
    if parts is None:
        return open_in_child(source, options.sheet, limits, {})
    styles = archive.tree("xl/styles.xml")
    formats = zero_formats(styles) if styles is not None else {}
    scans = {name: scan_sheet(archive, part, formats, limits) for name, part in parts.items()}
    if scans and all(scan.plain for scan in scans.values()):
        return open_book(source, options.sheet, limits, scans)
    return open_in_child(source, options.sheet, limits, scans)
