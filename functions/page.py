"""The page and its assets, its settings, and the API's document: all that anybody may read."""

from __future__ import annotations

import json
from pathlib import Path

import takeback
from takeback import static
from takeback.api_document import api_document
from takeback.http import Answer, answer, http_handler, new_app
from takeback.settings import settings

app = new_app()


@app.get("/", include_in_schema=False)
def page() -> Answer:
    """The page."""
    return static.page("index.html")


@app.get("/config.json", include_in_schema=False)
def config() -> Answer:
    """What the page has to know of this deployment."""
    oidc = {"issuer": settings().oidc_issuer, "client_id": settings().oidc_client_id, "scopes": settings().oidc_scopes}
    return answer(json.dumps({"oidc": oidc, "version": takeback.__version__}))


@app.get("/assets/<name>", include_in_schema=False, compress=True)
def asset(name: str):  # noqa: ANN201 - the body of an annotated answer is taken for text
    """A script, a style sheet or an image of the page."""
    return static.asset(name, app.current_event.headers.get("if-none-match"))


@app.get("/openapi.json", include_in_schema=False)
def document() -> Answer:
    """The OpenAPI document of all routes, generated from the functions beside this one."""
    return answer(api_document(Path(__file__).parent, takeback.__version__))


@app.get("/docs", include_in_schema=False)
def docs() -> Answer:
    """The document for reading and trying out. Swagger UI sets styles on elements, so this page allows them."""
    return static.page("docs.html", inline_styles=True)


handler = http_handler(app)
