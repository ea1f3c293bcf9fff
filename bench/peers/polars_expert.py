"""Polars as a specialist writes it: one lazy, streaming query that looks at each column once; counts and sums, nothing kept."""

from __future__ import annotations

import polars as pl

from bench.columns import AMOUNT, DATE_FORMS, DAY, HEADERS, MONEY, ORDER, QUANTITY, STATUS, STATUSES, TITLE


def bad_rows(path: str, _cores: int) -> int:
    """Its threads are set by POLARS_MAX_THREADS."""
    cell = {name: pl.col(name).fill_null("") for name in HEADERS}
    usual = cell[DAY].str.to_date(DATE_FORMS[0], strict=False)
    others = pl.coalesce([cell[DAY].str.to_date(form, strict=False) for form in DATE_FORMS[1:]])
    bad = {
        ORDER: cell[ORDER].str.strip_chars() == "",
        DAY: pl.when(usual.is_null()).then(others).otherwise(usual).is_null(),
        TITLE: cell[TITLE].str.strip_chars() == "",
        QUANTITY: (cell[QUANTITY].cast(pl.Int32, strict=False) < 1).fill_null(value=True),
        STATUS: ~cell[STATUS].str.to_lowercase().is_in(STATUSES),
    }
    sums = {}
    for name in MONEY:
        right = cell[name].str.contains(AMOUNT)
        bad[name] = ~right
        sums[name] = pl.when(right).then(cell[name].str.replace_all(r"[$,.]", "")).cast(pl.Int64, strict=False)
    found = (
        pl.scan_csv(path, infer_schema=False)
        .select(
            any_bad=pl.any_horizontal(bad.values()).sum(),
            **{f"bad {name}": mask.sum() for name, mask in bad.items()},
            **{f"sum {name}": value.sum() for name, value in sums.items()},
        )
        .collect(engine="streaming")
    )
    return found["any_bad"][0]
