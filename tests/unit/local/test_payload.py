from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.declared import Route
from local.payload import Incoming, answer, event

NOW = datetime(2020, 3, 12, 19, 3, 58, tzinfo=UTC)
FORWARDED = {"x-forwarded-for": "192.0.2.1", "x-forwarded-port": "80", "x-forwarded-proto": "http"}
EVENTS = Path(__file__).parents[3] / "events"
ROUTE = Route("POST", "/import/batches/{batch_id}/rollback", "Rollback", authorized=True)


def incoming(**given: Any) -> Incoming:
    base = {
        "method": "POST",
        "path": "/my/path",
        "query": "",
        "headers": (("Host", "id.execute-api.us-east-1.amazonaws.com"),),
        "body": b"",
        "source_ip": "192.0.2.1",
    }
    return Incoming(**{**base, **given})


def test_an_event_has_the_shape_that_amazon_documents() -> None:
    made = event(
        incoming(
            query="parameter1=value1&parameter1=value2&parameter2=value",
            headers=(
                ("Header1", "value1"),
                ("Header2", "value1"),
                ("header2", "value2"),
                ("Cookie", "cookie1; cookie2"),
                ("User-Agent", "agent"),
                ("Content-Type", "text/plain"),
            ),
            body=b"Hello from Lambda",
        ),
        Route("ANY", "$default", "F", authorized=True),
        {"parameter1": "value1"},
        {"claim1": "value1", "scope": "scope1 scope2"},
        NOW,
    )

    assert {key: value for key, value in made.items() if key != "requestContext"} == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
        "cookies": ["cookie1", "cookie2"],
        "headers": {"header1": "value1", "header2": "value1,value2", "user-agent": "agent", "content-type": "text/plain", **FORWARDED},
        "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
        "pathParameters": {"parameter1": "value1"},
        "body": "Hello from Lambda",
        "isBase64Encoded": False,
    }
    context = made["requestContext"]
    assert context["http"] == {"method": "POST", "path": "/my/path", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "agent"}
    assert context["authorizer"] == {"jwt": {"claims": {"claim1": "value1", "scope": "scope1 scope2"}, "scopes": None}}
    assert (context["stage"], context["time"], context["timeEpoch"]) == ("$default", "12/Mar/2020:19:03:58 +0000", 1584039838000)


def test_what_is_not_there_has_no_entry() -> None:
    made = event(incoming(), ROUTE, {}, None, NOW)

    assert not {"cookies", "queryStringParameters", "pathParameters", "body"} & set(made)
    assert "authorizer" not in made["requestContext"]


def test_the_path_and_its_parameters_are_decoded_and_the_query_is_not() -> None:
    made = event(incoming(path="/a%20b/%C3%BC", query="q=%20x"), ROUTE, {"name": "a%2Fb"}, None, NOW)

    assert (made["rawPath"], made["rawQueryString"], made["pathParameters"]) == ("/a b/ü", "q=%20x", {"name": "a/b"})


def test_claims_are_text() -> None:
    made = event(incoming(), ROUTE, {}, {"sub": "u", "exp": 12, "verified": True, "groups": ["a", "b"]}, NOW)

    assert made["requestContext"]["authorizer"]["jwt"]["claims"] == {"sub": "u", "exp": "12", "verified": "true", "groups": "[a b]"}


@pytest.mark.parametrize(
    ("body", "kind"), [(b"\xff\x00", "application/octet-stream"), (b"\xff", "text/plain"), (b"a=b", "application/x-www-form-urlencoded")]
)
def test_a_body_that_is_no_text_comes_as_base64(body: bytes, kind: str) -> None:
    made = event(incoming(body=body, headers=(("Content-Type", kind),)), ROUTE, {}, None, NOW)

    assert made["isBase64Encoded"]
    assert base64.b64decode(made["body"]) == body


def test_an_answer_keeps_status_headers_cookies_and_bytes() -> None:
    sent = answer(
        {"statusCode": 201, "headers": {"X-A": "1", "Retry-After": 5}, "cookies": ["a=1", "b=2"], "body": "/w==", "isBase64Encoded": True}
    )

    assert (sent.status, sent.body) == (201, b"\xff")
    assert ("x-a", "1") in sent.headers
    assert ("retry-after", "5") in sent.headers
    assert [value for name, value in sent.headers if name == "set-cookie"] == ["a=1", "b=2"]


def test_an_answer_that_is_plain_json_is_the_body_of_a_200() -> None:
    sent = answer({"hello": 1})

    assert (sent.status, sent.body, sent.headers) == (200, b'{"hello": 1}', (("content-type", "application/json"),))


def test_repeated_headers_of_an_answer_are_joined() -> None:
    sent = answer({"statusCode": 200, "multiValueHeaders": {"Vary": ["Origin", "Accept"]}, "body": ""})

    assert ("vary", "Origin,Accept") in sent.headers


def test_a_body_that_is_not_text_is_malformed() -> None:
    with pytest.raises(TypeError):
        answer({"statusCode": 200, "body": {"a": 1}})


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*_http.json")), ids=lambda path: path.stem)
def test_an_event_has_every_part_of_a_real_one_and_no_other(path: Path) -> None:
    real = json.loads(path.read_text())
    method, pattern = real["routeKey"].split(" ")
    claims = real["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims")
    made = event(
        incoming(
            method=method,
            path=real["rawPath"],
            query=real["rawQueryString"],
            headers=tuple(real["headers"].items()),
            body=real.get("body", "").encode(),
        ),
        Route(method, pattern, "F", authorized=claims is not None),
        real.get("pathParameters", {}),
        claims,
        NOW,
    )

    assert {key: type(value) for key, value in made.items()} == {key: type(value) for key, value in real.items()}
    assert set(made["requestContext"]) == set(real["requestContext"])
    assert set(made["requestContext"]["http"]) == set(real["requestContext"]["http"])
    assert made["requestContext"].get("authorizer") == real["requestContext"].get("authorizer")
    same = ("routeKey", "rawPath", "rawQueryString", "queryStringParameters", "pathParameters", "body", "isBase64Encoded")
    assert {key: made.get(key) for key in same} == {key: real.get(key) for key in same}
