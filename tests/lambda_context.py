"""What Lambda tells a function of its call."""

from __future__ import annotations

from types import SimpleNamespace

CONTEXT = SimpleNamespace(
    function_name="takeback-test",
    aws_request_id="1",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:x",
    get_remaining_time_in_millis=lambda: 600_000,
)
