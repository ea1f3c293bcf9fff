"""A small OpenID Connect provider, so that the page signs in here with the very code that it uses with Cognito.

Authorization code with PKCE, three people to choose from, no passwords: it listens on this machine alone. A refresh token works
once and brings the next one, as browsers should get them; a restart forgets them all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from threading import Lock
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from werkzeug.wrappers import Request, Response

from local.tokens import DAY, SCOPES, Issuer, User

_CODE_SECONDS = 120
_REFRESH_SECONDS = 30 * DAY
_ON_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Cache-Control": "no-store"}

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in · Takeback on this machine</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem;color:#1b1f24}}
a{{display:block;margin:.75rem 0;padding:.75rem 1rem;border:1px solid #8a929c;border-radius:.5rem;color:inherit;text-decoration:none}}
a:hover,a:focus{{border-color:#0b57d0;outline:2px solid #0b57d0}}small{{display:block;color:#4a525c}}</style>
<h1>Who are you?</h1><p>Takeback runs on this machine; nobody needs a password.</p>{choices}</html>"""
_ABOUT = {
    "demo": "owner of the demo organisation: may import and undo",
    "viewer": "of the same organisation: may look, not change",
    "rival": "owner of another organisation: sees none of the above",
}


@dataclass(frozen=True, slots=True)
class _Grant:
    user: User
    redirect_uri: str
    challenge: str
    nonce: str | None
    scopes: tuple[str, ...]
    expires: float


@dataclass(frozen=True, slots=True)
class _Session:
    """Somebody who has signed in, as a refresh token remembers it."""

    user: User
    scopes: tuple[str, ...]
    expires: float


class Provider:
    """Answers what lies under the issuer's address."""

    def __init__(self, issuer: Issuer, users: Sequence[User]) -> None:
        self._issuer = issuer
        self._users = {user.name: user for user in users}
        self._grants: dict[str, _Grant] = {}
        self._sessions: dict[str, _Session] = {}
        self._lock = Lock()

    def answer(self, request: Request, path: str) -> Response:
        """`path` is what follows the issuer's address."""
        if request.method == "OPTIONS":
            return Response(status=204, headers={**_ANY_ORIGIN, "Access-Control-Allow-Methods": "GET, POST"})
        answers = {
            "GET /.well-known/openid-configuration": lambda _: _json(self._configuration()),
            "GET /jwks": lambda _: _json(self._issuer.keys),
            "GET /authorize": self._authorize,
            "POST /token": self._token,
            "GET /logout": self._logout,
        }
        found = answers.get(f"{request.method} {path}")
        return found(request) if found else _json({"message": "Not Found"}, 404)

    def _configuration(self) -> dict[str, object]:
        url = self._issuer.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "end_session_endpoint": f"{url}/logout",
            "jwks_uri": f"{url}/jwks",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": list(SCOPES),
        }

    def _authorize(self, request: Request) -> Response:
        asked = request.args
        redirect = asked.get("redirect_uri", "")
        if asked.get("client_id") != self._issuer.client_id:
            return Response("This sign-in is for another application.", 400)
        if urlsplit(redirect).hostname not in _ON_THIS_MACHINE:
            return Response("This sign-in only returns to pages on this machine.", 400)
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return _back(redirect, error="invalid_request", error_description="code with PKCE (S256) is needed", state=asked.get("state"))
        user = self._users.get(asked.get("user", asked.get("login_hint", "")))
        if user is None:
            links = (f"{request.path}?{urlencode({**asked, 'user': name})}" for name in self._users)
            choices = "".join(
                f'<a href="{escape(link)}" id="{name}">{name}<small>{_ABOUT.get(name, "")}</small></a>'
                for name, link in zip(self._users, links, strict=True)
            )
            return Response(_PAGE.format(choices=choices), mimetype="text/html", headers={"Cache-Control": "no-store"})
        code = secrets.token_urlsafe(24)
        scopes = tuple(scope for scope in asked.get("scope", "").split() if scope in SCOPES) or SCOPES
        with self._lock:
            self._grants = {known: grant for known, grant in self._grants.items() if grant.expires > time.time()}
            self._grants[code] = _Grant(user, redirect, asked["code_challenge"], asked.get("nonce"), scopes, time.time() + _CODE_SECONDS)
        return _back(redirect, code=code, state=asked.get("state"))

    def _token(self, request: Request) -> Response:
        sent, now = request.form, time.time()
        renews = sent.get("grant_type") == "refresh_token"
        known = self._signed_in(sent, now) if renews else self._redeemed(sent, now)
        if known is None or sent.get("client_id") != self._issuer.client_id:
            return _json({"error": "invalid_grant"}, 400)
        refresh = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions = {token: session for token, session in self._sessions.items() if session.expires > now}
            self._sessions[refresh] = _Session(known.user, known.scopes, now + _REFRESH_SECONDS)
        return _json(
            {
                "access_token": self._issuer.access_token(known.user, now, scopes=known.scopes),
                "id_token": self._issuer.id_token(known.user, now, known.nonce if isinstance(known, _Grant) else None),
                "refresh_token": refresh,
                "token_type": "Bearer",
                "expires_in": DAY,
                "scope": " ".join(known.scopes),
            }
        )

    def _signed_in(self, sent: Mapping[str, str], now: float) -> _Session | None:
        with self._lock:
            session = self._sessions.pop(sent.get("refresh_token", ""), None)
        return session if session and session.expires > now else None

    def _redeemed(self, sent: Mapping[str, str], now: float) -> _Grant | None:
        with self._lock:
            grant = self._grants.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            grant is None
            or sent.get("grant_type") != "authorization_code"
            or sent.get("redirect_uri") != grant.redirect_uri
            or grant.expires <= now
            or not hmac.compare_digest(challenge, grant.challenge)
        ):
            return None
        return grant

    def _logout(self, request: Request) -> Response:
        """Nothing is kept about who is signed in, so signing out is going back (both spellings: the standard's, Cognito's)."""
        back = request.args.get("post_logout_redirect_uri") or request.args.get("logout_uri") or ""
        if urlsplit(back).hostname in _ON_THIS_MACHINE:
            return _back(back, state=request.args.get("state"))
        return Response("You are signed out.", mimetype="text/plain")


def _back(address: str, **said: str | None) -> Response:
    parts = urlsplit(address)
    query = [*parse_qsl(parts.query), *((name, value) for name, value in said.items() if value is not None)]
    return Response(status=302, headers={"Location": urlunsplit(parts._replace(query=urlencode(query))), "Cache-Control": "no-store"})


def _json(body: object, status: int = 200) -> Response:
    return Response(json.dumps(body), status, _ANY_ORIGIN, mimetype="application/json")
