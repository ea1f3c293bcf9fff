"""The functions of the database called as Lambda calls them, on uploads as validation leaves them in the bucket."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID, uuid4

from takeback.rules import keys
from takeback.rules.preview import File, Preview, StoredRows
from takeback.settings import settings
from takeback.stores import files
from tests.integration.database.world import COLUMNS, MONEY, Person, Sale, rows_object
from tests.lambda_context import CONTEXT

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Reply:
    """What API Gateway would send on."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The stable code of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        assert self.body["status"] == self.status
        assert self.body["detail"]
        return self.body["code"]


@cache
def function(name: str) -> ModuleType:
    """One file of functions/, imported as Lambda would."""
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def http(name: str, method: str, path: str, user_id: str, body: Any = None, **query: Any) -> Reply:
    """Call a function as API Gateway does, for a user whose token it has verified."""
    event = json.loads((ROOT / "events" / "commit_http.json").read_text())
    event |= {"rawPath": path, "routeKey": f"{method} {path}", "rawQueryString": urlencode(query)}
    event["queryStringParameters"] = {key: str(value) for key, value in query.items()} or None
    event["body"] = body if isinstance(body, str) else None if body is None else json.dumps(body, default=str)
    event["requestContext"]["http"] |= {"method": method, "path": path}
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = user_id
    answer = function(name).handler(event, CONTEXT)
    return Reply(answer["statusCode"], answer["headers"], json.loads(answer["body"]))


def created(name: str, key: str) -> None:
    """Tell a function that an object was created, as S3 does."""
    event = json.loads((ROOT / "events" / f"{name}_s3.json").read_text())
    event["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")
    function(name).handler(event, CONTEXT)


@dataclass(frozen=True)
class Upload:
    """An upload whose preview is ready."""

    person: Person
    batch_id: UUID
    revision: str

    def commit(self, person: Person | None = None, **other: Any) -> Reply:
        body = {"batch_id": self.batch_id, "revision": self.revision, "account_id": self.person.account_id} | other
        return http("commit", "POST", "/import/records/commit", (person or self.person).user_id, body)

    def roll_back(self, person: Person | None = None, body: Any = None) -> Reply:
        return http("rollback", "POST", f"/import/batches/{self.batch_id}/rollback", (person or self.person).user_id, body)

    def read(self, what: str = "", person: Person | None = None, **query: Any) -> Reply:
        return http("batches", "GET", f"/import/batches/{self.batch_id}{what}", (person or self.person).user_id, **query)

    def request_keys(self, prefix: keys.Prefix = "commits") -> list[str]:
        """The request objects of this batch."""
        folder = keys.of_batch(prefix, self.person.user_id, self.batch_id)
        listed = files.client().list_objects_v2(Bucket=settings().bucket, Prefix=folder)
        return [found["Key"] for found in listed.get("Contents", [])]

    def deliver(self, prefix: keys.Prefix = "commits") -> None:
        """The events of all request objects, as S3 sends them."""
        for key in self.request_keys(prefix):
            created(prefix.removesuffix("s"), key)


def upload(person: Person, rows: Sequence[Sale], **other: Any) -> Upload:
    """Leave in the bucket what the validation of a file with these rows leaves."""
    made = Upload(person, uuid4(), uuid4().hex)
    place = (person.user_id, made.batch_id)
    writer = files.Writer(keys.of_batch("rows", *place, made.revision), "text/plain")
    with writer as out:
        for line in rows_object(rows):
            out.write(line)
    preview = Preview(
        batch_id=made.batch_id,
        revision=made.revision,
        record_type="bookkeeping",
        file=File(filename="sales.csv", format="csv", bytes=1, sha256=uuid4().hex),
        totals={name: sum(row.get(name) or 0 for row in rows) for name in MONEY},
        stored_rows=StoredRows(version_id=writer.stored.version_id, bytes=writer.stored.bytes, fields=COLUMNS),
        column_mapping={"Order number": "ebay_order_id"},
        fingerprint="f" * 32,
        **({"state": "ready", "total_rows": len(rows), "valid_rows": len(rows)} | other),
    )
    files.write_json(keys.of_batch("previews", *place, f"{made.revision}.json"), preview.model_dump_json().encode())
    return made
