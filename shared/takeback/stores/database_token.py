"""The password of an IAM database user: an address that is signed by the function's role and good for 15 minutes."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlencode

_GOOD_FOR_SECONDS = 900
_SERVICE = "rds-db"


def database_token(host: str, port: int, user: str) -> str:
    """A token for this database user, signed with the credentials and for the region of this process.

    It is what the RDS client's `generate_db_auth_token` makes, without that client: to read the description of all of RDS takes longer
    than everything else that a function of the database does at a cold start.
    """
    import boto3  # noqa: PLC0415 - a third of a cold start, and only where the database asks for a token
    from botocore.model import ServiceId  # noqa: PLC0415
    from botocore.signers import RequestSigner  # noqa: PLC0415

    session = boto3.Session()
    region = os.environ["AWS_REGION"]
    credentials: Any = session.get_credentials()  # None where there are none, which the signer refuses
    signer = RequestSigner(ServiceId(_SERVICE), region, _SERVICE, "v4", credentials, session.events)
    asked = {
        "method": "GET",
        "url": f"https://{host}:{port}/?{urlencode({'Action': 'connect', 'DBUser': user})}",
        "body": {},
        "headers": {},
        "context": {},
    }
    signed = signer.generate_presigned_url(asked, operation_name="connect", expires_in=_GOOD_FOR_SECONDS, region_name=region)
    return signed.removeprefix("https://")
