"""Every route of the API's document, asked for another's things: by another organisation, by a viewer, and with tokens that are not good.

A new route, or a new id in a request, fails these tests until its line is in the table.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.journey.person import Person, as_csv, sales

PUBLIC = {"GET /", "GET /config.json", "GET /assets/{name}", "GET /openapi.json", "GET /docs"}
NONE, NEVER, MINE = (404, "not_found"), (403, "forbidden"), (200, None)


@dataclass(frozen=True)
class Try:
    """One request for things of demo's, and what becomes of it: `(status, code)` for another organisation and for a viewer.

    `{upload}`, `{batch}`, `{account}`, `{revision}`, `{cursor}` are demo's; `{own}`, `{own_revision}`, `{own_account}` the asker's.
    """

    other: tuple[int, str | None]
    viewer: tuple[int, str | None]
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None


OF_UPLOAD = {"batch_id": "{upload}"}
OF_BATCH = {"batch_id": "{batch}"}
TABLE: dict[str, list[Try]] = {
    "GET /import/accounts": [Try(MINE, MINE)],
    "GET /import/record-types": [Try(MINE, MINE)],
    "GET /import/template.csv": [Try(MINE, MINE)],
    "GET /import/template.xlsx": [Try(MINE, MINE)],
    "POST /import/uploads": [Try((201, None), (201, None), body={"filename": "a.csv"})],
    "GET /import/uploads/{batch_id}/preview": [
        Try(NONE, NONE, OF_UPLOAD),
        Try(NONE, NONE, OF_UPLOAD, {"revision": "{revision}"}),
        Try(NONE, NONE, OF_BATCH),
        Try(NONE, NONE, {"batch_id": "{own}"}, {"revision": "{revision}"}),
    ],
    "GET /import/uploads/{batch_id}/errors": [
        Try(NONE, NONE, OF_UPLOAD),
        Try(NONE, NONE, OF_UPLOAD, {"revision": "{revision}"}),
        Try(NONE, NONE, {"batch_id": "{own}"}, {"revision": "{revision}"}),
    ],
    "DELETE /import/uploads/{batch_id}": [Try(NONE, NONE, OF_UPLOAD), Try(NONE, NONE, OF_BATCH)],
    "POST /import/records/validate": [
        Try(NONE, NONE, body={"batch_id": "{upload}"}),
        Try(NONE, NONE, body={"batch_id": "{upload}", "options": {"exclude_rows": [2]}}),
    ],
    "POST /import/records/commit": [
        Try(NONE, NEVER, body={"batch_id": "{upload}", "revision": "{revision}", "account_id": "{account}"}),
        Try(NONE, NEVER, body={"batch_id": "{upload}", "revision": "{revision}", "account_id": "{own_account}"}),
        Try(NONE, NEVER, body={"batch_id": "{upload}", "revision": "{revision}", "account_id": "{account}", "dry_run": True}),
        Try(NONE, NEVER, body={"batch_id": "{own}", "revision": "{revision}", "account_id": "{own_account}"}),
        Try(NEVER, NEVER, body={"batch_id": "{own}", "revision": "{own_revision}", "account_id": "{account}"}),
        Try(NEVER, NEVER, body={"batch_id": "{own}", "revision": "{own_revision}", "account_id": "{account}", "dry_run": True}),
    ],
    "GET /import/batches": [
        Try(MINE, MINE),
        Try(MINE, MINE, query={"account_id": "{account}"}),
        Try(MINE, MINE, query={"cursor": "{cursor}"}),
    ],
    "GET /import/batches/{batch_id}": [Try(NONE, MINE, OF_BATCH), Try(NONE, NONE, OF_UPLOAD)],
    "GET /import/batches/{batch_id}/records": [Try(NONE, MINE, OF_BATCH), Try(NONE, MINE, OF_BATCH, {"cursor": "{record_cursor}"})],
    "GET /import/batches/{batch_id}/events": [Try(NONE, MINE, OF_BATCH)],
    "GET /import/batches/{batch_id}/manifest": [Try(NONE, MINE, OF_BATCH)],
    "POST /import/batches/{batch_id}/rollback": [
        Try(NONE, NEVER, OF_BATCH, body={}),
        Try(NONE, NEVER, OF_BATCH, body={"force": True}),
        Try(NONE, NEVER, OF_BATCH, body={"dry_run": True}),
    ],
    "POST /import/batches/{batch_id}/disable-rollback": [Try(NONE, NEVER, OF_BATCH)],
}
TRIES = [(route, number) for route, tries in TABLE.items() for number in range(len(tries))]


@pytest.fixture(scope="module")
def document(stack: dict[str, Any]) -> dict[str, Any]:
    return httpx.get(f"{stack['api']}/openapi.json", trust_env=False).json()


@pytest.fixture(scope="module")
def of_demo(demo: Person) -> Iterator[dict[str, str]]:
    """Ids of demo's things, which are the same after all that others tried."""
    waiting = demo.upload("waiting.csv", as_csv(sales(3)))
    batch = demo.committed(demo.upload("committed.csv", as_csv(sales(3))))
    demo.committed(demo.upload("newer.csv", as_csv(sales(1))))
    ids = {"upload": waiting["batch_id"], "revision": waiting["revision"], "batch": batch["batch_id"], "account": batch["account_id"]}
    ids["cursor"] = demo.http.get("/import/batches", params={"limit": 1}).json()["next_cursor"]
    ids["record_cursor"] = demo.http.get(f"/import/batches/{batch['batch_id']}/records", params={"limit": 1}).json()["next_cursor"]
    events = demo.http.get(f"/import/batches/{batch['batch_id']}/events").json()
    yield ids
    assert demo.preview(waiting["batch_id"]) == waiting
    assert demo.http.get(f"/import/batches/{batch['batch_id']}").json() == batch
    assert demo.http.get(f"/import/batches/{batch['batch_id']}/events").json() == events


