"""Each policy, tried as the roles that the functions log in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from takeback.stores import database
from takeback.stores.database import transaction
from tests.integration.conftest import FUNCTION_USERS

from .world import Person, World, sale, sales

TENANT_TABLES = ["orgs", "accounts", "memberships", "import_batches", "import_changes", "import_events", "bookkeeping_records"]
FORMER = "takeback_app"  # the one user of the code before 0003, which runs on while that is applied; to go with the user
USERS = (*FUNCTION_USERS, FORMER)
# What each user may change, by the column that stands for it here.
CHANGES = [
    *((FORMER, table, "org_id") for table in ("import_batches", "import_changes", "bookkeeping_records")),
    ("takeback_commit", "import_batches", "org_id"),
    ("takeback_commit", "bookkeeping_records", "org_id"),
    ("takeback_rollback", "import_batches", "status"),
    ("takeback_rollback", "import_changes", "kept"),
    ("takeback_rollback", "bookkeeping_records", "org_id"),
]
ADDITIONS = {
    "bookkeeping_records": """
        insert into bookkeeping_records (account_id, org_id, ebay_order_id, sale_date, item_name, sale_price_cents)
        values (%(account_id)s, %(org_id)s, 'x', now(), 'x', 1)
        """,
    "import_events": """
        insert into import_events (account_id, org_id, batch_id, action)
        values (%(account_id)s, %(org_id)s, %(batch_id)s, 'created')
        """,
    "import_changes": """
        insert into import_changes (account_id, org_id, batch_id, record_id, before, imported, before_version, before_updated_at,
          written_version, written_at)
        values (%(account_id)s, %(org_id)s, %(batch_id)s, gen_random_uuid(), '{}', '{}', 1, now(), 1, now())
        """,
    "import_batches": """
        insert into import_batches (batch_id, account_id, org_id, record_type, created_by, filename, format, sha256, revision,
          on_existing, status, row_count, column_mapping, options, job)
        values (gen_random_uuid(), %(account_id)s, %(org_id)s, 'x', 'x', 'x', 'csv', 'x', 'x', 'skip', 'committing', 1, '{}', '{}', '{}')
        """,
}
MAY_ADD = {FORMER: set(ADDITIONS), "takeback_commit": set(ADDITIONS), "takeback_rollback": {"import_events"}, "takeback_batches": set()}


@contextmanager
def acting(world: World, user_id: str | None, role: str = "takeback_commit") -> Iterator[psycopg.Connection]:
    """A transaction that is rolled back, as a role, for a user."""
    with psycopg.connect(world.database.url(role)) as connection:
        if user_id is not None:
            connection.execute("select set_config('app.user_id', %s, true)", [user_id])
        yield connection
        connection.rollback()


def count(connection: psycopg.Connection, table: str) -> int:
    return connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchall()[0][0]


@pytest.fixture
def filled(world: World, owner: Person) -> World:
    """A row of the owner's org in every table."""
    world.commit(owner, sales("1", "2"))
    world.commit(owner, [sale("1", item_name="Other")], "update")
    return world


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", TENANT_TABLES)
def test_members_of_the_org_see_its_rows_and_nobody_else_does(filled: World, owner: Person, table: str, user: str) -> None:
    for role in ("owner", "member", "viewer"):
        with acting(filled, filled.person(role, of=owner).user_id, user) as db:
            assert count(db, table) > 0, role
    stranger = filled.person()
    with acting(filled, stranger.user_id, user) as db:
        assert count(db, table) == (1 if table in {"orgs", "accounts", "memberships"} else 0)
    for nobody in (None, "", "no such user"):
        with acting(filled, nobody, user) as db:
            assert count(db, table) == 0


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", TENANT_TABLES)
def test_a_suspended_member_sees_nothing_of_the_org(filled: World, owner: Person, table: str, user: str) -> None:
    member = filled.person("member", of=owner)
    filled.database.sql.execute("select add_member(%s, %s, 'member', 'suspended')", [member.user_id, owner.org_id])

    with acting(filled, member.user_id, user) as db:
        assert count(db, table) == (1 if table == "memberships" else 0)


