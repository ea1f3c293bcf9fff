"""template.yaml in three forms: as written, as SAM makes CloudFormation of it, and evaluated for given parameters."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from local.intrinsics import Evaluator, load

ROOT = Path(__file__).parents[2]
_TOOLS = ROOT / ".venv-tools" / "bin" / "python"
_GUID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackId": f"arn:aws:cloudformation:eu-central-1:123456789012:stack/takeback/{_GUID}",
    "AWS::StackName": "takeback",
    "AWS::URLSuffix": "amazonaws.com",
}
# What a deploy into things that are there already says.
OWN = {
    "OidcIssuer": "https://login.example.com/tenant",
    "OidcClientId": "page",
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "DatabaseHost": "db.example.com",
    "DatabaseResourceId": "cluster-ABCDEFGHIJKL0123456789",
    "DatabaseSecurityGroupId": "sg-0123456789abcdef0",
}


@pytest.fixture(scope="session")
def written() -> dict[str, Any]:
    """The template as it is written."""
    return load(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def transformed() -> dict[str, Any]:
    """The template after SAM's transform, intrinsic functions not evaluated."""
    if not _TOOLS.exists():
        pytest.fail("The SAM translator is in .venv-tools: run `make tools` once.")
    said = subprocess.run([_TOOLS, Path(__file__).with_name("transform.py"), ROOT / "template.yaml"], check=True, capture_output=True)
    return json.loads(said.stdout)


Deploy = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def deploy(transformed: dict[str, Any]) -> Deploy:
    """The resources that a deploy with these parameters would make, all values filled in."""

    def deploy(parameters: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
        def attribute(_kind: str, name: str, attribute: str) -> str:
            return f"<{name}.{attribute}>" if attribute else f"<{name}>"

        evaluate = Evaluator(transformed, parameters or {}, attribute, _PSEUDO)
        return {
            name: evaluate(resource)
            for name, resource in transformed["Resources"].items()
            if "Condition" not in resource or evaluate.condition(resource["Condition"])
        }

    return deploy


@pytest.fixture(scope="session")
def deployed(deploy: Deploy) -> dict[str, dict[str, Any]]:
    """What a deploy with the defaults makes."""
    return deploy()


@pytest.fixture(scope="session")
def functions(deployed: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The properties of every function, by logical id."""
    return {name: resource["Properties"] for name, resource in deployed.items() if resource["Type"] == "AWS::Lambda::Function"}
