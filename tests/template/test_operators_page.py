"""What docs/operations.md names is there: parameters, outputs, resources, alarms, and as many of them as it counts money for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

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
