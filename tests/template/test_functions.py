"""Each function has what its code uses, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bench import fresh
from layers import build
from takeback.settings import Settings
from takeback.tabular import workbook_child
from tests.template.conftest import OWN

ROOT = Path(__file__).parents[2]
FILES = sorted(file.stem for file in (ROOT / "functions").glob("*.py"))
TABULAR = ["pandas", "numpy", "python_calamine", "charset_normalizer"]
PAGE_ONLY = {"WEB_ROOT", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_SCOPES", "CONNECT_SOURCES"}
MALLOC = {"MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}  # for the C library
DATABASE = {"PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSSLMODE", "PGSSLROOTCERT"}
# Read by libraries, not by us.
LIBRARIES = {"AWS_CONFIG_FILE", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "PYDANTIC_DISABLE_PLUGINS", "LOG_LEVEL"}
Functions = dict[str, dict[str, Any]]

_IMPORT = f"""
import importlib, json, sys
file, blocked = sys.argv[1], sys.argv[2] == "blocked"
for name in {TABULAR} if blocked else []:
    sys.modules[name] = None
module = importlib.import_module(file)
assert callable(module.handler)
print(json.dumps(sorted(sys.modules)))
"""


@cache
def _imported(file: str, *, blocked: bool) -> frozenset[str]:
    """The modules that a fresh process has after importing a function as Lambda does."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'shared'}",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    said = subprocess.run(
        [sys.executable, "-c", _IMPORT, file, "blocked" if blocked else "free"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert said.returncode == 0, said.stderr
    return frozenset(json.loads(said.stdout))


def _file(properties: dict[str, Any]) -> str:
    return properties["Handler"].removesuffix(".handler")


def _by_file(functions: Functions) -> dict[str, dict[str, Any]]:
    return {_file(properties): properties for properties in functions.values()}


def _variables(properties: dict[str, Any]) -> set[str]:
    return set(properties["Environment"]["Variables"])


def _layers(properties: dict[str, Any]) -> list[str]:
    return [layer.strip("<>").partition("Layer")[0] for layer in properties["Layers"]]


def test_every_file_is_one_function_and_every_function_a_file(functions: Functions) -> None:
    assert sorted(_file(properties) for properties in functions.values()) == FILES
    assert all(name.lower() == _file(properties).replace("_", "") for name, properties in functions.items())


def test_all_run_on_python_313_on_arm64_and_are_traced(functions: Functions) -> None:
    for properties in functions.values():
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert properties["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "<FunctionLogs>"}
        assert properties["Environment"]["Variables"]["LOG_LEVEL"] == "INFO"


def test_only_validate_gets_the_tabular_layer(functions: Functions) -> None:
    assert {name: _layers(properties) for name, properties in functions.items()} == {
        **{name: ["Shared", "Runtime"] for name in functions},
        "Page": ["Shared", "Runtime", "Web"],
        "Validate": ["Shared", "Runtime", "Tabular"],
    }


@pytest.mark.parametrize("file", [file for file in FILES if file != "validate"])
def test_a_function_without_the_tabular_layer_starts_without_it(file: str) -> None:
    _imported(file, blocked=True)


def test_validate_would_not_start_without_it() -> None:
    with pytest.raises(AssertionError, match=r"pandas|numpy"):
        _imported("validate", blocked=True)


@pytest.mark.parametrize("file", FILES)
def test_a_function_starts_within_120_mb_and_without_what_only_some_calls_need(file: str) -> None:
    assert not {"boto3", "aws_xray_sdk", "openpyxl", "jsonschema"} & _imported(file, blocked=False)
    assert fresh.call("importlib:import_module", file, folders=("functions",)).peak_mb < 120


def test_the_api_document_is_made_without_the_tabular_layer() -> None:
    made = _IMPORT.replace("print(", "module.document(); print(")

    subprocess.run(
        [sys.executable, "-c", made, "page", "blocked"],
        check=True,
        capture_output=True,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'shared'}",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "BUCKET": "b",
        },
    )


@pytest.mark.parametrize("file", FILES)
def test_who_imports_the_database_is_in_the_vpc_with_its_settings_and_nobody_else(file: str, functions: Functions) -> None:
    properties = _by_file(functions)[file]
    uses_it = "takeback.stores.database" in _imported(file, blocked=False)

    assert ("VpcConfig" in properties) == uses_it
    assert _variables(properties) & DATABASE == (DATABASE if uses_it else set())


def test_the_database_is_believed_only_with_its_certificate(functions: Functions) -> None:
    for properties in functions.values():
        variables = properties["Environment"]["Variables"]
        if "PGHOST" in variables:
            assert (variables["PGSSLMODE"], variables["PGSSLROOTCERT"]) == ("verify-full", "/opt/rds-ca.pem")


def test_all_who_use_the_database_go_to_the_one_that_was_named(deploy: Any) -> None:
    own = {**OWN, "DatabasePort": 6543, "DatabaseName": "sales", "DatabaseAdmin": "owner"}
    resources = deploy(own)
    places = {
        (variables["PGHOST"], str(variables["PGPORT"]), variables["PGDATABASE"])
        for variables in (
            found["Properties"]["Environment"]["Variables"] for found in resources.values() if "Handler" in found["Properties"]
        )
        if "PGHOST" in variables
    }

    assert places == {("db.example.com", "6543", "sales")}
    assert resources["Migrate"]["Properties"]["Environment"]["Variables"]["PGUSER"] == "owner"


def test_who_loads_rows_has_a_whole_processor_and_nobody_less_than_a_quarter(functions: Functions) -> None:
    assert functions["Commit"]["MemorySize"] >= 1769
    assert min(properties["MemorySize"] for properties in functions.values()) >= 512


def test_the_template_sets_every_setting_and_nothing_that_nobody_reads(functions: Functions) -> None:
    known = {name.upper() for name in Settings.model_fields}

    for name, properties in functions.items():
        of_its_own = {"Page": PAGE_ONLY, "Validate": MALLOC}
        expected = (known - PAGE_ONLY) | LIBRARIES | of_its_own.get(name, set())
        assert _variables(properties) - DATABASE == expected, name


def test_settings_are_values_that_the_code_accepts(functions: Functions) -> None:
    for properties in functions.values():
        variables = properties["Environment"]["Variables"]
        Settings.model_validate({name.lower(): value for name, value in variables.items() if name.lower() in Settings.model_fields})


def test_a_form_for_an_upload_is_good_for_an_hour(functions: Functions) -> None:
    assert functions["StartUpload"]["Environment"]["Variables"]["UPLOAD_EXPIRES_SECONDS"] == "3600"


def test_who_answers_only_http_ends_before_api_gateway_gives_up(written: dict[str, Any], functions: Functions) -> None:
    for name, properties in functions.items():
        kinds = {event["Type"] for event in written["Resources"][name]["Properties"].get("Events", {}).values()}
        if kinds == {"HttpApi"}:
            assert properties["Timeout"] < 30, name
        elif "S3" in kinds:
            assert properties["Timeout"] == 900, name


def test_validate_has_room_for_a_workbooks_child_process(functions: Functions) -> None:
    assert functions["Validate"]["MemorySize"] * 1024**2 > workbook_child._MEMORY_BYTES + 500_000_000


def test_validate_has_disk_for_an_upload_and_its_copy(written: dict[str, Any], functions: Functions) -> None:
    greatest = written["Parameters"]["UploadMaxBytes"]["MaxValue"]

    assert functions["Validate"]["EphemeralStorage"]["Size"] * 1024**2 > 2 * greatest


def test_what_is_started_by_an_event_leaves_its_failures_in_the_queue(written: dict[str, Any], deployed: dict[str, dict[str, Any]]) -> None:
    kept = {
        resource["Properties"]["FunctionName"].strip("<>"): resource["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        for resource in deployed.values()
        if resource["Type"] == "AWS::Lambda::EventInvokeConfig"
    }
    started = {
        name
        for name, resource in written["Resources"].items()
        if any(event["Type"] in {"S3", "Schedule"} for event in resource.get("Properties", {}).get("Events", {}).values())
    }
    called_by_cloudformation = {
        resource["Properties"]["ServiceToken"].strip("<>").removesuffix(".Arn")
        for resource in deployed.values()
        if resource["Type"] == "AWS::CloudFormation::CustomResource"
    }

    assert called_by_cloudformation
    assert kept == dict.fromkeys(started | called_by_cloudformation, "<FailedEvents.Arn>")
    assert deployed["FailedEvents"]["Properties"]["SqsManagedSseEnabled"] is True


def test_a_burst_cannot_exhaust_the_database(functions: Functions) -> None:
    users = {name: properties for name, properties in functions.items() if "VpcConfig" in properties}
    # Migrate and ExpireRollbacks are started one at a time, by CloudFormation and by the clock.
    connections = sum(properties.get("ReservedConcurrentExecutions", 1) for properties in users.values())

    assert {name for name, properties in users.items() if "ReservedConcurrentExecutions" not in properties} == {
        "Migrate",
        "ExpireRollbacks",
    }
    # max_connections = memory / 9,531,392 bytes: the least DatabaseMaxCapacity, 1 ACU, has 2 GiB.
    assert connections < 2 * 1024**3 / 9_531_392 / 2


def test_a_concurrency_of_zero_reserves_nothing(deploy: Any) -> None:
    assert "ReservedConcurrentExecutions" not in deploy({"CommitConcurrency": 0})["Commit"]["Properties"]


def test_code_that_is_thrown_out_of_the_layers_is_not_imported() -> None:
    dead = {part.replace("/", ".") for part in build.DEAD_PARTS if "*" not in part}
    imported = frozenset().union(*(_imported(file, blocked=False) for file in FILES))

    assert {name for name in imported if any(name == part or name.startswith(f"{part}.") for part in dead)} == set()
    assert not {name for name in imported if name.startswith("numpy._core._simd") or name.endswith("_tests")}
