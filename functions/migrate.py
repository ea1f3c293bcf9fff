"""On deploy: bring the database's schema up to date. A CloudFormation custom resource."""

from __future__ import annotations

import json
from typing import Any

import urllib3
from aws_lambda_powertools import Logger

from takeback.stores import database
from takeback.stores.migrate import migrate

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, list[str]]:
    """The Lambda entry point: called by CloudFormation, or by hand with an empty event. Deleting the stack deletes no data.

    CloudFormation waits for an answer at its URL whatever happens here; without one it would wait until it times out.
    """
    try:
        applied = _migrate() if event.get("RequestType") != "Delete" else []
    except Exception as error:
        if "ResponseURL" not in event:
            raise
        logger.exception("migration failed")
        _answer(event, context, "FAILED", f"{type(error).__name__}: see the log of {context.function_name}")
        return {"applied": []}
    if "ResponseURL" in event:
        _answer(event, context, "SUCCESS", "")
    return {"applied": applied}


def _migrate() -> list[str]:
    with database.connect(database.WAKING_SECONDS) as connection:
        applied = migrate(connection)
    logger.info("migrated", applied=applied)
    return applied


def _answer(event: dict[str, Any], context: Any, status: str, reason: str) -> None:
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or context.function_name,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The URL is signed for an empty content type.
    urllib3.request("PUT", event["ResponseURL"], body=json.dumps(answer), headers={"Content-Type": ""}, timeout=30, retries=3)
