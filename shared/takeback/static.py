"""Files for browsers: the page and its assets, with the headers that keep a page of untrusted cells safe."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi import swagger_ui

from takeback.errors import NotFound
from takeback.http import SAFE_HEADERS, Answer
from takeback.settings import settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
}
_SWAGGER = Path(swagger_ui.__file__).parent


def page(name: str, *, inline_styles: bool = False) -> Answer:
    """A page of the web folder. Scripts come from here alone; the page may talk to the API, the bucket and the issuer."""
    policy = "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'" if inline_styles else "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {settings().connect_sources}".strip(),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
    return _file(Path(settings().web_root) / name, None, {"Content-Security-Policy": policy, "X-Frame-Options": "DENY"})


def asset(name: str, etag: str | None) -> Answer:
    """An asset of the page, or 304 when the browser holds the very same bytes; other sites may load the element."""
    if not _NAME.fullmatch(name):
        raise NotFound("There is no such file.")
    folder = _SWAGGER if name.startswith("swagger-ui") else Path(settings().web_root) / "assets"
    return _file(folder / name, etag, {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"})


def _file(path: Path, etag: str | None, headers: dict[str, str]) -> Answer:
    content_type = _TYPES.get(path.suffix)
    if content_type is None or not path.is_file():
        raise NotFound("There is no such file.")
    body = path.read_bytes()
    current = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    common = {**SAFE_HEADERS, "ETag": current, "Cache-Control": "no-cache", **headers}
    if etag is not None and current in etag:  # gateways weaken tags (W/"…") when they compress
        return Response(status_code=304, headers=common)
    return Response(status_code=200, content_type=content_type, body=body.decode() if "charset" in content_type else body, headers=common)
