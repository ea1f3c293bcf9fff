"""Whether a presigned URL is good: Signature Version 4 in the query string.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from local.post_policy import Refusal, Secret, signature


def check_url(method: str, address: str, headers: Mapping[str, str], secret: Secret, now: datetime) -> None:
    """Raise `Refusal` unless this path and query (as sent) were signed with `secret` and are not too old."""
    path, _, query = address.partition("?")
    sent = parse_qsl(query, keep_blank_values=True)
    said = dict(sent)
    if "X-Amz-Signature" not in said:
        message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise Refusal(400, "InvalidRequest", message)
    try:
        signed = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expires = signed + timedelta(seconds=int(said["X-Amz-Expires"]))
        access_key, *scope = said["X-Amz-Credential"].split("/")
        names = said["X-Amz-SignedHeaders"].split(";")
    except (KeyError, ValueError):
        message = "Query-string authentication version 4 requires all of its parameters."
        raise Refusal(400, "AuthorizationQueryParametersError", message) from None
    if now >= expires:
        raise Refusal(403, "AccessDenied", "Request has expired", {"Expires": expires.isoformat(), "ServerTime": now.isoformat()})
    if access_key != secret.access_key_id:
        raise Refusal(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    present = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    canonical = "\n".join(
        (
            method,
            path,
            "&".join(
                sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sent if name != "X-Amz-Signature")
            ),
            *(f"{name}:{present.get(name, '')}" for name in names),
            "",
            ";".join(names),
            "UNSIGNED-PAYLOAD",
        )
    )
    text = "\n".join(("AWS4-HMAC-SHA256", said["X-Amz-Date"], "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    if not hmac.compare_digest(signature(text, scope, secret), said["X-Amz-Signature"]):
        raise Refusal(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        )
