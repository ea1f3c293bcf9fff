"""HTTP for the functions behind the API: one resolver each, one mapping from errors to problem+json."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel

from takeback import telemetry
from takeback.errors import BadRequest, NotFound, TakebackError, Unavailable, Unprocessable
from takeback.faults import log_fault

Answer = Response[Any]  # the routes document their models themselves; a body is text that is ready to send
PROBLEM = "application/problem+json"
PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemDetails"}  # api_document.py adds it: as a model it would cost every cold start
# For whatever a function hands out: an answer is nobody's page, and nobody's guess what it is.
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}
_NOT_JSON = "The body is not JSON. Send it with the content type application/json."
_FRESH = {**SAFE_HEADERS, "Cache-Control": "no-store"}

logger = Logger()


def new_app() -> APIGatewayHttpResolver:
    """A resolver that validates by pydantic, documents itself, and answers errors as RFC 9457 problems."""
    app = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=_read_json)
    app.exception_handler(TakebackError)(problem)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(RequestUnsupportedContentType)(_other_content)
    app.exception_handler(UnicodeDecodeError)(_no_text)
    app.exception_handler(Exception)(_broken)
    app.not_found(_no_route)
    app.use([_only_json])
    return app


def respond(app: APIGatewayHttpResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The answer to a request. Every line that is logged meanwhile names the batch that it is about."""
    if batch_id := _batch_id(APIGatewayProxyEventV2(event)):
        logger.append_keys(batch_id=batch_id)
    return app.resolve(event, context)


def http_handler(app: APIGatewayHttpResolver) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda entry point of an app. Every line that is logged names the function and the request."""

    @logger.inject_lambda_context(clear_state=True)
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return respond(app, event, context)

    return handle


def caller(app: APIGatewayHttpResolver) -> str:
    """The user id: the `sub` of the token that API Gateway has verified. Nothing else of the request is trusted."""
    return app.current_event.request_context.authorizer.jwt_claim["sub"]


def documented(model: type[BaseModel], status: int = HTTPStatus.OK, says: str = "") -> dict[int, Any]:
    """What OpenAPI should say of an answer, for a route's `responses`."""
    phrase = says or HTTPStatus(status).phrase
    return {int(status): {"description": phrase, "content": {"application/json": {"model": model}}}}


def refusals(*errors: type[TakebackError]) -> dict[int, Any]:
    """What OpenAPI should say of the errors that a route raises, besides those that every route may: see api_document.py."""
    by_status: dict[int, list[str]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(f"`{error.code}`: {error.__doc__}")
    return {
        status: {"description": "\n\n".join(said), "content": {PROBLEM: {"schema": PROBLEM_SCHEMA}}} for status, said in by_status.items()
    }


def answer(body: BaseModel | bytes | str | None = None, status: int = HTTPStatus.OK) -> Answer:
    """An answer of JSON: a model, or JSON text as it is."""
    text = body.model_dump_json() if isinstance(body, BaseModel) else body
    text = text.decode() if isinstance(text, bytes) else text
    return Response(status_code=status, content_type="application/json", body=text, headers=dict(_FRESH))


def redirect(url: str) -> Answer:
    """Send the browser elsewhere."""
    return Response(status_code=HTTPStatus.FOUND, headers={**_FRESH, "Location": url})


def download(body: bytes, content_type: str, filename: str) -> Answer:
    """A file to save. `filename` is one of ours: letters, digits, points and hyphens."""
    headers = {**_FRESH, "Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(status_code=HTTPStatus.OK, content_type=content_type, body=body, headers=headers)


def problem(error: TakebackError) -> Answer:
    """The RFC 9457 answer for an error: stable `code`, a `detail` that tells a person what to do, and its extras. Logged and counted."""
    body = {
        "type": f"urn:takeback:problem:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        **error.extra,
    }
    headers = dict(_FRESH)
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    log = logger.warning if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logger.info
    log("refused", code=error.code, status=error.status)
    telemetry.refused(error.code)
    return Response(status_code=error.status, content_type=PROBLEM, body=json.dumps(body, default=str), headers=headers)


def _batch_id(request: APIGatewayProxyEventV2) -> str | None:
    """Which batch a request is about, for the log: from its path or its body, and only if it is an id."""
    try:
        named = request.path_parameters.get("batch_id") or _read_json(request.decoded_body or "null")["batch_id"]
        return str(UUID(named))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _read_json(text: str) -> Any:
    """A body's JSON. What Python will not read of it (too deep, a number too long) is no JSON to us either."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError):
        raise json.JSONDecodeError("too deep or too long", "", 0) from None


def _only_json(app: APIGatewayHttpResolver, route: NextMiddleware) -> Answer:
    """Refuse a form. Powertools reads one as no body at all, and an undo without a body is carried out."""
    if app.current_event.body and "json" not in app.current_event.headers.get("content-type", "json"):
        raise BadRequest(_NOT_JSON)
    return route(app)


def _other_content(_: RequestUnsupportedContentType) -> Answer:
    return problem(BadRequest(_NOT_JSON))


def _invalid(error: RequestValidationError) -> Answer:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(BadRequest("The body is not JSON. Send a JSON object as described in /openapi.json."))
    listed = [{"at": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]} for fault in faults[:20]]
    first = listed[0]
    return problem(Unprocessable(f"{first['at']}: {first['message']}.", faults=listed))


def _no_text(_: UnicodeDecodeError) -> Answer:
    """Raised when the body is decoded, before any route runs: no route of ours decodes bytes."""
    return problem(BadRequest("The body is not JSON in UTF-8. Send a JSON object as described in /openapi.json."))


def _broken(error: Exception) -> Answer:
    log_fault(error)
    return problem(TakebackError())


def _no_route(_: Exception) -> Answer:
    return problem(NotFound("There is no such route. /openapi.json lists them all."))
