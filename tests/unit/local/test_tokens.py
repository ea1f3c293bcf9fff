from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from local.tokens import DAY, Issuer, Refused, User, verify

URL = "http://127.0.0.1:8000/local/oidc"
USER = User("demo", "1234")
NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(URL, "page", tmp_path_factory.mktemp("keys"))


def claims(issuer: Issuer, token: str, now: float = NOW, **given: Any) -> dict[str, Any]:
    return verify(token, **{"keys": issuer.keys, "issuer": URL, "audience": "page", "now": now, **given})


def made(issuer: Issuer, **changed: Any) -> str:
    """A token signed by the issuer, with other claims; None takes one out."""
    standard = {"iss": URL, "sub": "1234", "client_id": "page", "iat": int(NOW), "exp": int(NOW) + 60}
    said = {name: value for name, value in {**standard, **changed}.items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": issuer._key.kid}, said, issuer._key)


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_a_token_says_who_signed_in_for_a_day(issuer: Issuer) -> None:
    token = issuer.access_token(USER, NOW)

    assert claims(issuer, token)["sub"] == "1234"
    assert claims(issuer, token, now=NOW + DAY - 1)["sub"] == "1234"
    with pytest.raises(Refused, match="expired"):
        claims(issuer, token, now=NOW + DAY)


def test_tokens_outlive_a_restart(tmp_path: Path) -> None:
    token = Issuer(URL, "page", tmp_path).access_token(USER, NOW)

    assert claims(Issuer(URL, "page", tmp_path), token)["sub"] == "1234"


def test_the_private_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    issuer = Issuer(URL, "page", tmp_path)

    assert (tmp_path / "issuer.json").stat().st_mode & 0o077 == 0
    assert set(issuer.keys["keys"][0]) & {"d", "p", "q"} == set()


def test_another_issuers_key_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    forged = Issuer(URL, "page", tmp_path).access_token(USER, NOW)

    with pytest.raises(Refused):
        claims(issuer, forged)


def test_another_key_under_the_same_name_is_refused(issuer: Issuer) -> None:
    key = RSAKey.generate_key(2048)
    forged = jwt.encode({"alg": "RS256", "kid": issuer._key.kid}, {"iss": URL, "sub": "1", "client_id": "page", "exp": int(NOW) + 60}, key)

    with pytest.raises(Refused):
        claims(issuer, forged)


def test_a_token_that_nobody_signed_is_refused(issuer: Issuer) -> None:
    payload = {"iss": URL, "sub": "1234", "client_id": "page", "exp": int(NOW) + 60}

    with pytest.raises(Refused):
        claims(issuer, f"{encoded({'alg': 'none'})}.{encoded(payload)}.")


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(issuer: Issuer) -> None:
    header, payload, _ = issuer.access_token(USER, NOW).split(".")
    confused = f"{encoded({'alg': 'HS256', 'kid': issuer._key.kid})}.{payload}.{header}"

    with pytest.raises(Refused):
        claims(issuer, confused)


@pytest.mark.parametrize("token", ["", "x", "a.b", "a.b.c", "…", "e30.e30.", "." * 9])
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    with pytest.raises(Refused):
        claims(issuer, token)


def test_changing_the_claims_breaks_the_signature(issuer: Issuer) -> None:
    header, payload, signed = issuer.access_token(USER, NOW).split(".")
    other = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sub": "5678"}

    with pytest.raises(Refused):
        claims(issuer, f"{header}.{encoded(other)}.{signed}")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://elsewhere"},
        {"iss": None},
        {"client_id": "other"},
        {"client_id": None},
        {"aud": "other"},  # counts before client_id
        {"aud": ["other"]},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": int(NOW)},
        {"nbf": int(NOW) + 1},
        {"iat": int(NOW) + 1},
    ],
)
def test_a_token_with_a_claim_that_does_not_hold_is_refused(issuer: Issuer, changed: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        claims(issuer, made(issuer, **changed))


@pytest.mark.parametrize("changed", [{}, {"aud": "page", "client_id": None}, {"aud": ["other", "page"]}, {"iat": None}, {"nbf": int(NOW)}])
def test_a_token_whose_claims_hold_is_taken(issuer: Issuer, changed: dict[str, Any]) -> None:
    assert claims(issuer, made(issuer, **changed))["sub"] == "1234"
