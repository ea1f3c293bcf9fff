"""What an uploader may say about a file; whatever is left out is found out."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, Field, StrictInt

# A NUL is in no sheet's and no file's name, and PostgreSQL's text and JSON cannot hold one.
NO_NUL = Field(pattern=r"^[^\x00]*$")

DateOrder = Literal["MDY", "DMY", "YMD"]
DecimalMark = Literal[".", ","]
MoneyUnit = Literal["major", "cents"]


class Options(BaseModel):
    """How to read a file. `header_row` and `exclude_rows` are spreadsheet rows (first row = 1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    sheet: Annotated[str, MaxLen(255), NO_NUL] | None = None
    header_row: Annotated[StrictInt, Ge(1)] | None = None
    delimiter: Annotated[str, MinLen(1), MaxLen(1), NO_NUL] | None = None
    encoding: Annotated[str, MaxLen(40), NO_NUL] | None = None
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    money_unit: MoneyUnit | None = None
    exclude_rows: Annotated[list[Annotated[StrictInt, Ge(1)]], MaxLen(10_000)] = []
