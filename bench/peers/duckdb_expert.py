"""DuckDB as a specialist writes it: one statement makes the typed table, with row numbers, another counts what is bad in it."""

from __future__ import annotations

import duckdb

from bench.columns import AMOUNT, DATE_FORMS, DAY, MONEY, NOTES, ORDER, PURCHASE, QUANTITY, STATUS, STATUSES, TITLE


def bad_rows(path: str, cores: int) -> int:
    """One thread for each core."""
    typed = ", ".join(f'{_cents(name)} as "{name}"' for name in MONEY)
    unreadable = " or ".join(f'"{name}" is null' for name in MONEY)
    with duckdb.connect() as db:
        db.execute(f"set threads = {cores}")
        db.execute(
            f"""
            create table typed as
            select row_number() over () as row_number, trim("{ORDER}") as id, try_strptime("{DAY}", {list(DATE_FORMS)})::date as day,
              trim("{TITLE}") as title, {_whole(QUANTITY)} as quantity, {typed}, "{PURCHASE}" as purchase,
              "{NOTES}" as note, lower("{STATUS}") as status
            from read_csv(?, all_varchar = true, header = true, parallel = {str(cores > 1).lower()})
            """,
            [path],
        )
        return db.execute(
            f"""
            select count(*) from typed
            where id is null or id = '' or title is null or title = '' or day is null or quantity is null or quantity < 1
              or {unreadable} or status is null or status not in {STATUSES}
            """
        ).fetchall()[0][0]


def _cents(name: str) -> str:
    digits = f"""replace(replace(replace("{name}", '$', ''), ',', ''), '.', '')"""
    return f"""case when regexp_full_match("{name}", '{AMOUNT[1:-1]}') then try_cast({digits} as bigint) end"""


def _whole(name: str) -> str:
    # A cast alone rounds 1.5 to 2.
    return f"""case when regexp_full_match("{name}", '-?[0-9]+') then try_cast("{name}" as integer) end"""
