"""Bytes to a table: the one entry point. The content decides how a file is read."""

from __future__ import annotations

from typing import BinaryIO

from takeback.rules.options import Options
from takeback.tabular.formats import sniff
from takeback.tabular.tables import lay_out
from takeback.tabular.limits import Limits
from takeback.tabular.raw import RawFile
from takeback.tabular.table import Table


def open_table(source: BinaryIO, options: Options, limits: Limits) -> Table:
    """The table in a seekable file, wherever that stands; it may be opened again and again.

    Raises Refused, here or while the chunks are read, for a file that cannot be read or breaks a limit.
    """
    kind = sniff(source, limits)
    if kind == "json":
        from takeback.tabular.json_file import open_json  # noqa: PLC0415 - each format's reader is imported when it is needed

        return open_json(source, options, limits)
    return lay_out(open_raw(source, kind, options, limits), options, limits)


def open_raw(source: BinaryIO, kind: str, options: Options, limits: Limits) -> RawFile:
    """The records of a CSV file or a workbook as they stand there, before any layout is taken off."""
    if kind == "csv":
        from takeback.tabular.csv_file import open_csv  # noqa: PLC0415

        return open_csv(source, options, limits)
    from takeback.tabular.workbook import open_workbook  # noqa: PLC0415

    return open_workbook(source, kind, options, limits)
