from __future__ import annotations

import io
import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from takeback import faults
from takeback.faults import HandlerFailedError, event_handler
from takeback.http import new_app
from tests.lambda_context import CONTEXT

CANARY = "canary-4711"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged of faults from now on."""
    stream = io.StringIO()
    monkeypatch.setattr(faults, "logger", Logger(service="test of faults", stream=stream))
    return stream


def read_cell(cell: str) -> None:
    raise ValueError(f"cannot read {cell}")


def choke(*_: Any) -> None:
    try:
        read_cell(CANARY)
    except ValueError as error:
        raise KeyError(CANARY) from error


def test_a_fault_is_logged_once_by_type_and_place_and_without_the_cell_that_it_choked_on(log: io.StringIO) -> None:
    with pytest.raises(HandlerFailedError) as failed:
        event_handler(choke)({}, CONTEXT)

    (line,) = log.getvalue().splitlines()
    logged = json.loads(line)
    assert [fault["error"] for fault in logged["faults"]] == ["builtins.KeyError", "builtins.ValueError"]
    assert logged["faults"][0]["at"][-1].endswith(" choke")
    assert CANARY not in line
    assert CANARY not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_a_fault_behind_the_api_tells_the_caller_nothing_of_its_inside(log: io.StringIO) -> None:
    app = new_app()

    @app.get("/choke")
    def choke_behind_the_api() -> None:
        choke()

    http = {"method": "GET", "path": "/choke", "sourceIp": "127.0.0.1"}
    event = {
        "version": "2.0",
        "rawPath": "/choke",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {"http": http, "stage": "$default"},
    }

    answer = app.resolve(event, None)

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["code"] == "internal_error"
    assert CANARY not in answer["body"]
    assert CANARY not in log.getvalue()
