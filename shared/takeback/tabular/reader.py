"""Bytes to a table: the one entry point. The content decides how a file is read."""

from __future__ import annotations

from typing import BinaryIO

from takeback.rules.options import Options
from takeback.tabular.formats import Format, sniff
from takeback.tabular.limits import Limits
from takeback.tabular.raw import RawFile
from takeback.tabular.table import Table
from takeback.tabular.tables import lay_out


def open_table(source: BinaryIO, options: Options, limits: Limits) -> Table:
    """The table in a seekable file, wherever that stands; it may be opened again and again.

    Raises Refused, here or while the chunks are read, for a file that cannot be read or breaks a limit.
    """
    found = open_raw(source, sniff(source, limits), options, limits)
    return lay_out(found, options, limits) if isinstance(found, RawFile) else found


def open_raw(source: BinaryIO, kind: Format, options: Options, limits: Limits) -> RawFile | Table:
    """The records as they stand in the file, before any layout is taken off; of JSON objects, which have none, the table."""
    if kind == "csv":
        from takeback.tabular.csv_file import open_csv as read  # noqa: PLC0415 - each format's reader is loaded when it is needed
    elif kind == "json":
        from takeback.tabular.json_file import open_json as read  # noqa: PLC0415
    else:
        from takeback.tabular.workbook import open_workbook as read  # noqa: PLC0415
    return read(source, options, limits)
