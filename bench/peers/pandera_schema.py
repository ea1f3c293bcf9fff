"""pandas reads and coerces whole columns, pandera checks them and lists every failure."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from bench.columns import AMOUNT, DATE_FORMS, DAY, MONEY, ORDER, QUANTITY, STATUS, STATUSES, TITLE

_SCHEMA = pa.DataFrameSchema(
    {
        ORDER: pa.Column(str, pa.Check.str_length(min_value=1)),
        DAY: pa.Column("datetime64[us]", nullable=False),
        TITLE: pa.Column(str, pa.Check.str_length(min_value=1)),
        QUANTITY: pa.Column("float64", [pa.Check.ge(1), pa.Check(lambda column: column % 1 == 0)], nullable=False),
        **{name: pa.Column("float64", nullable=False) for name in MONEY},
        STATUS: pa.Column(str, pa.Check.isin(STATUSES)),
    }
)


def bad_rows(path: str, _cores: int) -> int:
    """Rows with one failure or more."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    day = pd.to_datetime(frame[DAY], format=DATE_FORMS[0], errors="coerce")
    for form in DATE_FORMS[1:]:
        day = day.fillna(pd.to_datetime(frame[DAY][day.isna()], format=form, errors="coerce"))
    frame[DAY] = day.astype("datetime64[us]")
    for name in (ORDER, TITLE):
        frame[name] = frame[name].str.strip()
    frame[QUANTITY] = pd.to_numeric(frame[QUANTITY], errors="coerce").astype("float64")
    for name in MONEY:
        digits = frame[name].where(frame[name].str.match(AMOUNT), "").str.replace(r"[$,.]", "", regex=True)
        frame[name] = pd.to_numeric(digits, errors="coerce").astype("float64")
    frame[STATUS] = frame[STATUS].str.lower()
    try:
        _SCHEMA.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return errors.failure_cases["index"].nunique()
    return 0
