"""The password of an IAM database user: an address that is signed by the function's role and good for 15 minutes.

This is what botocore's `generate_db_auth_token` makes, and a test compares the two. To import botocore and read its description of
all of RDS takes longer than everything else that a function of the database does at a cold start.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime
from urllib.parse import quote

_GOOD_FOR_SECONDS = 900


def database_token(host: str, port: int, user: str) -> str:
    """A token for this database user, signed with the credentials and for the region that Lambda sets in the environment."""
    now = datetime.now(UTC)
    scope = f"{now:%Y%m%d}/{os.environ['AWS_REGION']}/rds-db/aws4_request"
    asked = {
        "Action": "connect",
        "DBUser": user,
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": str(_GOOD_FOR_SECONDS),
        "X-Amz-Security-Token": os.environ.get("AWS_SESSION_TOKEN", ""),  # a role's credentials have one, a person's do not
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)  # the names are in order of ASCII
    request = f"GET\n/\n{query}\nhost:{host}:{port}\n\nhost\n{hashlib.sha256(b'').hexdigest()}"
    to_sign = f"AWS4-HMAC-SHA256\n{asked['X-Amz-Date']}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return f"{host}:{port}/?{query}&X-Amz-Signature={_signature(scope, to_sign)}"


def _signature(scope: str, to_sign: str) -> str:
    """Signature version 4: a key is made of the secret and each part of the scope in turn."""
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()