@pytest.mark.parametrize(("user", "table", "column"), CHANGES)
def test_owners_and_members_change_rows_and_viewers_and_strangers_do_not(
    filled: World, owner: Person, user: str, table: str, column: str
) -> None:
    touch = sql.SQL("update {} set {} = {}").format(*map(sql.Identifier, (table, column, column)))
    for person, changes in (
        (owner, True),
        (filled.person("member", of=owner), True),
        (filled.person("viewer", of=owner), False),
        (filled.person(), False),
    ):
        with acting(filled, person.user_id, user) as db:
            assert (db.execute(touch).rowcount > 0) == changes


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", TENANT_TABLES)
def test_nobody_changes_more_than_his_function_does(filled: World, owner: Person, user: str, table: str) -> None:
    told = filled.database.sql.execute(
        "select column_name as name from information_schema.columns where table_name = %s and table_schema = 'public'", [table]
    ).fetchall()
    changeable = set()
    for column in (row["name"] for row in told):
        try:
            with acting(filled, owner.user_id, user) as db:
                db.execute(sql.SQL("update {} set {} = default where false").format(*map(sql.Identifier, (table, column))))
            changeable.add(column)
        except psycopg.errors.InsufficientPrivilege:
            continue

    everything = {row["name"] for row in told}
    assert changeable == {
        **{(FORMER, changed): everything for changed in ("import_batches", "import_changes", "bookkeeping_records")},
        ("takeback_commit", "import_batches"): everything,
        ("takeback_commit", "bookkeeping_records"): everything,
        ("takeback_rollback", "bookkeeping_records"): everything,
        ("takeback_rollback", "import_changes"): {"kept"},
        ("takeback_rollback", "import_batches"): {
            *("status", "problem", "job", "job_at", "rollback_closed_at", "rollback_closed_by"),
            *("rolled_back_at", "rolled_back_by", "deleted", "restored", "kept", "kept_record_ids"),
        },
    }.get((user, table), set())


@pytest.mark.parametrize("role", ["viewer", "stranger"])
def test_viewers_and_strangers_add_nothing(filled: World, owner: Person, role: str) -> None:
    person = filled.person("viewer", of=owner) if role == "viewer" else filled.person()
    batch = filled.database.sql.execute("select * from import_batches limit 1").fetchall()[0]
    for user in USERS:
        for statement in ADDITIONS.values():
            with acting(filled, person.user_id, user) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement.encode(), batch)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", ADDITIONS)
def test_nobody_adds_more_than_his_function_does(filled: World, owner: Person, user: str, table: str) -> None:
    batch = filled.database.sql.execute("select * from import_batches limit 1").fetchall()[0]

    with acting(filled, owner.user_id, user) as db:
        if table in MAY_ADD[user]:
            assert db.execute(ADDITIONS[table].encode(), batch).rowcount == 1
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(ADDITIONS[table].encode(), batch)


@pytest.mark.parametrize("user", USERS)
def test_nobody_makes_a_lasting_table(filled: World, owner: Person, user: str) -> None:
    with acting(filled, owner.user_id, user) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("create table mine (id int)")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", TENANT_TABLES)
def test_nobody_deletes_anything(filled: World, owner: Person, table: str, user: str) -> None:
    with acting(filled, owner.user_id, user) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", ["orgs", "accounts", "memberships"])
def test_no_function_gives_anybody_rights(filled: World, owner: Person, table: str, user: str) -> None:
    for statement in ("update {} set created_at = now()", "insert into {} default values"):
        with acting(filled, owner.user_id, user) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(sql.SQL(statement).format(sql.Identifier(table)))
    with acting(filled, owner.user_id, user) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("select add_member('me too', %s, 'owner')", [owner.org_id])


@pytest.mark.parametrize("user", USERS)
def test_the_trail_cannot_be_rewritten(filled: World, owner: Person, user: str) -> None:
    with acting(filled, owner.user_id, user) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("update import_events set actor = 'somebody else'")


def test_a_row_cannot_be_put_into_an_account_of_another_org(filled: World, owner: Person) -> None:
    rival = filled.person()
    made_by_hand = (
        "insert into bookkeeping_records (account_id, org_id, ebay_order_id, sale_date, item_name, sale_price_cents)"
        " values (%s, %s, 'x', now(), 'x', 1)"
    )
    with acting(filled, owner.user_id) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(made_by_hand, [rival.account_id, owner.org_id])
    with acting(filled, owner.user_id) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("update bookkeeping_records set account_id = %s, import_batch_id = null", [rival.account_id])
    with acting(filled, owner.user_id) as db, pytest.raises(psycopg.errors.ForeignKeyViolation):
        db.execute("update bookkeeping_records set account_id = %s", [rival.account_id])


