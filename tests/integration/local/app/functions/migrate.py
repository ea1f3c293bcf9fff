"""Makes what the seed calls, and tells CloudFormation so."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg

_FUNCTIONS = """
create table if not exists added (what text);
create or replace function add_org(name text, id uuid) returns void language sql as $$ insert into added values (name) $$;
create or replace function add_account(org uuid, name text, id uuid) returns void language sql as $$ insert into added values (name) $$;
create or replace function add_member(who text, org uuid, role text) returns void language sql as $$ insert into added values (role) $$;
"""


def handler(event: dict[str, Any], _context: Any) -> None:
    """A custom resource's provider."""
    with psycopg.connect() as connection:
        connection.execute(_FUNCTIONS)
    answer = {"Status": "SUCCESS", "RequestId": event["RequestId"], "StackId": event["StackId"], "PhysicalResourceId": "schema"}
    httpx.put(event["ResponseURL"], json=answer, trust_env=False).raise_for_status()
