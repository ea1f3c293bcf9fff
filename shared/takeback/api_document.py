"""The OpenAPI document, generated from the functions' own resolvers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from takeback.errors import TakebackError, Unavailable, Unprocessable
from takeback.http import refusals

_MAKES_ROUTES = "\napp = new_app()\n"
_BY_GATEWAY = {"content": {"application/json": {"schema": {"type": "object", "properties": {"message": {"type": "string"}}}}}}
# What every route may answer: what it raises anywhere, and what API Gateway says before a function is asked.
_ANYWHERE: dict[int, Any] = {
    401: {"description": "No token, or not one that is good here", **_BY_GATEWAY},
    429: {"description": "Too many requests at once; try again in a moment", **_BY_GATEWAY},
    **refusals(TakebackError, Unavailable, Unprocessable),
}
_PROBLEM_DETAILS = {
    "title": "ProblemDetails",
    "description": "RFC 9457. `code` is stable, `detail` tells a person what to do; some codes bring further members.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
_UNUSED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")  # the library's own words for a refusal


@cache
def api_document(functions: Path, version: str) -> str:
    """The document of every route that a file in the folder `functions` declares, as JSON text."""
    merge = OpenAPIMerge(
        title="Takeback",
        version=version,
        description="Spreadsheet imports you can take back: upload, preview, commit all or nothing, undo.",
        security_schemes={"token": HTTPBearer(bearerFormat="JWT")},
        security=[{"token": []}],
        on_conflict="error",
    )
    for file in sorted(functions.glob("*.py")):
        if _MAKES_ROUTES in file.read_text(encoding="utf-8"):
            merge.add_file(file)
    return json.dumps(_with_refusals(json.loads(merge.get_openapi_json_schema())), indent=2, ensure_ascii=False)


def _with_refusals(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what every route may answer besides what it declares itself."""
    schemas = document["components"]["schemas"]
    schemas |= {"ProblemDetails": _PROBLEM_DETAILS}
    for name in _UNUSED:
        schemas.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            declared = operation["responses"]
            if _UNUSED[0] in json.dumps(declared["422"]):
                del declared["422"]
            operation["responses"] = {str(status): said for status, said in _ANYWHERE.items()} | declared
    return document
