"""Tokens: a local issuer's signing key, and the verification that API Gateway's JWT authorizer does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

DAY = 24 * 3600
SCOPES = ("openid", "email", "profile")


class Refused(Exception):
    """The token is not good; the message is for the `WWW-Authenticate` header."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in. `user_id` is the token's `sub`."""

    name: str
    user_id: str


class Issuer:
    """Signs tokens with a key that is kept in `folder`, so that they stay good after a restart.

    `url` is the `iss` of its tokens, `client_id` the one application that they are for.
    """

    def __init__(self, url: str, client_id: str, folder: Path) -> None:
        self.url = url
        self.client_id = client_id
        self._key = _kept_key(folder / "issuer.json")

    @property
    def keys(self) -> dict[str, Any]:
        """The public keys, as a JWK set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def access_token(self, user: User, now: float, seconds: int = DAY, scopes: tuple[str, ...] = SCOPES) -> str:
        """What the page sends as `Authorization: Bearer …`; shaped like Cognito's."""
        return self._sign(user, now, seconds, token_use="access", client_id=self.client_id, scope=" ".join(scopes))  # noqa: S106 - a claim

    def id_token(self, user: User, now: float, nonce: str | None, seconds: int = DAY) -> str:
        """Who signed in, for the page itself."""
        said = {"aud": self.client_id, "email": f"{user.name}@example.com", "name": user.name, **({"nonce": nonce} if nonce else {})}
        return self._sign(user, now, seconds, token_use="id", **said)  # noqa: S106 - a claim

    def _sign(self, user: User, now: float, seconds: int, **claims: Any) -> str:
        standard = {"iss": self.url, "sub": user.user_id, "iat": int(now), "exp": int(now) + seconds, "jti": str(uuid4())}
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, {**standard, "username": user.name, **claims}, self._key)


def verify(token: str, keys: Mapping[str, Any], issuer: str, audience: str, now: float) -> dict[str, Any]:
    """The claims of a good token. Raises `Refused` for any other.

    The rules are those of an HTTP API's JWT authorizer: an RSA signature by a key of the issuer, `iss`, `aud` or
    (only when there is no `aud`) `client_id`, `exp` in the future, `nbf` and `iat` not.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """
    try:
        claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims  # type: ignore[arg-type]
    except (JoseError, ValueError, TypeError):
        raise Refused("the signature is not the issuer's") from None
    named = claims.get("aud", claims.get("client_id"))
    if claims.get("iss") != issuer:
        raise Refused("the issuer is another one")
    if audience not in (named if isinstance(named, list) else [named]):
        raise Refused("the token is for another application")
    if not _is_time(claims.get("exp")) or claims["exp"] <= now:
        raise Refused("the token has expired")
    if any(name in claims and not (_is_time(claims[name]) and claims[name] <= now) for name in ("nbf", "iat")):
        raise Refused("the token is not valid yet")
    return claims


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kept_key(path: Path) -> RSAKey:
    if path.exists():
        return RSAKey.import_key(json.loads(path.read_text()))
    key = RSAKey.generate_key(2048, parameters={"use": "sig", "alg": "RS256", "kid": str(uuid4())})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(key.as_dict(private=True)))
    return key
