"""Cross-origin rules, as an HTTP API and a bucket apply them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from werkzeug.wrappers import Request, Response

from local.declared import Cors


def preflight(request: Request, rules: Iterable[Cors]) -> Response:
    """The answer to a browser that asks before it sends: 204 and what is allowed, or 403."""
    method = request.headers.get("Access-Control-Request-Method", "")
    wanted = [name.strip().lower() for name in request.headers.get("Access-Control-Request-Headers", "").split(",") if name.strip()]
    for rule in rules:
        if _takes(rule, request.headers.get("Origin", ""), method) and all(_any(rule.headers, name) for name in wanted):
            response = Response(status=204)
            _say(rule, request, response)
            response.headers["Access-Control-Allow-Methods"] = ", ".join(rule.methods)
            if wanted:
                response.headers["Access-Control-Allow-Headers"] = ", ".join(wanted)
            if rule.max_age:
                response.headers["Access-Control-Max-Age"] = str(rule.max_age)
            return response
    return Response("CORSResponse: This CORS request is not allowed.", 403)


def allow(request: Request, response: Response, rules: Iterable[Cors]) -> None:
    """Let the page that sent this request read the answer, if a rule does."""
    origin = request.headers.get("Origin")
    for rule in rules:
        if origin and _takes(rule, origin, request.method):
            _say(rule, request, response)
            return


def _takes(rule: Cors, origin: str, method: str) -> bool:
    return _any(rule.origins, origin) and _any(rule.methods, method)


def _any(patterns: tuple[str, ...], value: str) -> bool:
    return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)


def _say(rule: Cors, request: Request, response: Response) -> None:
    response.headers["Access-Control-Allow-Origin"] = "*" if "*" in rule.origins else request.headers["Origin"]
    response.headers["Vary"] = "Origin"
    if rule.expose:
        response.headers["Access-Control-Expose-Headers"] = ", ".join(rule.expose)
    if rule.credentials:
        response.headers["Access-Control-Allow-Credentials"] = "true"