def test_another_orgs_batch_cannot_be_pointed_at_nor_probed_for(filled: World, owner: Person) -> None:
    rival = filled.person()
    theirs = filled.commit(rival, sales("9")).batch_id
    made_by_hand = (
        "insert into bookkeeping_records (account_id, org_id, import_batch_id, ebay_order_id, sale_date, item_name, sale_price_cents)"
        " values (%s, %s, %s, 'x', now(), 'x', 1)"
    )
    messages = []
    for batch_id in (theirs, uuid4()):
        with acting(filled, owner.user_id) as db, pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
            db.execute(made_by_hand, [owner.account_id, owner.org_id, batch_id])
        messages.append(str(refused.value).replace(str(batch_id), "…"))
    assert messages[0] == messages[1]

    with acting(filled, owner.user_id) as db:
        # The id is taken in another org, which this one must not be able to tell.
        added = db.execute(
            "insert into import_batches (batch_id, account_id, org_id, record_type, created_by, filename, format, sha256, revision,"
            " on_existing, status, row_count, column_mapping, options, job)"
            " values (%s, %s, %s, 'x', 'x', 'x', 'csv', 'x', 'x', 'skip', 'committing', 1, '{}', '{}', '{}')",
            [theirs, owner.account_id, owner.org_id],
        )
        assert added.rowcount == 1


@pytest.mark.parametrize("user", USERS)
def test_the_callers_orgs_are_looked_up_once_a_statement(filled: World, owner: Person, user: str) -> None:
    with acting(filled, owner.user_id, user) as db:
        for table in ("bookkeeping_records", "import_batches", "import_changes", "import_events"):
            query = sql.SQL("explain select * from {}").format(sql.Identifier(table))
            plan = "\n".join(line for (line,) in db.execute(query).fetchall())
            assert "InitPlan" in plan
            assert "SubPlan" not in plan


@pytest.mark.parametrize("user", USERS)
def test_nothing_of_a_transaction_is_left_for_the_next_on_its_connection(
    filled: World, owner: Person, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    database.close()
    monkeypatch.setenv("PGUSER", user)
    with transaction(owner.user_id) as db:
        mine = db.info.backend_pid
        assert db.info.user == user
    with transaction("somebody else") as db:
        assert db.info.backend_pid == mine
        assert db.execute("select current_setting('app.user_id') as user").fetchall() == [{"user": "somebody else"}]
        assert db.execute("select count(*) as n from import_batches").fetchall() == [{"n": 0}]
    with transaction(None) as db:
        assert db.info.backend_pid == mine
        assert db.execute("select my_orgs() as mine").fetchall() == [{"mine": []}]
    with pytest.raises(ZeroDivisionError), transaction(owner.user_id) as db:
        raise ZeroDivisionError
    with psycopg.connect(filled.database.url(user), row_factory=dict_row) as connection:
        assert connection.execute("select my_orgs() as mine").fetchall() == [{"mine": []}]
    with transaction(None) as db:
        assert db.info.backend_pid == mine
        assert db.execute("select my_orgs() as mine").fetchall() == [{"mine": []}]
    database.close()


def test_the_schedules_role_sees_batches_and_nothing_that_they_hold(filled: World) -> None:
    with acting(filled, None, "takeback_expiry") as db:
        assert count(db, "import_batches") == 2
    for table in ("bookkeeping_records", "import_changes", "import_events", "memberships", "accounts", "orgs"):
        with acting(filled, None, "takeback_expiry") as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            count(db, table)


def test_the_schedules_role_closes_undos_and_changes_nothing_else(filled: World, owner: Person) -> None:
    with acting(filled, None, "takeback_expiry") as db:
        assert db.execute("update import_batches set rollback_closed_at = now()").rowcount == 2
    for change in ("account_id = account_id", "inserted = 0", "rolled_back_at = now()", "rollback_until = now()"):
        with acting(filled, None, "takeback_expiry") as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(f"update import_batches set {change}".encode())
    forged = "insert into import_events (account_id, org_id, batch_id, action, actor, details) values (%s, %s, %s, 'created', 'ann', %s)"
    with acting(filled, None, "takeback_expiry") as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(forged, [owner.account_id, owner.org_id, uuid4(), Jsonb({})])
