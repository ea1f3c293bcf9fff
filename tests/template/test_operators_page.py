"""What docs/operations.md names is there: parameters, outputs, resources, alarms, and as many of them as it counts money for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from takeback.errors import TakebackError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
Template = dict[str, Any]


def test_what_its_commands_ask_the_stack_for_is_there(written: Template) -> None:
    outputs, resources = set(re.findall(r"\$\(stack (\w+)\)", PAGE)), set(re.findall(r"\$\(resource (\w+)\)", PAGE))

    assert outputs
    assert resources
    assert outputs - set(written["Outputs"]) == set()
    assert resources - set(written["Resources"]) == set()


def test_the_outputs_say_what_to_do_next(written: Template) -> None:
    outputs = written["Outputs"]

    assert all(output["Description"].endswith(".") and output["Value"] for output in outputs.values())
    assert {"Address", "NextFirstUser", "NextFirstOrg", "Psql", "SecurityGroup", "DashboardAddress"} <= set(outputs)
    assert {name for name in ("Address", "NextFirstUser", "Psql", "SecurityGroup", "DashboardAddress") if f"`{name}`" not in PAGE} == set()
    page, names = outputs["Address"]["Value"]["Fn::Sub"]
    assert page.startswith("https://${Id}.")
    assert names == {"Id": {"Fn::If": ["CreateSignIn", {"Ref": "Front"}, {"Ref": "Api"}]}}
    shell = str(outputs["Psql"]["Value"])
    assert "--username ${DatabaseAdmin}" in shell
    assert "user=${DatabaseAdmin} sslmode=require" in shell


def test_every_parameter_that_it_names_is_one(written: Template) -> None:
    named = set(
        re.findall(r"`((?:Oidc|Vpc|Subnet|RouteTable|Database|Upload|Max|Inline|Rollback|Keep|Api|Log|Tidy|Alarm|Page)\w+)(?:=\S+)?`", PAGE)
    )

    assert len(named) > 15
    assert named - {*written["Parameters"], *written["Resources"]} == set()


def test_who_brings_a_database_is_told_what_keeps_cells_out_of_its_log(written: Template) -> None:
    settings = written["Resources"]["DatabaseSettings"]["Properties"]["Parameters"]
    (row,) = re.findall(r"(?m)^\| a PostgreSQL \|.*$", PAGE)

    assert set(re.findall(r"`(log_\w+=\w+)`", row)) == {f"{name}={value}" for name, value in settings.items() if name.startswith("log_")}


def test_every_alarm_is_explained_and_paid_for(written: Template) -> None:
    alarms = {name for name, resource in written["Resources"].items() if resource["Type"] == "AWS::CloudWatch::Alarm"}
    table = PAGE[PAGE.index("| alarm | means | do |") : PAGE.index("PostgreSQL's own log stays")]

    assert {name for name in alarms if name not in table and not name.endswith("Throttled")} == set()
    assert set(re.findall(r"\b\w+(?:Fails|Waits|Failed|Forgotten|Full)\b", table)) <= alarms
    assert f"| alarms | {len(alarms)} × 0.10 | {len(alarms) / 10:.2f} |" in PAGE


def test_the_dashboard_is_paid_for(written: Template) -> None:
    dashboards = [name for name, resource in written["Resources"].items() if resource["Type"] == "AWS::CloudWatch::Dashboard"]

    assert re.findall(r"\| dashboard \| (\d+) × 3.00.* \| (.+) \|", PAGE) == [(str(len(dashboards)), f"{3 * len(dashboards):.2f}")]


def test_every_metric_is_paid_for_and_every_code_of_refusals() -> None:
    code = "".join(file.read_text() for folder in ("shared", "functions") for file in (ROOT / folder).rglob("*.py"))
    published = {name for call in re.findall(r"telemetry\.publish\(\{(.*?)\}\)", code) for name in re.findall(r'"(\w+)":', call)}
    codes = {error.code for error in _kinds(TakebackError)} | set(re.findall(r'\bRefused\(\s*"(\w+)"', code))

    assert f"{len(published)} × 0.30 = {len(published) * 0.3:.2f} a month" in PAGE
    assert f"There are {len(codes)} codes, so never more than {len(codes) * 0.3:.2f}" in PAGE


def _kinds(error: type[TakebackError]) -> Iterator[type[TakebackError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _kinds(kind)


@pytest.mark.parametrize(("heading", "rounded_by"), [("**At rest**", 0.05), ("**Per million rows**", 0.005)])
def test_its_sums_add_up(heading: str, rounded_by: float) -> None:
    rows, rest = PAGE[PAGE.index(heading) :].split("| **together** | | **", 1)
    cells = [row.split("|")[-2] for row in rows.splitlines() if row.startswith("|")][2:]
    amounts = [[float(amount) for amount in re.findall(r"[\d.]+", cell.replace("<", "0 to"))] for cell in cells]
    written = [float(amount) for amount in rest[: rest.index("**")].split(" to ")]

    assert len(amounts) > 5
    assert sum(least for least, *_ in amounts) == pytest.approx(written[0], abs=rounded_by)
    assert sum(most for *_, most in amounts) == pytest.approx(written[-1], abs=rounded_by)


def test_the_dashboard_has_what_it_says_from_the_top(written: Template) -> None:
    body = written["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0]

    assert re.findall(r'"title": "([^"]+)"', body) == [
        *("Alarms", "Imports and undos", "Refusals by code", "Requests", "Duration, 95th percentile (ms)", "At work at once"),
        *("Database", "Warnings and errors"),
    ]


def test_its_topics_are_those_that_an_operator_looks_for() -> None:
    headings = set(re.findall(r"(?m)^## (.+)$", PAGE))

    assert headings == {
        *("Deploy", "Upgrade", "Roll back", "Restore", "Rotate", "Look closer", "Redrive", "Delete a tenant's data", "Delete everything"),
        *("Limits, and how to raise them", "What it costs"),
    }
