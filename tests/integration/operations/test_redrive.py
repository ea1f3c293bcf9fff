"""The loop of docs/operations.md that sends failed events to their functions once more, run by bash as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import DOCS

_EVENTS = DOCS.parents[1] / "events"
_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:takeback-"
_COMMIT, _VALIDATE, _EXPIRE, _MIGRATE = (f"{_ARN}{name}-Q1W2E3" for name in ("Commit", "Validate", "ExpireRollbacks", "Migrate"))


@dataclass
class Redrive:
    """The queue in a folder, and the page's loop over it."""

    folder: Path

    def run(self, *bodies: dict[str, Any], broken: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """The first message has the receipt `r0`. `broken` is explained in queue_aws.py."""
        queue = [{"MessageId": f"m{at}", "ReceiptHandle": f"r{at}", "Body": json.dumps(body)} for at, body in enumerate(bodies)]
        for name, content in (("queue", queue), ("taken", []), ("broken", broken)):
            (self.folder / f"{name}.json").write_text(json.dumps(content))
        blocks = re.findall(r"(?m)(?:^    .*\n)+", DOCS.read_text())
        (functions,) = [block for block in blocks if "stack() {" in block]
        (loop,) = [block for block in blocks if "receive-message" in block]
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-c", functions + loop], check=False, capture_output=True, text=True, timeout=60, cwd=self.folder, env=environment
        )

    @property
    def taken(self) -> list[Any]:
        """What Lambda and SQS took, in order."""
        return json.loads((self.folder / "taken.json").read_text())


@pytest.fixture
def redrive(tmp_path: Path) -> Redrive:
    program = tmp_path / "bin" / "aws"
    program.parent.mkdir()
    command = shlex.join([sys.executable, str(Path(__file__).with_name("queue_aws.py")), str(tmp_path)])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    return Redrive(tmp_path)


def _event(name: str) -> dict[str, Any]:
    return json.loads((_EVENTS / f"{name}.json").read_text())


def _failed(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """As Lambda leaves an event at which a function failed three times."""
    return {
        "version": "1.0",
        "timestamp": "2026-11-22T13:00:00.000Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-xmpl-8880-a18cdf61200e",
            "functionArn": f"{function}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "OperationalError", "errorType": "HandlerFailedError"},
    }


def test_a_failed_event_is_sent_to_its_function_as_it_was_and_then_deleted(redrive: Redrive) -> None:
    event = _event("commit_s3")
    event["Records"][0]["s3"]["object"]["key"] += """ $HOME `id` "it's" \\ ü\n"""

    said = redrive.run(_failed(_COMMIT, event), _failed(_VALIDATE, _event("validate_s3")))

    assert (said.returncode, said.stderr) == (0, "")
    assert redrive.taken == [
        ["invoke", _COMMIT, event],
        ["delete", "r0"],
        ["invoke", _VALIDATE, _event("validate_s3")],
        ["delete", "r1"],
    ]
    assert f'"function": "{_COMMIT}:$LATEST",\n  "why": "HandlerFailedError",\n  "at": "2026-11-22T13:00:00.000Z"' in said.stdout


@pytest.mark.parametrize(
    "body",
    [_failed(_MIGRATE, _event("migrate_cloudformation")), _event("expire_rollbacks_schedule")],
    ids=["deploy", "schedule"],
)
def test_what_nobody_waits_for_any_more_is_deleted_only(redrive: Redrive, body: dict[str, Any]) -> None:
    said = redrive.run(body)

    assert (said.returncode, said.stderr) == (0, "")
    assert redrive.taken == [["delete", "r0"]]


def test_a_schedules_event_at_which_its_function_failed_is_sent_again(redrive: Redrive) -> None:
    event = _event("expire_rollbacks_schedule")

    redrive.run(_failed(_EXPIRE, event))

    assert redrive.taken == [["invoke", _EXPIRE, event], ["delete", "r0"]]


def test_one_that_cannot_be_sent_stays_and_the_others_are_sent(redrive: Redrive) -> None:
    event = _event("commit_s3")

    said = redrive.run(_failed(_VALIDATE, event), _failed(_COMMIT, event), _event("expire_rollbacks_schedule"), broken=(_VALIDATE,))

    assert redrive.taken == [["invoke", _COMMIT, event], ["delete", "r1"], ["delete", "r2"]]
    assert said.stderr == "An error occurred (AccessDenied) when calling invoke\n"


def test_one_that_cannot_be_deleted_is_not_sent_over_and_over(redrive: Redrive) -> None:
    event = _event("commit_s3")

    said = redrive.run(_failed(_COMMIT, event), broken=("r0",))

    assert redrive.taken == [["invoke", _COMMIT, event]]
    assert said.stderr == "An error occurred (AccessDenied) when calling delete-message\n"


def test_an_empty_queue_is_nothing_to_do(redrive: Redrive) -> None:
    said = redrive.run()

    assert (said.returncode, said.stdout, said.stderr, redrive.taken) == (0, "", "", [])
