"""What a person looks up about imports: the list, one batch, the records it wrote, its trail."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from takeback.errors import Unprocessable
from takeback.records import record_type
from takeback.rules.batch import Batch, BatchList, Event, EventList, Manifest, Status, WrittenRecord, WrittenRecordList
from takeback.stores import batches
from takeback.stores.database import Connection, transaction


def page(user_id: str, *, account_id: UUID | None, status: Status | None, limit: int, cursor: str | None) -> BatchList:
    """One page of the batches that the caller may see, newest first. A cursor is good for the same filters only."""
    at, after = _read_cursor(cursor, datetime.fromisoformat) if cursor else (None, None)
    with transaction(user_id) as db:
        rows = db.execute(
            f"""
            select {batches.BATCH} from import_batches
            where (%(account_id)s::uuid is null or account_id = %(account_id)s)
              and (%(status)s::text is null or status = %(status)s)
              and (%(at)s::timestamptz is null or (created_at, batch_id) < (%(at)s, %(after)s))
            order by created_at desc, batch_id desc limit %(limit)s
            """,
            {"account_id": account_id, "status": status, "at": at, "after": after, "limit": limit + 1},
        ).fetchall()
        items = [batches.with_progress(db, Batch(**row)) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return BatchList(items=items, next_cursor=last and _cursor(last.created_at.isoformat(), last.batch_id))


def batch(user_id: str, batch_id: UUID) -> Batch:
    """One batch as it stands, and how far it is when somebody is at work on it."""
    with transaction(user_id) as db:
        return batches.with_progress(db, batches.get(db, batch_id))


def events(user_id: str, batch_id: UUID) -> EventList:
    """The trail of a batch, oldest first; also of one whose commits were all refused."""
    with transaction(user_id) as db:
        found = _events(db, batch_id)
        if not found:
            batches.get(db, batch_id)
        return EventList(items=found)


def manifest(user_id: str, batch_id: UUID) -> Manifest:
    """The batch with its trail, to be filed away."""
    with transaction(user_id) as db:
        return Manifest(batch=batches.get(db, batch_id), events=_events(db, batch_id))


def records(user_id: str, batch_id: UUID, *, limit: int, cursor: str | None) -> WrittenRecordList:
    """One page of the records that the batch wrote, by record id, as they stand now."""
    _, after = _read_cursor(cursor, str) if cursor else ("", None)
    with transaction(user_id) as db:
        found = batches.get(db, batch_id)
        kind = record_type(found.record_type)
        # After a long import, and until the table is analyzed, the planner takes the batch for a short one and would sort all of it.
        db.execute("set local enable_bitmapscan = off")
        rows = db.execute(
            sql.SQL(
                """
                with written as (
                  (select t.record_id, 'inserted' as fate from {table} t
                   where t.import_batch_id = %(batch_id)s and (%(after)s::uuid is null or t.record_id > %(after)s)
                   order by t.record_id limit %(limit)s)
                  union all
                  (select c.record_id, 'updated' from import_changes c
                   where c.batch_id = %(batch_id)s and c.account_id = %(account_id)s
                     and (%(after)s::uuid is null or c.record_id > %(after)s)
                   order by c.record_id limit %(limit)s)
                  order by record_id limit %(limit)s
                )
                select w.record_id, w.fate, t.order_line, to_jsonb(t) as data, c.before, c.imported, t.deleted_at, c.kept,
                  case when w.fate = 'inserted'
                    then t.row_version <> 1 or t.updated_at > t.created_at + interval '1 second'
                    else c.before <> '{{}}'
                      and (t.row_version <> c.written_version or t.updated_at > c.written_at + interval '1 second')
                  end as edited
                from written w
                join {table} t on t.account_id = %(account_id)s and t.record_id = w.record_id
                left join import_changes c
                  on w.fate = 'updated' and c.batch_id = %(batch_id)s and c.account_id = t.account_id and c.record_id = w.record_id
                order by w.record_id
                """
            ).format(table=sql.Identifier(kind.table)),
            {"batch_id": batch_id, "account_id": found.account_id, "after": after, "limit": limit + 1},
        ).fetchall()
    columns = [column.name for column in kind.columns()]
    items = [_written(found, row, columns) for row in rows[:limit]]
    return WrittenRecordList(items=items, next_cursor=_cursor("", items[-1].record_id) if len(rows) > limit else None)


def _written(of: Batch, row: dict[str, Any], columns: list[str]) -> WrittenRecord:
    before, imported = row["before"] or {}, row["imported"] or {}
    undone = of.status == "rolled_back"
    by_undo = undone and (row["deleted_at"] == of.rolled_back_at if row["fate"] == "inserted" else not row["kept"])
    state = "undone" if by_undo else "deleted" if row["deleted_at"] else "kept" if undone else "live"
    return WrittenRecord(
        record_id=row["record_id"],
        fate=row["fate"],
        state=state,
        edited=row["edited"] and not by_undo,
        order_line=row["order_line"],
        data={name: row["data"][name] for name in columns},
        changes={name: {"before": before[name], "imported": imported[name]} for name in columns if name in before},
    )


def _events(db: Connection, batch_id: UUID) -> list[Event]:
    rows = db.execute(
        "select happened_at, actor, action, details from import_events where batch_id = %s order by event_id", [batch_id]
    ).fetchall()
    return [Event(**row) for row in rows]


def _cursor(key: str, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([key, str(row_id)]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, read_key: Any) -> tuple[Any, UUID]:
    try:
        key, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return read_key(key), UUID(row_id)
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise Unprocessable("The cursor is not one of ours. Take next_cursor from the last answer, or leave it out.") from None
