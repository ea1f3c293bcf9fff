from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.post_policy import Refusal, Secret, check, signature

# The published example of Amazon's documentation, with its published signature.
DOCUMENTED = Secret("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
DOCUMENTED_POLICY = """{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}""".replace("\n", "\r\n")
DOCUMENTED_SIGNATURE = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"

SECRET = Secret("AKIAEXAMPLE", "secret")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
SCOPE = ["20260115", "us-east-1", "s3", "aws4_request"]


def form(
    changed: dict[str, str] | None = None, conditions: list[Any] | None = None, expires: datetime = NOW + timedelta(hours=1)
) -> dict[str, str]:
    """A form that S3 takes, as boto3 makes them; `changed` replaces fields after signing."""
    fields = {
        "key": "uploads/u/b/sales.csv",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": "/".join([SECRET.access_key_id, *SCOPE]),
        "x-amz-date": "20260115T110000Z",
    }
    named = [{"bucket": "inbox"}, ["content-length-range", 1, 100], *({name: value} for name, value in fields.items())]
    policy = {"expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": named if conditions is None else conditions}
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    return {**fields, "policy": encoded, "x-amz-signature": signature(encoded, SCOPE, SECRET), **(changed or {})}


def refusal(fields: dict[str, str], bucket: str = "inbox", size: int = 10) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check(fields, bucket, size, SECRET, NOW)
    return caught.value


def test_amazons_own_example_has_amazons_own_signature() -> None:
    encoded = base64.b64encode(DOCUMENTED_POLICY.encode()).decode()

    assert signature(encoded, ["20151229", "us-east-1", "s3", "aws4_request"], DOCUMENTED) == DOCUMENTED_SIGNATURE


def test_a_form_as_it_was_signed_is_taken() -> None:
    check(form(), "inbox", 10, SECRET, NOW)


@pytest.mark.parametrize("size", [1, 100])
def test_the_bounds_of_the_size_are_allowed(size: int) -> None:
    check(form(), "inbox", size, SECRET, NOW)


def test_one_byte_too_many_is_too_large() -> None:
    refused = refusal(form(), size=101)

    assert (refused.status, refused.code) == (400, "EntityTooLarge")
    assert refused.extra == {"ProposedSize": 101, "MaxSizeAllowed": 100}


def test_one_byte_too_few_is_too_small() -> None:
    assert refusal(form(), size=0).code == "EntityTooSmall"


def test_another_key_is_refused() -> None:
    refused = refusal(form({"key": "uploads/u/b/other.csv"}))

    assert (refused.status, refused.code) == (403, "AccessDenied")
    assert refused.message.startswith('Invalid according to Policy: Policy Condition failed: ["eq", "$key",')


def test_another_bucket_is_refused() -> None:
    assert refusal(form(), bucket="elsewhere").code == "AccessDenied"


def test_an_expired_policy_is_refused() -> None:
    refused = refusal(form(expires=NOW))

    assert (refused.status, refused.message) == (403, "Invalid according to Policy: Policy expired.")


def test_a_field_that_the_policy_does_not_name_is_refused() -> None:
    refused = refusal(form({"acl": "public-read"}))

    assert (refused.status, refused.message) == (403, "Invalid according to Policy: Extra input fields: acl")


def test_a_field_to_ignore_is_ignored() -> None:
    check(form({"x-ignore-me": "1"}), "inbox", 10, SECRET, NOW)


@pytest.mark.parametrize("name", ["policy", "x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm"])
def test_every_field_of_the_signature_must_be_there(name: str) -> None:
    fields = form()
    del fields[name]

    refused = refusal(fields)

    assert (refused.status, refused.code) == (400, "InvalidArgument")
    assert name in refused.message.lower()


def test_a_form_without_any_signature_is_anonymous() -> None:
    assert refusal({"key": "uploads/u/b/sales.csv"}).code == "AccessDenied"


def test_a_form_without_a_key_is_refused() -> None:
    assert refusal({}).code == "InvalidArgument"


def test_a_key_of_somebody_else_is_unknown() -> None:
    credential = "/".join(["AKIAOTHER", *SCOPE])

    assert refusal(form({"x-amz-credential": credential})).code == "InvalidAccessKeyId"


def test_the_old_signature_is_refused() -> None:
    assert refusal(form({"x-amz-algorithm": "AWS2"})).code == "InvalidArgument"


def test_starts_with_holds_for_what_starts_so_and_for_nothing_else() -> None:
    rest = [
        {"bucket": "inbox"},
        ["starts-with", "$x-amz-algorithm", ""],
        ["starts-with", "$x-amz-credential", ""],
        ["starts-with", "$x-amz-date", ""],
    ]

    check(form(conditions=[*rest, ["starts-with", "$key", "uploads/"]]), "inbox", 10, SECRET, NOW)
    assert refusal(form(conditions=[*rest, ["starts-with", "$key", "previews/"]])).code == "AccessDenied"


@pytest.mark.parametrize(
    "policy", ["%%%", base64.b64encode(b"no json").decode(), base64.b64encode(b"[]").decode(), base64.b64encode(b"{}").decode()]
)
def test_a_policy_that_is_none_is_refused_when_its_signature_is_right(policy: str) -> None:
    assert refusal(form({"policy": policy, "x-amz-signature": signature(policy, SCOPE, SECRET)})).code == "InvalidPolicyDocument"


@given(st.integers(min_value=0, max_value=63), st.sampled_from("0123456789abcdef"))
def test_no_signature_but_the_right_one_is_taken(place: int, digit: str) -> None:
    right = form()["x-amz-signature"]
    forged = right[:place] + digit + right[place + 1 :]

    if forged == right:
        check(form({"x-amz-signature": forged}), "inbox", 10, SECRET, NOW)
    else:
        assert refusal(form({"x-amz-signature": forged})).code == "SignatureDoesNotMatch"
