"""Writes down every event that it gets, under seen/ in the bucket."""

from __future__ import annotations

import json
import os
from typing import Any
from uuid import uuid4

import boto3


def handler(event: dict[str, Any], _context: Any) -> None:
    """One object for each event."""
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{uuid4()}", Body=json.dumps(event).encode())
