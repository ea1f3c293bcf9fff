"""On a schedule: close the undos whose time has passed, free lost jobs, end stuck connections."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from takeback.faults import event_handler
from takeback.stores import expiry

logger = Logger()


@event_handler
def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """The Lambda entry point; how many of each."""
    done = expiry.tidy()
    logger.info("tidied", done=done)
    return done
