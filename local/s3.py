"""The S3 stand-in: moto's server in a process of its own, made as strict as S3, its objects kept on disk.

    python -m local.s3 '{"folder": …, "buckets": …, "access_key_id": …, "secret_access_key": …, "region": …}' FD

serves the listening socket FD, prints "ready" (or one sentence on what is broken), and ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode
from uuid import uuid4
from xml.sax.saxutils import escape

os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # the buckets' own rules hold instead; moto reads this on import

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.s3.utils import metadata_from_headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from local.cors import allow, preflight
from local.declared import Cors
from local.post_policy import Refusal, Secret, check
from local.s3_disk import Broken, Disk
from local.s3_notices import tell_as_s3_does
from local.signed_url import check_url

_CHANGED = re.compile("changed|mutated")
_WRITES = {"PUT", "POST", "DELETE"}


@dataclass(frozen=True, slots=True)
class _Store:
    """A bucket, where it is kept, and which pages may use it."""

    bucket: FakeBucket
    disk: Disk
    cors: tuple[Cors, ...]


class StrictS3:
    """A WSGI application: refuses what S3 refuses, takes form uploads, leaves all else to moto."""

    def __init__(self, backend: S3Backend, stores: dict[str, _Store], secret: Secret) -> None:
        self._backend = backend
        self._stores = stores
        self._secret = secret
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        bucket, _, key = request.path.lstrip("/").partition("/")
        store = self._stores.get(bucket)
        rules = store.cors if store else ()
        if request.method == "OPTIONS":
            return preflight(request, rules)(environ, start_response)
        try:
            if request.method == "POST" and not key and request.mimetype == "multipart/form-data":
                response = self._take_form(request, bucket)
            else:
                self._authorize(request)
                part = self._part(request, store, unquote(key)) if store and request.method == "GET" and request.range else None
                response = part or Response.from_app(self._moto, environ, buffered=False)
                if store and request.method in _WRITES and response.status_code < HTTPStatus.BAD_REQUEST:
                    store.disk.keep(store.bucket, unquote(key) if key and request.method != "POST" else None)
        except Refusal as refusal:
            response = _xml(refusal, request.path)
        allow(request, response, rules)
        return response(environ, start_response)

    def _part(self, request: Request, store: _Store, key: str) -> Response | None:
        """A range of an object, straight from disk: moto would read the whole object for each. None where moto is to answer."""
        response = Response.from_app(self._moto, {**request.environ, "REQUEST_METHOD": "HEAD"})
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            return None
        begin, end = map(int, response.headers["content-range"].removeprefix("bytes ").partition("/")[0].split("-"))
        found = store.disk.read(key, self._backend.head_object(store.bucket.name, key, request.args.get("versionId")), begin, end + 1)
        if found is None:
            return None
        response.set_data(found)
        return response

    def _authorize(self, request: Request) -> None:
        now = datetime.now(UTC)
        if "X-Amz-Signature" in request.args or "Signature" in request.args:
            check_url(request.method, request.environ["RAW_URI"], dict(request.headers), self._secret, now)
        elif f"Credential={self._secret.access_key_id}/" not in request.headers.get("Authorization", ""):
            raise Refusal(403, "AccessDenied", "Access Denied")

    def _take_form(self, request: Request, bucket: str) -> Response:
        """A browser's upload. Answers as S3: 204, or what `success_action_status` or `success_action_redirect` asks for."""
        if request.content_length is None:
            raise Refusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        fields = {name.lower(): value for name, value in request.form.items()}
        file = request.files.get("file")
        if file is None:
            raise Refusal(
                400, "InvalidArgument", "POST requires exactly one file upload per request.", {"ArgumentName": "file", "ArgumentValue": 0}
            )
        size = file.stream.seek(0, os.SEEK_END)
        file.stream.seek(0)
        check(fields, bucket, size, self._secret, datetime.now(UTC))
        if bucket not in self._backend.buckets:
            raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist", {"BucketName": bucket})
        name = fields["key"].replace("${filename}", file.filename or "")
        stored = self._backend.put_object(bucket, name, file.stream.read(), request_method="POST")
        stored.set_metadata(metadata_from_headers(fields))
        if store := self._stores.get(bucket):
            store.disk.keep(store.bucket, name)
        return _taken(fields, f"{request.host_url}{bucket}/{quote(name)}", bucket, name, stored)


def _patiently(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, made once more where another request changed the bucket while moto went through it."""

    def again(*args: Any, **named: Any) -> Any:
        while True:
            try:
                return call(*args, **named)
            except RuntimeError as error:
                if not _CHANGED.search(str(error)):
                    raise

    return again


def _taken(fields: dict[str, str], location: str, bucket: str, key: str, stored: Any) -> Response:
    headers = {
        "ETag": stored.etag,
        "Location": location,
        "x-amz-version-id": stored.version_id,
        "x-amz-request-id": uuid4().hex[:16].upper(),
    }
    if redirect := fields.get("success_action_redirect"):
        said = urlencode({"bucket": bucket, "key": key, "etag": stored.etag})
        return Response(status=303, headers={**headers, "Location": f"{redirect}{'&' if '?' in redirect else '?'}{said}"})
    if fields.get("success_action_status") == "201":
        inner = "".join(
            f"<{tag}>{escape(text)}</{tag}>"
            for tag, text in (("Location", location), ("Bucket", bucket), ("Key", key), ("ETag", stored.etag))
        )
        return Response(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inner}</PostResponse>', 201, headers, mimetype="application/xml"
        )
    return Response(status=200 if fields.get("success_action_status") == "200" else 204, headers=headers)


def _xml(refusal: Refusal, resource: str) -> Response:
    request_id = uuid4().hex[:16].upper()
    elements = {"Code": refusal.code, "Message": refusal.message, **refusal.extra, "Resource": resource, "RequestId": request_id}
    inner = "".join(f"<{tag}>{escape(str(text))}</{tag}>" for tag, text in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'
    return Response(body, refusal.status, {"x-amz-request-id": request_id}, mimetype="application/xml")


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """The gateway's terminal is no place for every object."""


def main(config: dict[str, Any], listening: int) -> None:
    """Serve until standard input ends, so that the runner's death ends this process too."""
    tell_as_s3_does()
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    backend.list_object_versions = _patiently(backend.list_object_versions)
    stores = {}
    for declared in config["buckets"]:
        bucket = backend.create_bucket(declared["name"], config["region"])
        bucket.versioning_status = "Enabled" if declared["versioned"] else None
        disk = Disk(Path(config["folder"]) / declared["name"])
        try:
            disk.restore(bucket)
        except Broken as broken:
            print(broken, flush=True)
            return
        stores[bucket.name] = _Store(bucket, disk, tuple(Cors(**_tuples(rule)) for rule in declared["cors"]))
    app = StrictS3(backend, stores, Secret(config["access_key_id"], config["secret_access_key"]))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet, fd=listening)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def _tuples(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in rule.items()}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]))
