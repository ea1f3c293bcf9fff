"""One Lambda container: imports a handler and answers events, one JSON line each, until its input ends.

    python -P worker.py commit.handler FD

Events come on standard input as `{event, request_id, deadline}` (deadline: epoch seconds), answers go to the file
descriptor FD as `{answer}` or `{error: {errorMessage, errorType, stackTrace}}`. What the handler prints is its log.
It knows nothing of Takeback and runs outside the project's packages, with the template's environment alone.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: invocation payload, response, synchronous.
_LARGEST_ANSWER = 6 * 1024 * 1024 + 100


@dataclass
class Context:
    """What Lambda hands to a handler beside the event."""

    aws_request_id: str
    deadline: float
    function_name: str = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    memory_limit_in_mb: str = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    function_version: str = "$LATEST"
    log_group_name: str = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    log_stream_name: str = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
    identity: Any = None
    client_context: Any = None

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{os.environ.get('AWS_REGION', '')}:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until this container is ended."""
        return max(0, int((self.deadline - time.time()) * 1000))


def main(handler_name: str, descriptor: str) -> None:
    """Serve until the input ends, which is also how the runner's death is noticed."""
    with os.fdopen(os.dup(0), "rb") as events, os.fdopen(int(descriptor), "wb") as answers:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        handler = _import(handler_name)
        _write(answers, {"ready": True} if callable(handler) else {"error": handler})
        if not callable(handler):
            return
        for line in events:
            call = json.loads(line)
            _write(answers, _answer(handler, call["event"], Context(call["request_id"], call["deadline"])))


def _import(handler_name: str) -> Any:
    module, _, function = handler_name.rpartition(".")
    try:
        return getattr(importlib.import_module(module.replace("/", ".")), function)
    except Exception as error:  # noqa: BLE001 - whatever it is, Lambda reports it as the container's failure
        return _failure(error)


def _answer(handler: Any, event: Any, context: Context) -> dict[str, Any]:
    try:
        answer = handler(event, context)
    except Exception as error:  # noqa: BLE001 - as Lambda does
        return {"error": _failure(error)}
    try:
        size = len(json.dumps(answer))
    except (TypeError, ValueError) as error:
        return {"error": {"errorType": "Runtime.MarshalError", "errorMessage": f"Unable to marshal response: {error}", "stackTrace": []}}
    if size > _LARGEST_ANSWER:
        message = f"Response payload size exceeded maximum allowed payload size ({_LARGEST_ANSWER} bytes)."
        return {"error": {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message, "stackTrace": []}}
    return {"answer": answer}


def _failure(error: Exception) -> dict[str, Any]:
    failure = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
    print(json.dumps({"level": "ERROR", "message": "uncaught", **failure}), flush=True)
    return failure


def _write(answers: Any, message: dict[str, Any]) -> None:
    sys.stdout.flush()
    answers.write(json.dumps(message).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
