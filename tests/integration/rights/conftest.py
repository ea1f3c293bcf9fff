"""The functions in this process, with the bucket and the database, and a record of what each asks of S3."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from takeback.settings import settings
from takeback.stores import database as store
from takeback.stores import files
from tests.integration.conftest import Database
from tests.template.conftest import deploy, deployed, transformed

__all__ = ["deploy", "deployed", "transformed"]

ROOT = Path(__file__).parents[3]
BUCKET = "takeback-test"
_AS_ACTION = {
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjectsV2": "s3:ListBucket",
}


@dataclass
class Cloud:
    """Calls functions with events as S3 and API Gateway would make them. `asked` is (function, action, folder or "missing")."""

    user_id: str
    account_id: str
    s3: Any
    database_users: dict[str, str]
    asked: set[tuple[str, str, str]] = field(default_factory=set)
    _running: str = ""
    _modules: dict[str, ModuleType] = field(default_factory=dict)

    def listen(self, client: Any) -> None:
        """Write down whatever this client asks."""
        client.meta.events.register("before-parameter-build.s3", self._on_call)
        client.meta.events.register("after-call.s3", self._on_answer)

    def call(self, function: str, event: dict[str, Any]) -> Any:
        file = re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()
        if file not in self._modules:
            spec = importlib.util.spec_from_file_location(f"rights_{file}", ROOT / "functions" / f"{file}.py")
            assert spec is not None
            assert spec.loader is not None
            self._modules[file] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(self._modules[file])
        context = SimpleNamespace(
            function_name=function,
            memory_limit_in_mb=512,
            invoked_function_arn=f"arn:aws:lambda:eu-central-1:123456789012:function:{function}",
            aws_request_id=str(uuid.uuid4()),
            get_remaining_time_in_millis=lambda: 29_000,
        )
        self._running = function
        store.close()
        os.environ["PGUSER"] = self.database_users.get(function, "nobody")
        try:
            return self._modules[file].handler(event, context)
        finally:
            self._running = ""

    def http(self, function: str, route: str, body: Any = None, query: dict[str, str] | None = None, **params: str) -> dict[str, Any]:
        """Send a request; the answer with its body read."""
        method, _, pattern = route.partition(" ")
        event = json.loads((ROOT / "events" / "batches_http.json").read_text())
        path = pattern.format(**params)
        event |= {"routeKey": route, "rawPath": path, "pathParameters": params, "queryStringParameters": query or {}}
        event["headers"]["accept"] = "*/*"
        event["requestContext"]["http"] |= {"method": method, "path": path}
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = self.user_id
        if body is not None:
            event["body"] = json.dumps(body)
        answer = self.call(function, event)
        return answer | {"json": json.loads(answer["body"])} if answer.get("body") else answer

    def event(self, function: str, key: str) -> None:
        """Tell a function that an object appeared."""
        event = json.loads((ROOT / "events" / "validate_s3.json").read_text())
        head = self.s3.head_object(Bucket=BUCKET, Key=key)
        event["Records"][0]["s3"]["object"] |= {"key": key.replace(" ", "+"), "versionId": head["VersionId"]}
        self.call(function, event)

    def newest(self, folder: str) -> str:
        """The key of the only object in a folder."""
        (found,) = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{folder}/")["Contents"]
        return found["Key"]

    def _on_call(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if not self._running:
            return
        if model.name in {"GetObject", "HeadObject"}:
            self._note("s3:GetObjectVersion" if "VersionId" in params else "s3:GetObject", params["Key"])
        elif model.name == "DeleteObjects":
            for doomed in params["Delete"]["Objects"]:
                self._note("s3:DeleteObjectVersion" if "VersionId" in doomed else "s3:DeleteObject", doomed["Key"])
        elif place := params.get("Key") or params.get("Prefix"):  # a form is signed without a key: see _upload()
            self._note(_AS_ACTION[model.name], place)

    def _on_answer(self, http_response: Any, **_: Any) -> None:
        if self._running and http_response.status_code == 404:
            self.asked.add((self._running, "s3:ListBucket", "missing"))

    def _note(self, action: str, key: str) -> None:
        self.asked.add((self._running, action, key.split("/", maxsplit=1)[0]))


@pytest.fixture
def cloud(database: Database, deployed: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """One user who owns an account, a bucket with nothing in it. Each function is the database user that it has when deployed."""
    user_id = str(uuid.uuid4())
    (made,) = database.sql.execute("select add_org('Acme') as org_id").fetchall()
    (account,) = database.sql.execute("select add_account(%s, 'Main') as account_id", [made["org_id"]]).fetchall()
    database.sql.execute("select add_member(%s, %s, 'owner')", [user_id, made["org_id"]])
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_NAMESPACE": "Takeback",
        "BUCKET": BUCKET,
    }.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    files.client.cache_clear()
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        told = {name: found["Properties"].get("Environment", {}).get("Variables", {}) for name, found in deployed.items()}
        users = {name: variables["PGUSER"] for name, variables in told.items() if "PGUSER" in variables}
        cloud = Cloud(user_id, str(account["account_id"]), s3, users)
        cloud.listen(files.client())
        yield cloud
    settings.cache_clear()
    files.client.cache_clear()
