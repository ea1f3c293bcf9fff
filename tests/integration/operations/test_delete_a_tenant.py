"""The statements of docs/operations.md, run by an owner of the tables who is no superuser, as in RDS."""

from __future__ import annotations

import re
from uuid import uuid4

import psycopg

from tests.integration.conftest import Server

from .conftest import DOCS, OWNER, WITH_ORG, rows, tenant


def test_a_tenant_goes_without_a_trace_and_the_others_stay(server: Server, owned: str) -> None:
    (statements,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with psycopg.connect(server.database(owned), autocommit=True) as everything:
        doomed, neighbour = tenant(everything), tenant(everything)

        with psycopg.connect(server.database(owned, OWNER), autocommit=True) as connection:
            connection.execute(statements.replace("<org id>", str(doomed)))

        assert rows(everything, doomed) == dict.fromkeys(WITH_ORG, 0)
        assert rows(everything, neighbour) == dict.fromkeys(WITH_ORG, 1)


def test_every_table_that_knows_of_orgs_is_in_the_statements(server: Server, owned: str) -> None:
    (statements,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with psycopg.connect(server.database(owned)) as connection:
        found = connection.execute(
            "select table_name from information_schema.columns join information_schema.tables using (table_schema, table_name)"
            " where column_name = 'org_id' and table_schema = 'public' and table_type = 'BASE TABLE'"
        ).fetchall()

    assert {name for (name,) in found} == set(re.findall(r"delete from (\w+)", statements)) == set(WITH_ORG)


def test_row_security_binds_the_owner_again_afterwards(server: Server, owned: str) -> None:
    (statements,) = re.findall(r"```sql\n(begin;.*?commit;)\n```", DOCS.read_text(), re.DOTALL)
    with psycopg.connect(server.database(owned, OWNER), autocommit=True) as connection:
        connection.execute(statements.replace("<org id>", str(uuid4())))

        forced = connection.execute("select count(*) from pg_class where relrowsecurity and not relforcerowsecurity").fetchone()
        assert forced == (0,)
