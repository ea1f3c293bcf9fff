"""The statements of docs/operations.md, run by an owner of the tables who is no superuser, as in RDS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from takeback.stores.migrate import migrate
from tests.integration.conftest import Server

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
OWNER = "schema_owner"
_WITH_ORG = ("orgs", "accounts", "memberships", "import_batches", "import_changes", "import_events", "bookkeeping_records")


@pytest.fixture
def owned(server: Server) -> Iterator[str]:
    """A database whose tables belong to a role such as RDS gives to the one who deploys."""
    name = f"owned_{uuid4().hex[:8]}"
    roles = [sql.Identifier(role) for role in ("takeback_app", "takeback_expiry", "takeback_operator")]
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


def _tenant(connection: psycopg.Connection) -> UUID:
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


def _rows(connection: psycopg.Connection, org_id: UUID) -> dict[str, int]:
    counts = {}
    for table in _WITH_ORG:
        counted = connection.execute(
            sql.SQL("select count(*) from {} where org_id = %s").format(sql.Identifier(table)), [org_id]
        ).fetchone()
        assert counted is not None
        counts[table] = counted[0]
    return counts


def test_a_tenant_goes_without_a_trace_and_the_others_stay(server: Server, owned: str) -> None:
    (statements,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with psycopg.connect(server.database(owned), autocommit=True) as everything:
        doomed, neighbour = _tenant(everything), _tenant(everything)

        with psycopg.connect(server.database(owned, OWNER), autocommit=True) as connection:
            connection.execute(statements.replace("<org id>", str(doomed)))

        assert _rows(everything, doomed) == dict.fromkeys(_WITH_ORG, 0)
        assert _rows(everything, neighbour) == dict.fromkeys(_WITH_ORG, 1)


def test_every_table_that_knows_of_orgs_is_in_the_statements(server: Server, owned: str) -> None:
    (statements,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with psycopg.connect(server.database(owned)) as connection:
        found = connection.execute(
            "select table_name from information_schema.columns join information_schema.tables using (table_schema, table_name)"
            " where column_name = 'org_id' and table_schema = 'public' and table_type = 'BASE TABLE'"
        ).fetchall()

    assert {name for (name,) in found} == set(re.findall(r"delete from (\w+)", statements)) == set(_WITH_ORG)


def test_row_security_binds_the_owner_again_afterwards(server: Server, owned: str) -> None:
    (statements,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with psycopg.connect(server.database(owned, OWNER), autocommit=True) as connection:
        connection.execute(statements.replace("<org id>", str(uuid4())))

        forced = connection.execute("select count(*) from pg_class where relrowsecurity and not relforcerowsecurity").fetchone()
        assert forced == (0,)
