"""On deploy: bring the database's schema up to date. A CloudFormation custom resource."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import urllib3
from aws_lambda_powertools import Logger

from takeback.faults import log_fault
from takeback.stores import database
from takeback.stores.migrate import MigrationFailed, migrate, said

_ANSWERING_SECONDS = 60  # of the function's own time, kept for the answer and its repetitions
_ANSWER_WITHIN_SECONDS = 10
_REASON_CHARS = 1_000  # CloudFormation takes answers of 4 kB

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, list[str]]:
    """The Lambda entry point: called by CloudFormation, or by hand with an empty event. Deleting the stack deletes no data.

    CloudFormation waits for an answer at its URL whatever happens here; without one it would wait until it times out.
    """
    try:
        applied = [] if event.get("RequestType") == "Delete" else _migrate(context)
    except Exception as error:
        log_fault(error)
        reason = _reason(error)
        logger.error("migration failed", reason=reason)  # noqa: TRY400 - the traceback is logged above, without values
        if "ResponseURL" not in event:
            raise
        _answer(event, context, "FAILED", reason)
        return {"applied": []}
    if "ResponseURL" in event:
        _answer(event, context, "SUCCESS", "")
    return {"applied": applied}


def _migrate(context: Any) -> list[str]:
    seconds = context.get_remaining_time_in_millis() / 1000 - _ANSWERING_SECONDS - database.WAKING_SECONDS
    with database.connect(database.WAKING_SECONDS) as connection:
        applied = migrate(connection, within_seconds=seconds)
    logger.info("migrated", applied=applied)
    return applied


def _reason(error: Exception) -> str:
    """What an operator has to read in the stack's events."""
    match error:
        case MigrationFailed():
            return str(error)[:_REASON_CHARS]
        case psycopg.OperationalError():
            return f"The database did not let the migration in. {said(error)}"[:_REASON_CHARS]
        case _:
            return f"{type(error).__name__}: the function's log says where."


def _answer(event: dict[str, Any], context: Any, status: str, reason: str) -> None:
    """Tell CloudFormation. Raises when it does not take the answer: then Lambda runs the whole function again, twice."""
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or context.function_name,
        **{name: event.get(name, "") for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The URL is signed for an empty content type.
    again = urllib3.Retry(3, backoff_factor=1, status_forcelist=[500, 502, 503, 504], allowed_methods=["PUT"])
    reply = urllib3.request(
        "PUT", event["ResponseURL"], body=json.dumps(answer), headers={"Content-Type": ""}, timeout=_ANSWER_WITHIN_SECONDS, retries=again
    )
    if reply.status >= 300:
        raise RuntimeError(f"CloudFormation did not take the answer: {reply.status}")
