"""A database whose tables belong to a role such as RDS gives to the one who deploys, and what lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from takeback.stores.migrate import migrate
from tests.integration.conftest import FUNCTION_USERS, Server

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
OWNER = "schema_owner"
WITH_ORG = ("orgs", "accounts", "memberships", "import_batches", "import_changes", "import_events", "bookkeeping_records")


@pytest.fixture
def owned(server: Server) -> Iterator[str]:
    """Its name. The role is no superuser."""
    name = f"owned_{uuid4().hex[:8]}"
    roles = [sql.Identifier(role) for role in ("takeback_app", "takeback_expiry", "takeback_operator", *FUNCTION_USERS)]
    with server.admin() as admin:
        admin.execute(sql.SQL("create role {} login createrole").format(sql.Identifier(OWNER)))
        for role in roles:
            admin.execute(sql.SQL("do $$ begin create role {role}; exception when duplicate_object then null; end $$").format(role=role))
            admin.execute(sql.SQL("grant {} to {} with admin option").format(role, sql.Identifier(OWNER)))
        admin.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
    with psycopg.connect(server.database(name, OWNER), autocommit=True) as connection:
        migrate(connection)
    yield name
    with server.admin() as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("drop owned by {}").format(sql.Identifier(OWNER)))
        admin.execute(sql.SQL("drop role {}").format(sql.Identifier(OWNER)))


def tenant(connection: psycopg.Connection) -> UUID:
    """An org with one of everything."""
    org_id, account_id, batch_id, record_id = (uuid4() for _ in range(4))
    connection.execute("select add_org('Acme', %s)", [org_id])
    connection.execute("select add_account(%s, 'Main', %s)", [org_id, account_id])
    connection.execute("select add_member('somebody', %s, 'owner')", [org_id])
    connection.execute(
        """
        insert into import_batches (batch_id, org_id, account_id, record_type, created_by, filename, format, sha256, revision, on_existing,
          status, row_count, inserted, column_mapping, options, committed_at, rollback_until)
        values (%s, %s, %s, 'bookkeeping', 'somebody', 'f.csv', 'csv', 'x', 'y', 'reject', 'committed', 1, 1, '{}', '{}', now(), now())
        """,
        [batch_id, org_id, account_id],
    )
    connection.execute(
        """
        insert into import_changes (batch_id, account_id, org_id, record_id, before, imported, before_version, before_updated_at,
          written_version, written_at) values (%s, %s, %s, %s, '{}', '{}', 1, now(), 2, now())
        """,
        [batch_id, account_id, org_id, record_id],
    )
    connection.execute(
        "insert into import_events (org_id, account_id, batch_id, action) values (%s, %s, %s, 'committed')", [org_id, account_id, batch_id]
    )
    connection.execute(
        """
        insert into bookkeeping_records (record_id, account_id, org_id, import_batch_id, ebay_order_id, order_line, sale_date, item_name,
          sale_price_cents) values (%s, %s, %s, %s, '1', 1, '2026-01-24', 'Lens', 100)
        """,
        [record_id, account_id, org_id, batch_id],
    )
    return org_id


def rows(connection: psycopg.Connection, org_id: UUID) -> dict[str, int]:
    counts = {}
    for table in WITH_ORG:
        counted = connection.execute(
            sql.SQL("select count(*) from {} where org_id = %s").format(sql.Identifier(table)), [org_id]
        ).fetchone()
        assert counted is not None
        counts[table] = counted[0]
    return counts
