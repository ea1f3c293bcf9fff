"""What a commit does to the records: stage, meet what is there, write, count. Inside the commit's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString

from psycopg import sql
from psycopg.errors import UniqueViolation

from takeback.errors import ExistingRecords, TotalsDiffer
from takeback.records import Record
from takeback.rules.batch import LISTED_RECORDS
from takeback.rules.commit_order import CommitOrder
from takeback.stores.database import Connection

_ATTEMPTS_AGAINST_OTHER_WRITERS = 3


class Load:
    """One load inside the commit's transaction. Table and column names come from the record type, everything else is literal."""

    def __init__(self, db: Connection, order: CommitOrder, record: type[Record]) -> None:
        self._db = db
        self._order = order
        self._columns = [column.name for column in record.columns()]
        self._money = [column.name for column in record.columns() if column.kind == "money"]
        self._overwritten = [name for name in self._columns if name in order.fields and name != record.identity]
        self._names = {
            "table": sql.Identifier(record.table),
            "identity": sql.Identifier(record.identity),
            "columns": _listed(self._columns),
            "staged": _listed(self._columns, "s"),
        }

    def stage(self, rows: Iterable[bytes]) -> None:
        """Load the rows as they are into a temporary table: COPY into a table with row security is refused by PostgreSQL."""
        self._db.execute("select set_config('work_mem', '64MB', true)")
        self._run(
            """
            create temporary table staged_rows on commit drop as
            select record_id, order_line, {columns} from {table} with no data
            """
        )
        self._db.execute("alter table staged_rows alter order_line set default 1")
        with self._db.cursor() as cursor:
            with cursor.copy(self._text("copy staged_rows (record_id, {columns}) from stdin")) as copy:
                for block in rows:
                    copy.write(block)
            if cursor.rowcount != self._order.row_count:
                raise TotalsDiffer(expected_rows=self._order.row_count, found_rows=cursor.rowcount)
        # The n-th row of one identity is its line n. Most files repeat none, and then there is nothing to write.
        self._run(
            """
            with repeated as (select {identity} from staged_rows group by {identity} having count(*) > 1),
            numbered as (
              select record_id, row_number() over (partition by {identity} order by record_id) as line
              from staged_rows join repeated using ({identity})
            )
            update staged_rows s set order_line = line from numbered where s.record_id = numbered.record_id and line > 1
            """
        )

    def write(self) -> tuple[dict[str, int], dict[str, int]]:
        """Meet the rows that are there, write the others. A row that somebody else adds meanwhile is met the second time."""
        for attempt in range(_ATTEMPTS_AGAINST_OTHER_WRITERS):
            try:
                with self._db.transaction():
                    met = self._meet()
                    inserted = self._insert(met)
                    if self._order.on_existing == "update" and met:
                        self._update()
                    counts = self._counts(inserted, met)
                    return counts, self._check_totals(counts)
            except UniqueViolation:
                if attempt == _ATTEMPTS_AGAINST_OTHER_WRITERS - 1:
                    raise
        raise AssertionError

    def foresee(self) -> tuple[dict[str, int], dict[str, int]]:
        """The counts and totals that `write` would give, without writing."""
        met = self._meet()
        return self._counts(self._order.row_count - met, met), self._order.totals

    def _counts(self, inserted: int, met: int) -> dict[str, int]:
        update = self._order.on_existing == "update"
        return {"inserted": inserted, "updated": met if update else 0, "skipped": 0 if update else met}

    def _meet(self) -> int:
        """Find the live rows that the file meets, into the table met_rows; where they will be overwritten, lock them."""
        live = self._run("select 1 from {table} where account_id = %(account_id)s and deleted_at is null limit 1").fetchone()
        if live is None:
            return 0
        self._run("analyze staged_rows ({identity})")
        update = self._order.on_existing == "update"
        met = self._run(
            """
            create temporary table met_rows on commit drop as
            select s.record_id as staged_id, t.record_id, t.row_version as before_version, t.updated_at as before_updated_at,
                   {before} as before, {imported} as imported
            from staged_rows s
            join {table} t on t.account_id = %(account_id)s and t.{identity} = s.{identity} and t.order_line = s.order_line
              and t.deleted_at is null
            {lock}
            """,
            before=_changed(self._overwritten, "t", "s") if update else sql.SQL("null::jsonb"),
            imported=_changed(self._overwritten, "s", "t") if update else sql.SQL("null::jsonb"),
            lock=sql.SQL("for update of t") if update else sql.SQL(""),
        ).rowcount
        if met and self._order.on_existing == "reject":
            self._refuse(met)
        return met

    def _refuse(self, met: int) -> None:
        listed = self._run(
            """
            select m.record_id::text, s.{identity} as identity, s.order_line from met_rows m
            join staged_rows s on s.record_id = m.staged_id order by s.record_id limit %(limit)s
            """,
            limit=LISTED_RECORDS,
        ).fetchall()
        raise ExistingRecords(
            f"{met} of the {self._order.row_count} rows are in this account already. Choose whether to skip or to update them.",
            existing_count=met,
            existing=listed,
        )

    def _insert(self, met: int) -> int:
        return self._run(
            """
            insert into {table} (record_id, account_id, org_id, import_batch_id, order_line, {columns})
            select s.record_id, b.account_id, b.org_id, b.batch_id, s.order_line, {staged}
            from import_batches b cross join staged_rows s
            where b.batch_id = %(batch_id)s {only_new}
            """,
            only_new=sql.SQL("and not exists (select from met_rows m where m.staged_id = s.record_id)") if met else sql.SQL(""),
        ).rowcount

    def _update(self) -> None:
        """Overwrite the met rows where they differ, and keep what they held. A row that is equal is not touched."""
        if self._overwritten:
            self._run(
                """
                with written as (
                  update {table} t set ({overwritten}) = row({new})
                  from met_rows m join staged_rows s on s.record_id = m.staged_id
                  where t.account_id = %(account_id)s and t.record_id = m.record_id and m.before <> '{{}}'
                  returning t.record_id, t.row_version, t.updated_at
                )
                insert into import_changes (batch_id, account_id, org_id, record_id, before, imported, before_version, before_updated_at,
                                            written_version, written_at)
                select b.batch_id, b.account_id, b.org_id, m.record_id, m.before, m.imported, m.before_version, m.before_updated_at,
                       w.row_version, w.updated_at
                from written w join met_rows m using (record_id) cross join import_batches b where b.batch_id = %(batch_id)s
                """,
                overwritten=_listed(self._overwritten),
                new=_listed(self._overwritten, "s"),
            )
        self._run(
            """
            insert into import_changes (batch_id, account_id, org_id, record_id, before, imported, before_version, before_updated_at,
                                        written_version, written_at)
            select b.batch_id, b.account_id, b.org_id, record_id, '{{}}', '{{}}', before_version, before_updated_at,
                   before_version, before_updated_at
            from met_rows cross join import_batches b where b.batch_id = %(batch_id)s and before = '{{}}'
            """
        )

    def _check_totals(self, counts: dict[str, int]) -> dict[str, int]:
        """What this batch wrote, added up from the table; with what it skipped it must be what the preview counted."""
        inserted = self._sums("from {table} t where account_id = %(account_id)s and import_batch_id = %(batch_id)s", self._money)
        found = {"inserted": inserted.pop("rows"), "updated": 0, "skipped": 0}
        written, all_rows = dict(inserted), dict(inserted)
        if counts["updated"]:
            mapped = [name for name in self._money if name in self._overwritten]
            updated = self._sums(
                "from import_changes c join {table} t using (account_id, record_id) where c.batch_id = %(batch_id)s", mapped
            )
            found["updated"] = updated.pop("rows")
            written = _added(written, updated)
            all_rows = _added(all_rows, updated)
        if counts["skipped"]:
            skipped = self._sums("from met_rows m join staged_rows t on t.record_id = m.staged_id", self._money)
            found["skipped"] = skipped.pop("rows")
            all_rows = _added(all_rows, skipped)
        expected = {name: total for name, total in self._order.totals.items() if name in all_rows}
        if found != counts or sum(counts.values()) != self._order.row_count or expected != {name: all_rows[name] for name in expected}:
            raise TotalsDiffer(expected={"rows": self._order.row_count, **expected}, found={**found, **all_rows})
        return {name: written[name] for name in self._money if name in self._order.totals}

    def _sums(self, source: LiteralString, columns: list[str]) -> dict[str, int]:
        sums = sql.SQL(", ").join(
            [sql.SQL("count(*) as rows")]
            + [sql.SQL("coalesce(sum(t.{0}), 0)::bigint as {0}").format(sql.Identifier(column)) for column in columns]
        )
        row = self._db.execute(sql.SQL("select {sums} ").format(sums=sums) + self._text(source), self._parameters()).fetchall()[0]
        return dict(row)

    def _text(self, statement: LiteralString, **parts: sql.Composable) -> sql.Composed:
        return sql.SQL(statement).format(**self._names, **parts)

    def _parameters(self) -> dict[str, Any]:
        return {"batch_id": self._order.batch_id, "account_id": self._order.account_id}

    def _run(self, statement: LiteralString, *, limit: int | None = None, **parts: sql.Composable) -> Any:
        return self._db.execute(self._text(statement, **parts), {**self._parameters(), "limit": limit})


def _listed(names: list[str], alias: LiteralString | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) if alias else sql.Identifier(name) for name in names)


def _changed(names: list[str], of: LiteralString, than: LiteralString) -> sql.Composed:
    """A jsonb object of the columns whose values differ, as `of` has them."""
    parts = [
        sql.SQL("case when {a} is distinct from {b} then jsonb_build_object({name}, {a}) else '{{}}' end").format(
            a=sql.Identifier(of, name), b=sql.Identifier(than, name), name=sql.Literal(name)
        )
        for name in names
    ]
    return sql.SQL(" || ").join([sql.SQL("'{{}}'::jsonb").format(), *parts])


def _added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {name: left.get(name, 0) + right.get(name, 0) for name in left | right}
