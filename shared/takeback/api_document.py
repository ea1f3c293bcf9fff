"""The OpenAPI document, generated from the functions' own resolvers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

_MAKES_ROUTES = "\napp = new_app()\n"


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
    return merge.get_openapi_json_schema()
