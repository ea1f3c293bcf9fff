"""Every payload in events/ is answered by the function that its name tells, in a stack as `make run` starts it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
EVENTS = sorted((ROOT / "events").glob("*.json"))
_KINDS = {"http": "HttpApi", "s3": "S3", "schedule": "Schedule", "cloudformation": "AWS::CloudFormation::CustomResource"}


def _target(event: Path, written: dict[str, Any]) -> tuple[str, str]:
    """The logical id of an event's function, and the kind of its trigger."""
    for name, resource in written["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            start = resource["Properties"]["Handler"].removesuffix(".handler") + "_"
            trigger = event.stem.removeprefix(start)
            if event.stem.startswith(start) and trigger.split("_")[0] in _KINDS:
                return name, _KINDS[trigger.split("_")[0]]
    pytest.fail(f"{event.name} is not named FUNCTION_TRIGGER.json, TRIGGER being one of {', '.join(_KINDS)}")


def test_every_trigger_of_the_template_has_a_payload(written: dict[str, Any]) -> None:
    triggers = {
        (name, event["Type"])
        for name, resource in written["Resources"].items()
        for event in resource.get("Properties", {}).get("Events", {}).values()
    }

    assert {_target(event, written) for event in EVENTS} == triggers | {("Migrate", "AWS::CloudFormation::CustomResource")}


@pytest.mark.parametrize("event", [event for event in EVENTS if "_http" in event.stem], ids=lambda event: event.stem)
def test_a_requests_route_leads_to_its_function(written: dict[str, Any], event: Path) -> None:
    name, _ = _target(event, written)
    routes = {
        f"{declared['Properties']['Method']} {declared['Properties']['Path']}"
        for declared in written["Resources"][name]["Properties"]["Events"].values()
        if declared["Type"] == "HttpApi"
    }

    assert json.loads(event.read_text())["routeKey"] in routes


@pytest.mark.parametrize("event", [event for event in EVENTS if "_s3" in event.stem], ids=lambda event: event.stem)
def test_an_objects_key_begins_as_a_filter_of_its_function_says(written: dict[str, Any], event: Path) -> None:
    name, _ = _target(event, written)
    prefixes = [
        declared["Properties"]["Filter"]["S3Key"]["Rules"][0]["Value"]
        for declared in written["Resources"][name]["Properties"]["Events"].values()
        if declared["Type"] == "S3"
    ]

    (record,) = json.loads(event.read_text())["Records"]
    assert record["s3"]["object"]["key"].startswith(tuple(prefixes))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.stem)
def test_a_payload_is_answered(written: dict[str, Any], stack: dict[str, Any], event: Path) -> None:
    name, kind = _target(event, written)
    payload = json.loads(event.read_text())
    if "ResponseURL" in payload:
        payload["ResponseURL"] = f"{stack['api']}/local/deployed/{payload['RequestId']}"

    answer = httpx.post(f"{stack['api']}/local/invoke/{name}", json=payload, trust_env=False, timeout=120)

    assert answer.status_code == 200, answer.text
    assert "X-Amz-Function-Error" not in answer.headers, answer.text
    said = answer.json()
    if kind == "HttpApi":
        # The batch in it is nobody's, so 404 is a good answer; a function that does not know the route says so in its own words.
        assert said["statusCode"] in {200, 201, 404}, said
        assert "no such route" not in said.get("body", ""), said
