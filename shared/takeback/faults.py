"""Faults of ours, logged once and without a word of anybody's data.

The message of an exception may quote what it choked on: a cell, a name, a statement's parameters. So what is logged is
its type and the places in the code, never its message.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

Result = TypeVar("Result")
Handler = Callable[[dict[str, Any], Any], Result]

logger = Logger()


class HandlerFailedError(Exception):
    """A function failed at an event. The reason is in its log; Lambda tries again, then keeps the event aside."""


def log_fault(error: BaseException) -> None:
    """Log an exception, and those that led to it, by type and place."""
    chain = []
    link: BaseException | None = error
    while link is not None and len(chain) < 5:
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(link.__traceback__)]
        chain.append({"error": f"{type(link).__module__}.{type(link).__qualname__}", "at": places})
        link = link.__cause__ or link.__context__
    logger.error("failed", faults=chain)


def event_handler(handler: Handler[Result]) -> Handler[Result]:
    """A handler of events whose failure is logged here, and raised without its message: Lambda logs what is raised, too.

    Every line that is logged meanwhile names the function and the request.
    """

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def handle(event: dict[str, Any], context: Any) -> Result:
        try:
            return handler(event, context)
        except Exception as error:  # noqa: BLE001 - it is raised again, under another name
            log_fault(error)
            raise HandlerFailedError(type(error).__name__) from None

    return handle