@pytest.fixture(scope="module")
def askers(rival: Person, viewer: Person, of_demo: dict[str, str]) -> dict[str, tuple[Person, dict[str, str]]]:
    """Those who ask, and what the table's places stand for when they do."""
    found = {}
    for name, person in (("other", rival), ("viewer", viewer)):
        own = person.upload("own.csv", as_csv(sales(2)))
        own_ids = {"own": own["batch_id"], "own_revision": own["revision"], "own_account": person.me["account_id"]}
        found[name] = (person, of_demo | own_ids)
    return found


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, ids) for name, inner in value.items()}
    return value.format(**ids) if isinstance(value, str) else value


def _ask(http: httpx.Client, route: str, asked: Try, ids: dict[str, str]) -> httpx.Response:
    method, _, path = route.partition(" ")
    return http.request(
        method, path.format(**_filled(asked.path, ids)), params=_filled(asked.query, ids) or None, json=_filled(asked.body, ids)
    )


def test_every_route_and_every_id_of_it_is_tried(document: dict[str, Any]) -> None:
    routes = {f"{method.upper()} {path}": operation for path, found in document["paths"].items() for method, operation in found.items()}
    assert set(routes) - PUBLIC == set(TABLE)

    for route, operation in routes.items():
        named = {parameter["name"] for parameter in operation.get("parameters", [])}
        for content in operation.get("requestBody", {}).get("content", {}).values():
            model = re.findall(r"schemas/(\w+)", json.dumps(content))[0]
            named |= set(document["components"]["schemas"][model]["properties"])
        tried = {name for asked in TABLE[route] for part in (asked.path, asked.query, asked.body or {}) for name in part}
        ids = {name for name in named if name.endswith("_id") or name in {"revision", "cursor"}}
        assert ids <= tried, (route, ids - tried)


