from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.gateway import Served


def test_a_function_gets_the_request_and_its_answer_goes_back(app: Any) -> None:
    answer = app.http.post("/echo/a%20b?x=1&x=2", headers={**app.token(), "Cookie": "c=1"}, json={"k": "v"})
    event = answer.json()["event"]

    assert answer.status_code == 200
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (event["routeKey"], event["rawPath"], event["pathParameters"]) == ("ANY /echo/{name}", "/echo/a b", {"name": "a b"})
    assert (event["queryStringParameters"], event["cookies"], json.loads(event["body"])) == ({"x": "1,2"}, ["c=1"], {"k": "v"})
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == app.facts["users"]["demo"]["user_id"]


def test_a_function_has_the_templates_environment_and_none_of_ours(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING_OF_OURS", "1")
    environment = app.http.post("/open").json()["environment"]

    assert environment["BUCKET"] == app.bucket
    assert environment["AWS_ENDPOINT_URL_S3"] == app.facts["s3"]
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "Echo"
    assert not {"SOMETHING_OF_OURS", "HOME", "DATA_DIR", "PGHOST", "VIRTUAL_ENV"} & set(environment)


def test_a_container_is_used_again(app: Any) -> None:
    assert app.http.post("/open").json()["pid"] == app.http.post("/open").json()["pid"]


def test_a_function_is_told_how_long_it_has(app: Any) -> None:
    assert 9000 < app.http.post("/open").json()["milliseconds"] <= 10000


def test_what_a_function_prints_is_in_its_log(app: Any) -> None:
    app.http.post("/open")

    assert '"message": "echo"' in (app.data / "logs" / "Echo.log").read_text()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}])
def test_without_a_good_token_nobody_gets_in(app: Any, headers: dict[str, str]) -> None:
    answer = app.http.get("/echo/a", headers=headers)

    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_whose_signature_was_touched_does_not_get_in(app: Any) -> None:
    token = app.token()["Authorization"]
    touched = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]

    assert app.http.get("/echo/a", headers={"Authorization": touched}).status_code == 401
    assert app.http.get("/echo/a", headers={"Authorization": token}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/open"), ("GET", "/echo"), ("GET", "/echo/a/b"), ("GET", "/local/nothing")]
)
def test_what_has_no_route_is_not_found(app: Any, method: str, path: str) -> None:
    answer = app.http.request(method, path, headers=app.token())

    assert (answer.status_code, answer.text) == (404, '{"message":"Not Found"}')


@pytest.mark.parametrize("kind", ["raise", "exit", "slow", "large", "unwritable", "malformed"])
def test_a_function_that_fails_is_an_internal_error_and_the_next_call_works(app: Any, kind: str) -> None:
    answer = app.http.get(f"/trouble/{kind}")

    assert (answer.status_code, answer.text) == (500, '{"message":"Internal Server Error"}')
    assert app.http.get("/trouble/none").text == "fine"
    assert [served.note for served in app.reported if isinstance(served, Served) and served.path == f"/trouble/{kind}"][-1]


def test_a_body_of_more_than_ten_megabytes_is_refused(app: Any) -> None:
    assert app.http.post("/open", content=b"x" * (10 * 1024 * 1024 + 1)).status_code == 413


def test_many_calls_at_once_get_containers_of_their_own(app: Any) -> None:
    with ThreadPoolExecutor(12) as together:
        answers = list(together.map(lambda number: app.http.post("/open", content=str(number)), range(24)))

    assert {answer.status_code for answer in answers} == {200}
    assert [base64.b64decode(answer.json()["event"]["body"]) for answer in answers] == [str(number).encode() for number in range(24)]
    assert len({answer.json()["pid"] for answer in answers}) > 1


def test_calling_a_function_directly_is_as_lambda_answers(app: Any) -> None:
    fine = app.http.post("/local/invoke/Trouble", json={"pathParameters": {"kind": "none"}})
    failed = app.http.post("/local/invoke/Trouble", json={"pathParameters": {"kind": "raise"}})

    assert fine.json() == {"statusCode": 200, "body": "fine"}
    assert "x-amz-function-error" not in fine.headers
    assert (failed.status_code, failed.headers["x-amz-function-error"]) == (200, "Unhandled")
    assert (failed.json()["errorType"], failed.json()["errorMessage"]) == ("ValueError", "out of paper")


def test_a_handler_that_cannot_be_imported_says_why(app: Any) -> None:
    assert app.http.post("/local/invoke/Broken", json={}).json()["errorType"] == "ModuleNotFoundError"


def test_there_is_no_calling_what_does_not_exist(app: Any) -> None:
    assert app.http.post("/local/invoke/Nothing", json={}).status_code == 404
    assert app.http.post("/local/invoke/Echo", content=b"{").status_code == 400


def test_a_page_of_another_origin_may_do_what_the_template_says(app: Any) -> None:
    asked = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = app.http.options("/open", headers=asked)

    assert allowed.status_code == 204
    assert (allowed.headers["access-control-allow-origin"], allowed.headers["access-control-max-age"]) == ("https://example.com", "60")
    assert app.http.options("/open", headers={**asked, "Origin": "https://evil.example"}).status_code == 403
    assert app.http.options("/open", headers={**asked, "Access-Control-Request-Method": "DELETE"}).status_code == 403
    assert app.http.post("/open", headers={"Origin": "https://example.com"}).headers["access-control-allow-origin"] == "https://example.com"
    assert "access-control-allow-origin" not in app.http.post("/open", headers={"Origin": "https://evil.example"}).headers


def test_the_integration_is_given_up_after_thirty_seconds(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.gateway._SECONDS", 0.2)
    started = time.monotonic()
    answer = app.http.get("/trouble/slow")

    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')
    assert time.monotonic() - started < 10
