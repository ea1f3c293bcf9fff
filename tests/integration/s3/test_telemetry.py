"""What is counted, traced and logged of an outcome, against what the dashboard shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Tracer
from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import xray_recorder

from takeback import telemetry
from takeback.errors import NotReady, Refused, Unavailable
from takeback.http import problem

TEMPLATE = (Path(__file__).parents[3] / "template.yaml").read_text()
CODE = Path(telemetry.__file__).parent


def _printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [found for line in capsys.readouterr().out.splitlines() if "_aws" in (found := json.loads(line))]


def test_numbers_are_published_under_the_namespace_and_dimension_that_the_dashboard_reads(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.publish({"RowsCommitted": 7, "CommitMilliseconds": 12.5})

    (found,) = _printed(capsys)
    (metrics,) = found["_aws"]["CloudWatchMetrics"]
    assert (metrics["Namespace"], metrics["Dimensions"]) == ("Takeback", [["service"]])
    assert {metric["Name"]: metric["Unit"] for metric in metrics["Metrics"]} == {
        "RowsCommitted": "Count",
        "CommitMilliseconds": "Milliseconds",
    }
    assert (found["service"], found["RowsCommitted"], found["CommitMilliseconds"]) == ("takeback", [7], [12.5])


def test_a_refusal_is_counted_by_its_code_and_logged_with_its_status(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    problem(NotReady("secret QUAGGA"))

    (log,) = [vars(record) for record in caplog.records if record.message == "refused"]
    assert (log["levelname"], log["code"], log["status"]) == ("INFO", "not_ready", 409)
    (counted,) = _printed(capsys)
    (metrics,) = counted["_aws"]["CloudWatchMetrics"]
    assert {frozenset(names) for names in metrics["Dimensions"]} == {frozenset({"code", "service"})}
    assert (counted["code"], counted["Refusals"]) == ("not_ready", [1])
    assert "QUAGGA" not in f"{log} {counted}"


def test_the_dashboard_shows_every_number_that_is_published_and_no_other() -> None:
    sources = [*CODE.rglob("*.py"), *(CODE.parents[1] / "functions").glob("*.py")]
    calls = re.findall(r"telemetry\.publish\(\{(.*?)\}\)", "".join(file.read_text() for file in sources), re.DOTALL)
    published = {name for call in calls for name in re.findall(r'"(\w+)":', call)}
    variables = dict(re.findall(r"POWERTOOLS_(SERVICE_NAME|METRICS_NAMESPACE): (\w+)", TEMPLATE))
    shown = re.findall(r'"Takeback", "(\w+)", "service", "takeback"|\[".", "(\w+)", ".", "."', TEMPLATE)
    dashboard = {first or second for first, second in shown}

    assert variables == {"SERVICE_NAME": "takeback", "METRICS_NAMESPACE": "Takeback"}
    assert len(published) == 9
    assert published <= dashboard
    assert {
        name for name in dashboard if name.endswith("Milliseconds") or name.startswith(("Rows", "Commits", "Undos", "Files"))
    } == published
    assert '{Takeback,code,service} MetricName=\\"Refusals\\"' in TEMPLATE.replace('MetricName="Refusals"', 'MetricName=\\"Refusals\\"')


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The traces that a function would send, as JSON; the tracer is on as it is in Lambda."""
    sent: list[str] = []
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    monkeypatch.delenv("POWERTOOLS_TRACE_DISABLED", raising=False)
    monkeypatch.setattr(xray_recorder.emitter, "send_entity", lambda entity: sent.append(entity.serialize()))
    sampled = xray_recorder.sampling
    xray_recorder.configure(sampling=False)
    global_sdk_config.set_sdk_enabled(True)
    monkeypatch.setattr(Tracer, "_config", dict(Tracer._default_config))
    telemetry._tracer.cache_clear()
    yield sent
    telemetry._tracer.cache_clear()
    xray_recorder.configure(sampling=sampled)
    global_sdk_config.set_sdk_enabled(False)


@pytest.mark.parametrize("fault", [None, ValueError("cell QUAGGA"), Unavailable("cell QUAGGA"), Refused("empty", "cell QUAGGA")])
def test_a_step_is_traced_by_its_batch_and_the_type_of_its_failure_alone(traced: list[str], fault: Exception | None) -> None:
    batch_id = uuid4()
    xray_recorder.begin_segment("function")
    with pytest.raises(type(fault)) if fault else nullcontext(), telemetry.step("commit", batch_id):
        if fault is not None:
            raise fault
    xray_recorder.end_segment()

    trace = "".join(traced)
    assert f'"batch_id": "{batch_id}"' in trace
    assert '"commit"' in trace
    assert ("failed" in trace) == (fault is not None)
    assert "QUAGGA" not in trace
