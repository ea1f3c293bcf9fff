"""Two organisations and three people, so that there is somebody to sign in as."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from psycopg import sql

from local.environment import Database
from local.tokens import User


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in, and where their membership is."""

    user: User
    org_id: UUID
    account_id: UUID
    org: str
    role: str


def _id(what: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"takeback:local:{what}")


def _person(name: str, org: str, role: str) -> Person:
    return Person(User(name, str(_id(f"user/{name}"))), _id(f"org/{org}"), _id(f"account/{org}"), org, role)


PEOPLE = (_person("demo", "Demo", "owner"), _person("viewer", "Demo", "viewer"), _person("rival", "Rival", "owner"))


def seed(database: Database) -> None:
    """Make them, by the functions that an operator would use. A second time changes nothing."""
    with psycopg.connect(database.url) as connection:
        for person in PEOPLE:
            connection.execute("select add_org(%s, %s)", (f"{person.org} Trading", person.org_id))
            connection.execute("select add_account(%s, %s, %s)", (person.org_id, f"{person.org} bookkeeping", person.account_id))
            connection.execute("select add_member(%s, %s, %s)", (person.user.user_id, person.org_id, person.role))


def set_password(database: Database, roles: set[str]) -> None:
    """Let the functions' roles log in to a server that asks for passwords, where AWS would take an IAM token."""
    with psycopg.connect(database.url) as connection:
        for role in sorted(roles):
            statement = sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(database.app_password))
            connection.execute(statement)


def new_password() -> str:
    """A password for this run."""
    return secrets.token_urlsafe(24)
