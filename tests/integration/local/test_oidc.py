from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def ask(app: Any, **changed: str) -> Any:
    asked = {
        "client_id": "takeback-page",
        "redirect_uri": f"{app.facts['api']}/",
        "response_type": "code",
        "scope": "openid",
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "user": "rival",
    }
    return app.http.get("/local/oidc/authorize?" + urlencode({**asked, **changed}))


def said(answer: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def redeem(app: Any, code: str, **changed: str) -> Any:
    sent = {
        "grant_type": "authorization_code",
        "client_id": "takeback-page",
        "redirect_uri": f"{app.facts['api']}/",
        "code": code,
        "code_verifier": VERIFIER,
    }
    return app.http.post("/local/oidc/token", data={**sent, **changed})


def test_the_issuer_describes_itself(app: Any) -> None:
    described = app.http.get("/local/oidc/.well-known/openid-configuration").json()

    assert described["issuer"] == f"{app.facts['api']}/local/oidc"
    assert app.http.get(described["jwks_uri"]).json()["keys"][0]["kty"] == "RSA"


def test_somebody_signs_in_and_is_who_they_chose_to_be(app: Any) -> None:
    back = said(ask(app))
    tokens = redeem(app, back["code"]).json()
    seen = app.http.get("/echo/a", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()

    assert back["state"] == "s1"
    assert seen["event"]["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == app.facts["users"]["rival"]["user_id"]


def test_without_a_choice_there_is_a_page_with_three(app: Any) -> None:
    page = ask(app, user="")

    assert page.status_code == 200
    assert [f'id="{name}"' in page.text for name in ("demo", "viewer", "rival")] == [True] * 3


def test_a_code_works_once(app: Any) -> None:
    code = said(ask(app))["code"]

    assert redeem(app, code).status_code == 200
    assert redeem(app, code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changed", [{"code_verifier": "guess"}, {"client_id": "other"}, {"redirect_uri": "http://127.0.0.1:1/"}, {"grant_type": "password"}]
)
def test_a_code_is_for_whoever_asked_for_it(app: Any, changed: dict[str, str]) -> None:
    assert redeem(app, said(ask(app))["code"], **changed).status_code == 400


def renew(app: Any, token: str, **changed: str) -> Any:
    sent = {"grant_type": "refresh_token", "client_id": "takeback-page", "refresh_token": token}
    return app.http.post("/local/oidc/token", data={**sent, **changed})


def test_a_refresh_token_brings_another_token_of_the_same_person(app: Any) -> None:
    first = redeem(app, said(ask(app))["code"]).json()
    again = renew(app, first["refresh_token"]).json()
    seen = app.http.get("/echo/a", headers={"Authorization": f"Bearer {again['access_token']}"}).json()

    claims = seen["event"]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["sub"], claims["scope"]) == (app.facts["users"]["rival"]["user_id"], "openid")
    assert len({first["access_token"], again["access_token"]}) == 2


def test_a_refresh_token_works_once_and_the_next_one_goes_on(app: Any) -> None:
    first = redeem(app, said(ask(app))["code"]).json()["refresh_token"]
    second = renew(app, first).json()["refresh_token"]

    assert renew(app, first).json() == {"error": "invalid_grant"}
    assert renew(app, second).status_code == 200


@pytest.mark.parametrize("changed", [{"client_id": "other"}, {"refresh_token": "guess"}, {"grant_type": "password"}])
def test_a_refresh_token_is_for_the_page_that_got_it(app: Any, changed: dict[str, str]) -> None:
    token = redeem(app, said(ask(app))["code"]).json()["refresh_token"]

    assert renew(app, token, **changed).status_code == 400


@pytest.mark.parametrize(
    "changed", [{"client_id": "other"}, {"redirect_uri": "https://evil.example/"}, {"redirect_uri": "javascript:alert(1)"}]
)
def test_nobody_is_sent_elsewhere(app: Any, changed: dict[str, str]) -> None:
    assert ask(app, **changed).status_code == 400


def test_a_sign_in_without_pkce_is_refused(app: Any) -> None:
    assert said(ask(app, code_challenge_method="plain"))["error"] == "invalid_request"


def test_signing_out_leads_back(app: Any) -> None:
    answer = app.http.get("/local/oidc/logout", params={"logout_uri": f"{app.facts['api']}/"})

    assert (answer.status_code, answer.headers["location"]) == (302, f"{app.facts['api']}/")
    assert app.http.get("/local/oidc/logout", params={"logout_uri": "https://evil.example/"}).status_code == 200
