"""Goes wrong in every way there is."""

from __future__ import annotations

import os
import time
from typing import Any


def handler(event: dict[str, Any], _context: Any) -> Any:
    """The path parameter, or the last part of the object's key, says how."""
    kind = event["pathParameters"]["kind"] if "pathParameters" in event else event["Records"][0]["s3"]["object"]["key"].rsplit("/")[-1]
    if kind == "raise":
        raise ValueError("out of paper")
    if kind == "exit":
        os._exit(3)
    if kind == "slow":
        time.sleep(20)
    if kind == "large":
        return {"statusCode": 200, "body": "x" * 7_000_000}
    return {"statusCode": 200, "body": {"set"} if kind == "unwritable" else 5 if kind == "malformed" else "fine"}
