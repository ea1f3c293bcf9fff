"""What S3 checks of a browser's form upload before it takes the bytes; moto checks none of it.

Rules, codes and words after S3's own: Signature Version 4 for POST, and the policy's conditions.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# Fields that need no condition, besides those that start with x-ignore-.
_UNCHECKED = {"x-amz-signature", "file", "policy"}
_SIGNATURE_FIELDS = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """An error as S3 answers it: HTTP status, code, message, further elements of the XML body."""

    status: int
    code: str
    message: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secret:
    """The access key that may sign."""

    access_key_id: str
    secret_access_key: str


def check(fields: Mapping[str, str], bucket: str, size: int, secret: Secret, now: datetime) -> None:
    """Raise `Refusal` unless S3 would take this form: `fields` by lower-case name, `size` of the file in bytes."""
    if not fields.get("key"):
        raise _bad(
            "InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
        )
    if not any(name in fields for name in _SIGNATURE_FIELDS):
        raise Refusal(403, "AccessDenied", "Access Denied")
    for name in _SIGNATURE_FIELDS:
        if not fields.get(name):
            spelled = "-".join(part.capitalize() for part in name.split("-"))
            raise _bad(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{spelled}'.  If it is specified, please check the order of the fields.",
            )
    _check_signature(fields, secret)
    policy = _policy(fields["policy"])
    if _expiration(policy) <= now:
        raise Refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    _check_conditions(policy["conditions"], {**fields, "bucket": bucket}, size)


def _check_signature(fields: Mapping[str, str], secret: Secret) -> None:
    if fields["x-amz-algorithm"] != "AWS4-HMAC-SHA256":
        raise _bad("InvalidArgument", "Unsupported value for X-Amz-Algorithm")
    scope = fields["x-amz-credential"].split("/")
    if len(scope) != 5 or scope[3:] != ["s3", "aws4_request"] or not fields["x-amz-date"].startswith(scope[1]):
        raise _bad("InvalidArgument", 'The Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".')
    if scope[0] != secret.access_key_id:
        raise Refusal(
            403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", {"AWSAccessKeyId": scope[0]}
        )
    if not hmac.compare_digest(signature(fields["policy"], scope[1:], secret), fields["x-amz-signature"]):
        raise Refusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            {"AWSAccessKeyId": scope[0], "StringToSign": fields["policy"], "SignatureProvided": fields["x-amz-signature"]},
        )


def signature(text: str, scope: list[str], secret: Secret) -> str:
    """The hexadecimal Signature Version 4 of `text` for a scope [date, region, service, "aws4_request"]."""
    key = f"AWS4{secret.secret_access_key}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _policy(encoded: str) -> dict[str, Any]:
    try:
        policy = json.loads(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError):
        raise _bad("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.") from None
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list) or not policy.get("expiration"):
        raise _bad("InvalidPolicyDocument", "Invalid Policy: Missing conditions or expiration.")
    return policy


def _expiration(policy: Mapping[str, Any]) -> datetime:
    try:
        expires = datetime.fromisoformat(str(policy["expiration"]))
    except ValueError:
        raise _bad("InvalidPolicyDocument", f"Invalid Policy: Invalid 'expiration' value: '{policy['expiration']}'") from None
    return expires if expires.tzinfo else expires.replace(tzinfo=UTC)


def _check_conditions(conditions: list[Any], fields: Mapping[str, str], size: int) -> None:
    named = set()
    for condition in conditions:
        if isinstance(condition, dict):
            for name, expected in condition.items():
                named.add(name.lower())
                if fields.get(name.lower()) != str(expected):
                    raise _failed("eq", f"${name}", expected)
        elif isinstance(condition, list) and len(condition) == 3:
            named.add(_check_triple(condition, fields, size))
        else:
            raise _bad("InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition: value must be a string or a list.")
    for name in fields:
        if name not in named and name not in _UNCHECKED and not name.startswith("x-ignore-") and name != "bucket":
            raise Refusal(403, "AccessDenied", f"Invalid according to Policy: Extra input fields: {name}")


def _check_triple(condition: list[Any], fields: Mapping[str, str], size: int) -> str:
    """Check `[operator, $field, value]` or `["content-length-range", least, most]`; gives the field's name, if any."""
    operator, first, second = condition
    if operator == "content-length-range":
        if size > int(second):
            raise _bad(
                "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {"ProposedSize": size, "MaxSizeAllowed": second}
            )
        if size < int(first):
            raise _bad(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                {"ProposedSize": size, "MinSizeAllowed": first},
            )
        return ""
    name = str(first).removeprefix("$").lower()
    value = fields.get(name, "")
    holds = {"eq": value == second, "starts-with": name in fields and value.startswith(second)}.get(operator)
    if holds is None:
        raise _bad("InvalidPolicyDocument", f"Invalid Policy: Invalid condition operator '{operator}'")
    if not holds:
        raise _failed(operator, first, second)
    return name


def _bad(code: str, message: str, extra: Mapping[str, Any] | None = None) -> Refusal:
    return Refusal(400, code, message, extra or {})


def _failed(operator: str, name: Any, value: Any) -> Refusal:
    condition = json.dumps([operator, name, value])
    return Refusal(403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {condition}")
