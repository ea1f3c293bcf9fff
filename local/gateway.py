"""API Gateway on this machine: routes, verified tokens, CORS and limits as the template and AWS set them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from local.cors import allow, preflight
from local.declared import Route, Template
from local.lambdas import Lambdas, Outcome
from local.oidc import Provider
from local.payload import Incoming, answer, event
from local.tokens import Issuer, Refused, verify

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
_SECONDS = 30
_LARGEST_BODY = 10 * 1024 * 1024
_INVOKE = "/local/invoke/"
_ISSUER = "/local/oidc"
_DEPLOYED = "/local/deployed/"


@dataclass(frozen=True, slots=True)
class Served:
    """One request that was answered, for the terminal. `note` says what went wrong on our side."""

    method: str
    path: str
    status: int
    seconds: float
    note: str = ""


class Gateway:
    """A WSGI application."""

    def __init__(self, template: Template, lambdas: Lambdas, issuer: Issuer, provider: Provider, report: Callable[[Served], None]) -> None:
        self._template = template
        self._lambdas = lambdas
        self._issuer = issuer
        self._provider = provider
        self._report = report
        self._calls = ThreadPoolExecutor(64, "call")
        self._is_cold = True
        self.deployed: dict[str, dict[str, Any]] = {}  # what custom resources answered, by request id

    def close(self) -> None:
        """Take no more calls."""
        self._calls.shutdown(wait=False, cancel_futures=True)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        started = time.monotonic()
        if request.path.startswith("/local/"):
            return self._local(request)(environ, start_response)
        response, note = self._answer(request)
        if self._template.api_cors:
            allow(request, response, [self._template.api_cors])
        self._report(Served(request.method, request.path, response.status_code, time.monotonic() - started, note))
        self._warm()
        return response(environ, start_response)

    def _warm(self) -> None:
        """Somebody has come: have the other functions imported while they look at the first answer."""
        if self._is_cold:
            self._is_cold = False
            threading.Thread(target=self._lambdas.warm, daemon=True, name="warm").start()

    def _answer(self, request: Request) -> tuple[Response, str]:
        path, _, query = str(request.environ["RAW_URI"]).partition("?")
        if request.method == "OPTIONS" and self._template.api_cors and "Access-Control-Request-Method" in request.headers:
            return preflight(request, [self._template.api_cors]), ""
        found = self._route(request.method, path)
        if found is None:
            return _message(HTTPStatus.NOT_FOUND, "Not Found"), ""
        route, parameters = found
        claims = None
        if route.authorized:
            try:
                claims = self._claims(request)
            except Refused as refused:
                said = (
                    "Bearer"
                    if not request.headers.get("Authorization")
                    else f'Bearer scope="" error="invalid_token" error_description="{refused}"'
                )
                return _message(HTTPStatus.UNAUTHORIZED, "Unauthorized", {"www-authenticate": said}), ""
        if (request.content_length or 0) > _LARGEST_BODY:
            return _message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large"), ""
        incoming = Incoming(
            request.method,
            path,
            query,
            tuple(request.headers.items()),
            request.get_data(),
            request.remote_addr or "",
            request.environ["SERVER_PROTOCOL"],
        )
        made = event(incoming, route, parameters, claims, datetime.now(UTC))
        return self._call(route.function, made)

    def _call(self, function: str, made: dict[str, Any]) -> tuple[Response, str]:
        call: Future[Outcome] = self._calls.submit(self._lambdas.invoke, function, made)
        try:
            outcome = call.result(_SECONDS)
        except StillRunning:
            return _message(
                HTTPStatus.SERVICE_UNAVAILABLE, "Service Unavailable"
            ), f"{function} goes on, but API Gateway waits no longer than {_SECONDS} s"
        if outcome.error is not None:
            return _message(
                HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error"
            ), f"{function}: {outcome.error['errorType']}: {outcome.error['errorMessage']}"
        try:
            sent = answer(outcome.answer)
        except (ValueError, TypeError) as malformed:
            return _message(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error"), f"{function} gave a malformed answer: {malformed}"
        response = Response(sent.body, sent.status)
        response.headers.clear()
        for name, value in sent.headers:
            response.headers.add(name, value)
        response.headers["apigw-requestid"] = made["requestContext"]["requestId"]
        return response, ""

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self._template.routes:
            parameters = route.match(method, path)
            if parameters is not None:
                return route, parameters
        return None

    def _claims(self, request: Request) -> dict[str, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return verify(token, self._issuer.keys, self._issuer.url, self._issuer.client_id, time.time())

    def _local(self, request: Request) -> Response:
        """What only this machine has: the sign-in, direct calls, and the address that a deploy's functions report to."""
        if request.path.startswith(_ISSUER + "/"):
            return self._provider.answer(request, request.path.removeprefix(_ISSUER))
        if request.path.startswith(_INVOKE) and request.method == "POST":
            return self._invoke(request, request.path.removeprefix(_INVOKE))
        if request.path.startswith(_DEPLOYED) and request.method == "PUT":
            self.deployed[request.path.removeprefix(_DEPLOYED)] = json.loads(request.get_data())
            return Response(status=200)
        return _message(HTTPStatus.NOT_FOUND, "Not Found")

    def _invoke(self, request: Request, function: str) -> Response:
        """A synchronous call as Lambda's Invoke answers it: an error is a 200 with `X-Amz-Function-Error`."""
        try:
            made = json.loads(request.get_data() or b"{}")
        except ValueError:
            return _message(HTTPStatus.BAD_REQUEST, "Could not parse request body into json.")
        if function not in self._template.functions:
            return _message(HTTPStatus.NOT_FOUND, f"Function not found: {function}")
        outcome = self._lambdas.invoke(function, made)
        note = f"{outcome.error['errorType']}: {outcome.error['errorMessage']}" if outcome.error else ""
        self._report(Served("CALL", function, HTTPStatus.OK, outcome.seconds, note))
        headers = {"X-Amz-Function-Error": "Unhandled"} if outcome.error else {}
        return Response(json.dumps(outcome.error or outcome.answer), 200, headers, mimetype="application/json")


def _message(status: HTTPStatus, text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps({"message": text}, separators=(",", ":")), status, headers, mimetype="application/json")
