"""The Rules section refuses contradictory parameters before anything is made, in a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.template.conftest import OWN

Template = dict[str, Any]


def _says(template: Template, condition: Any, parameters: dict[str, str]) -> Any:
    if not isinstance(condition, dict):
        return condition
    ((function, argument),) = condition.items()
    if function == "Ref":
        return str(parameters.get(argument, template["Parameters"][argument]["Default"]))
    values = [_says(template, item, parameters) for item in argument]
    match function:
        case "Fn::Equals":
            return str(values[0]) == str(values[1])
        case "Fn::Not":
            return not values[0]
        case "Fn::And":
            return all(values)
        case "Fn::Contains":
            return values[1] in values[0]
        case _:
            raise AssertionError(f"{function} is not allowed in a rule, or not known here")


def _refusals(template: Template, parameters: dict[str, str]) -> list[str]:
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if _says(template, rule["RuleCondition"], parameters)
        for assertion in rule["Assertions"]
        if not _says(template, assertion["Assert"], parameters)
    ]


def _without(*names: str) -> dict[str, str]:
    return {name: value for name, value in OWN.items() if name not in names}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        OWN,
        {name: OWN[name] for name in ("OidcIssuer", "OidcClientId")},
        {name: OWN[name] for name in ("VpcId", "SubnetIds")},
        {"DatabaseMinCapacity": "8", "DatabaseMaxCapacity": "8"},
        {"DatabaseMinCapacity": "0.5", "DatabaseMaxCapacity": "1"},
    ],
)
def test_what_fits_together_is_let_through(written: Template, parameters: dict[str, str]) -> None:
    assert _refusals(written, parameters) == []


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        (_without("OidcClientId"), "give OidcClientId too"),
        (_without("OidcIssuer"), "Give OidcIssuer too"),
        (OWN | {"RequireMfa": "ON"}, "have your own issuer ask for a second factor"),
        ({"OidcOrigins": "https://token.example.com"}, "Give OidcIssuer too"),
        (_without("SubnetIds"), "give SubnetIds too"),
        ({"SubnetIds": OWN["SubnetIds"]}, "Give VpcId too"),
        ({"RouteTableIds": "rtb-0123456789abcdef0"}, "Give VpcId too"),
        (_without("VpcId", "SubnetIds"), "give VpcId and SubnetIds too"),
        (_without("DatabaseResourceId"), "give DatabaseResourceId too"),
        (_without("DatabaseSecurityGroupId"), "give DatabaseSecurityGroupId too"),
        (_without("DatabaseHost"), "Give DatabaseHost too"),
        ({"DatabaseMinCapacity": "16", "DatabaseMaxCapacity": "8"}, "Lower the one or raise the other"),
        ({"DatabaseMinCapacity": "2", "DatabaseMaxCapacity": "1"}, "Lower the one or raise the other"),
    ],
)
def test_a_contradiction_is_refused_in_one_sentence(written: Template, parameters: dict[str, str], says: str) -> None:
    (refusal,) = _refusals(written, parameters)

    assert says in refusal


def test_every_pair_of_capacities_is_judged(written: Template) -> None:
    least, greatest = (written["Parameters"][f"Database{which}Capacity"]["AllowedValues"] for which in ("Min", "Max"))

    for low in least:
        for high in greatest:
            refused = bool(_refusals(written, {"DatabaseMinCapacity": str(low), "DatabaseMaxCapacity": str(high)}))
            assert refused == (low > high), (low, high)


def test_every_parameter_has_a_default_a_description_and_a_group(written: Template) -> None:
    groups = written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(written["Parameters"])
    assert all({"Default", "Description"} <= set(parameter) for parameter in written["Parameters"].values())
