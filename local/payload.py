"""HTTP as Lambda sees it behind an API Gateway HTTP API: payload format 2.0, in and out.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from local.declared import Route

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AS_TEXT = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came: `path` and `query` still encoded, `headers` in their order with repetitions."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    protocol: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """The first header of this lower-case name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What goes back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def event(
    incoming: Incoming, route: Route, parameters: Mapping[str, str], claims: Mapping[str, Any] | None, now: datetime
) -> dict[str, Any]:
    """The event that API Gateway hands to the function behind `route`."""
    headers, cookies = _headers(incoming.headers)
    host = headers.get("host", "localhost")
    headers |= {"x-forwarded-for": incoming.source_ip, "x-forwarded-port": host.partition(":")[2] or "80", "x-forwarded-proto": "http"}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": unquote(incoming.path),
        "rawQueryString": incoming.query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": incoming.method,
                "path": unquote(incoming.path),
                "protocol": incoming.protocol,
                "sourceIp": incoming.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": uuid4().hex[:15] + "=",
            "routeKey": route.key,
            "stage": "$default",
            "time": f"{now.day:02}/{_MONTHS[now.month - 1]}/{now:%Y:%H:%M:%S %z}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    if incoming.query:
        made["queryStringParameters"] = _joined(parse_qsl(incoming.query, keep_blank_values=True))
    if parameters:
        made["pathParameters"] = {name: unquote(value) for name, value in parameters.items()}
    if claims is not None:
        # The scopes are those that a route asks for, and ours ask for none.
        made["requestContext"]["authorizer"] = {"jwt": {"claims": {name: _claim(value) for name, value in claims.items()}, "scopes": None}}
    if incoming.body:
        made |= _body(incoming.body, headers.get("content-type", ""))
    return made


def answer(said: Any) -> Outgoing:
    """What API Gateway sends for a function's answer. Raises TypeError or ValueError for one that it takes for malformed."""
    if not (isinstance(said, dict) and "statusCode" in said):
        # Anything else is the body of a 200 in JSON.
        body = said if isinstance(said, str) else json.dumps(said)
        return Outgoing(HTTPStatus.OK, (("content-type", "application/json"),), body.encode())
    status = int(said["statusCode"])
    headers = [(str(name).lower(), _header_value(value)) for name, value in (said.get("headers") or {}).items()]
    for name, values in (said.get("multiValueHeaders") or {}).items():
        headers.append((str(name).lower(), ",".join(map(_header_value, values))))
    if not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", str(cookie)) for cookie in said.get("cookies") or []]
    text = said.get("body") or ""
    if not isinstance(text, str):
        raise TypeError("The body of an answer must be a string.")
    return Outgoing(status, tuple(headers), base64.b64decode(text) if said.get("isBase64Encoded") else text.encode())


def _headers(sent: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    pairs = [(name.lower(), value) for name, value in sent]
    cookies = [cookie.strip() for name, value in pairs if name == "cookie" for cookie in value.split(";")]
    return _joined((name, value) for name, value in pairs if name != "cookie"), cookies


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated names in one entry, with commas."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _claim(value: Any) -> str:
    """The authorizer hands on every claim as text: lists as `[a b]`, booleans and numbers as in JSON."""
    if isinstance(value, list):
        return f"[{' '.join(map(_claim, value))}]"
    return value if isinstance(value, str) else json.dumps(value)


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if content_type.lower().startswith(_AS_TEXT):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _header_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
