"""The database's password, held against the one that AWS's own library makes."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import boto3
import botocore.auth
import pytest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.stores.database_token import database_token

_HOST = "takeback.cluster-abc.eu-central-1.rds.amazonaws.com"
_printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@cache
def _rds() -> Any:
    """One client for all examples, each with credentials of its own: to make a client takes long."""
    return boto3.Session("key", "secret", "token", region_name="eu-central-1").client("rds")


class _Clock(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Clock:
        return cls(2026, 2, 3, 4, 5, 6, tzinfo=tz)


def _made(patch: pytest.MonkeyPatch, key: str, secret: str, session: str, region: str) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": session,
        "AWS_REGION": region,
    }.items():
        patch.setenv(name, value)
    patch.setattr(botocore.auth, "get_current_datetime", lambda **_: _Clock.now(UTC))


@given(
    _printable, _printable, _printable | st.just(""), st.from_regex(r"[a-z_][a-z0-9_]{0,30}", fullmatch=True), st.sampled_from([5432, 6543])
)
@settings(max_examples=50)
def test_the_token_is_the_one_that_botocore_makes(key: str, secret: str, session: str, user: str, port: int) -> None:
    client = _rds()
    client._request_signer._credentials = Credentials(key, secret, session or None)
    with pytest.MonkeyPatch.context() as patch:
        _made(patch, key, secret, session, "eu-central-1")
        ours = database_token(_HOST, port, user)
        theirs = client.generate_db_auth_token(_HOST, port, user)

    assert ours.partition("?")[0] == theirs.partition("?")[0] == f"{_HOST}:{port}/"
    assert dict(parse_qsl(ours.partition("?")[2])) == dict(parse_qsl(theirs.partition("?")[2]))


def test_each_token_is_signed_with_the_credentials_of_the_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    _made(monkeypatch, "key", "secret", "first", "us-east-1")
    first = database_token(_HOST, 5432, "takeback_app")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "second")

    assert "X-Amz-Security-Token=first" in first
    assert "X-Amz-Security-Token=second" in database_token(_HOST, 5432, "takeback_app")