@pytest.mark.parametrize("who", ["other", "viewer"])
@pytest.mark.parametrize(("route", "number"), TRIES, ids=[f"{route} {number}" for route, number in TRIES])
def test_who_asks_for_anothers_things_gets_exactly_this(
    askers: dict[str, tuple[Person, dict[str, str]]], demo: Person, who: str, route: str, number: int
) -> None:
    person, ids = askers[who]
    asked = TABLE[route][number]
    answer = _ask(person.http, route, asked, ids)

    code = answer.json()["code"] if answer.headers["content-type"] == "application/problem+json" else None
    assert (answer.status_code, code) == getattr(asked, who), answer.text
    if who == "other":
        held = [ids[name] for name in ("upload", "batch", "account")] + [demo.me["org_id"], demo.me["user_id"]]
        assert not [secret for secret in held if secret in answer.text]


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def tokens(stack: dict[str, Any], data_dir: Path) -> dict[str, str]:
    """What somebody might send in place of demo's token. Most of it is signed by the issuer's own key."""
    good = stack["users"]["demo"]["token"]
    header, payload, signature = good.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    kept = json.loads((data_dir / "keys" / "issuer.json").read_text())
    key, stranger, now = RSAKey.import_key(kept), RSAKey.generate_key(2048), int(time.time())

    def signed(by: RSAKey = key, **changed: Any) -> str:
        claims = {name: value for name, value in {**said, **changed}.items() if value is not None}
        return "Bearer " + jwt.encode({"alg": "RS256", "kid": kept["kid"]}, claims, by)

    by_hmac = f"{_part({'alg': 'HS256', 'kid': kept['kid']})}.{payload}"
    public = json.dumps(key.as_dict(private=False)).encode()
    mac = base64.urlsafe_b64encode(hmac.digest(public, by_hmac.encode(), sha256)).rstrip(b"=").decode()
    return {
        "no token": "",
        "an empty one": "Bearer",
        "three words": "Bearer no.token.atall",
        "a password": "Basic ZGVtbzpkZW1v",
        "expired": signed(exp=now - 1),
        "without an end": signed(exp=None),
        "not yet good": signed(nbf=now + 600),
        "signed tomorrow": signed(iat=now + 86400),
        "unsigned": f"Bearer {header}.{payload}.",
        "alg none": f"Bearer {_part({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        "alg none with a signature": f"Bearer {_part({'alg': 'none', 'typ': 'JWT'})}.{payload}.{signature}",
        "signed with the public key": f"Bearer {by_hmac}.{mac}",
        "signed by a stranger": signed(stranger),
        "another subject": f"Bearer {header}.{_part({**said, 'sub': stack['users']['rival']['user_id']})}.{signature}",
        "wrong issuer": signed(iss="https://login.example.com"),
        "no issuer": signed(iss=None),
        "wrong audience": signed(aud="another-page"),
        "wrong client": signed(client_id="another-page"),
        "no audience": signed(client_id=None),
    }


def test_without_a_good_token_every_route_is_closed(stack: dict[str, Any], tokens: dict[str, str], of_demo: dict[str, str]) -> None:
    ids = of_demo | {"own": of_demo["upload"], "own_revision": of_demo["revision"], "own_account": of_demo["account"]}
    got_in = []
    with httpx.Client(base_url=stack["api"], trust_env=False) as http:
        for how, authorization in tokens.items():
            http.headers["Authorization"] = authorization
            for route, tries in TABLE.items():
                answer = _ask(http, route, tries[0], ids)
                if (answer.status_code, answer.json()) != (401, {"message": "Unauthorized"}):
                    got_in.append((how, route, answer.status_code))

    assert got_in == []


def test_a_good_token_gets_in(stack: dict[str, Any]) -> None:
    """So that the test above cannot pass for a reason of its own."""
    headers = {"Authorization": f"Bearer {stack['users']['demo']['token']}"}

    assert httpx.get(f"{stack['api']}/import/accounts", headers=headers, trust_env=False).status_code == 200
    assert httpx.get(f"{stack['api']}/import/accounts?token={uuid4()}", trust_env=False).status_code == 401


def test_what_needs_no_token_is_the_page_alone(stack: dict[str, Any]) -> None:
    with httpx.Client(base_url=stack["api"], trust_env=False) as http:
        answers = {route: http.get(route.removeprefix("GET ").format(name="page.js")).status_code for route in PUBLIC}

    assert answers == dict.fromkeys(PUBLIC, 200)
