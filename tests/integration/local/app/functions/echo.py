"""Answers with what it was given."""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The whole event, the environment, and what the context says."""
    sys.stdout.write(json.dumps({"level": "INFO", "message": "echo"}) + "\n")
    told = {"event": event, "environment": dict(os.environ), "pid": os.getpid(), "milliseconds": context.get_remaining_time_in_millis()}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "cookies": ["a=1", "b=2"], "body": json.dumps(told)}
