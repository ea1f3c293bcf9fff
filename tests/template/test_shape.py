"""What is made, and for how long it lives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from takeback.rules.keys import PREFIXES
from tests.template.conftest import OWN, Deploy

ROOT = Path(__file__).parents[2]
Resources = dict[str, dict[str, Any]]


def _names_in(value: Any, known: set[str]) -> set[str]:
    if isinstance(value, dict):
        found: set[str] = set()
        for key, inner in value.items():
            if key == "Ref" and inner in known:
                found.add(inner)
            elif key == "Fn::GetAtt":
                found.add(inner[0] if isinstance(inner, list) else inner.split(".")[0])
            elif key == "Fn::Sub":
                text, names = inner if isinstance(inner, list) else (inner, {})
                found |= {name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)} & known
                found |= _names_in(names, known)
            else:
                found |= _names_in(inner, known)
        return found
    return set().union(*(_names_in(item, known) for item in value)) if isinstance(value, list) else set()


def test_no_resource_waits_for_itself(transformed: dict[str, Any]) -> None:
    resources: Resources = transformed["Resources"]
    waits_for = {}
    for name, resource in resources.items():
        after = resource.get("DependsOn", [])
        stated = set(after) if isinstance(after, list) else {after}
        waits_for[name] = (_names_in(resource.get("Properties", {}), set(resources)) | stated) & set(resources)

    ready: set[str] = set()
    while able := {name for name, others in waits_for.items() if name not in ready and others <= ready}:
        ready |= able

    assert set(resources) - ready == set()


def test_what_holds_data_outlives_the_stack(deployed: Resources) -> None:
    fates = {name: (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) for name, resource in deployed.items()}

    assert fates["Bucket"] == fates["BucketPolicy"] == fates["UserPool"] == ("RetainExceptOnCreate", "Retain")
    assert fates["Database"] == ("Snapshot", "Snapshot")


def test_protection_can_be_switched_on(deploy: Deploy) -> None:
    off, on = deploy(), deploy({"DeletionProtection": "true"})

    assert (off["Database"]["Properties"]["DeletionProtection"], on["Database"]["Properties"]["DeletionProtection"]) == (False, True)
    assert (off["UserPool"]["Properties"]["DeletionProtection"], on["UserPool"]["Properties"]["DeletionProtection"]) == (
        "INACTIVE",
        "ACTIVE",
    )


def test_the_bucket_is_closed_to_everybody(deployed: Resources) -> None:
    bucket = deployed["Bucket"]["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"] == {
        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    }
    (statement,) = deployed["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement == {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["<Bucket.Arn>", "<Bucket.Arn>/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_every_prefix_is_swept_but_remembered_mappings_stay(deployed: Resources) -> None:
    rules = deployed["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    swept = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    (everywhere,) = [rule for rule in rules if "Prefix" not in rule]

    assert {rule["Status"] for rule in rules} == {"Enabled"}
    assert swept == {f"{prefix}/": 15 for prefix in PREFIXES}
    assert everywhere["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert everywhere["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_only_the_page_may_send_files_to_the_bucket(deploy: Deploy) -> None:
    def origins(parameters: dict[str, str]) -> list[str]:
        rules = deploy(parameters)["Bucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
        assert all((rule["AllowedMethods"], rule["AllowedHeaders"]) == (["POST", "GET"], ["content-type"]) for rule in rules)
        return [origin for rule in rules for origin in rule["AllowedOrigins"]]

    assert origins({}) == ["https://<Front>.execute-api.eu-central-1.amazonaws.com"]
    assert origins(OWN) == ["https://<Api>.execute-api.eu-central-1.amazonaws.com"]
    embedded = {"PageOrigins": "https://app.example.com,https://www.example.com"}
    assert origins(embedded)[1:] == ["https://app.example.com", "https://www.example.com"]


def test_nothing_that_costs_by_the_hour_is_made_but_a_database_that_sleeps(deployed: Resources) -> None:
    kinds = {resource["Type"] for resource in deployed.values()}

    assert not kinds & {"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::EIP", "AWS::EC2::Route", "AWS::RDS::DBProxy"}
    endpoints = [resource["Properties"] for resource in deployed.values() if resource["Type"] == "AWS::EC2::VPCEndpoint"]
    assert [endpoint["VpcEndpointType"] for endpoint in endpoints] == ["Gateway"]
    assert deployed["Database"]["Properties"]["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": 0,
        "MaxCapacity": 8,
        "SecondsUntilAutoPause": 300,
    }


def test_a_database_that_never_sleeps_has_no_time_to_fall_asleep(deploy: Deploy) -> None:
    scaling = deploy({"DatabaseMinCapacity": 0.5})["Database"]["Properties"]["ServerlessV2ScalingConfiguration"]

    assert scaling == {"MinCapacity": 0.5, "MaxCapacity": 8}


def test_there_is_no_password_anywhere(deployed: Resources) -> None:
    text = (ROOT / "template.yaml").read_text()

    assert not re.findall(
        r"MasterUserPassword|ManageMasterUserPassword|MasterUserSecret|SecretsManager|secretsmanager|NoEcho|resolve:", text
    )
    database = deployed["Database"]["Properties"]
    assert (database["MasterUserAuthenticationType"], database["EnableIAMDatabaseAuthentication"]) == ("iam-db-auth", True)
    assert deployed["DatabaseSettings"]["Properties"]["Parameters"]["rds.force_ssl"] == "1"


def test_what_is_there_already_is_not_made_again(deploy: Deploy) -> None:
    kinds = {resource["Type"] for resource in deploy(OWN).values()}

    assert not {kind for kind in kinds if kind.startswith(("AWS::RDS::", "AWS::Cognito::"))}
    assert not kinds & {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::VPCEndpoint"}


def test_an_endpoint_in_somebodys_vpc_does_not_narrow_what_others_there_may_do(deploy: Deploy) -> None:
    endpoint = deploy({**OWN, "RouteTableIds": "rtb-0123456789abcdef0"})["S3Endpoint"]["Properties"]

    assert endpoint["RouteTableIds"] == ["rtb-0123456789abcdef0"]
    assert "PolicyDocument" not in endpoint


def test_new_code_meets_the_new_schema_only(deployed: Resources, functions: Resources) -> None:
    use_it = {name for name in functions if "PGHOST" in functions[name]["Environment"]["Variables"]} - {"Migrate"}

    assert {name for name in functions if "Migrations" in deployed[name].get("DependsOn", [])} == use_it


def test_migrations_wait_until_the_database_can_be_reached_and_cloudformation_be_told(written: dict[str, Any]) -> None:
    migrations = written["Resources"]["Migrations"]

    assert set(migrations["DependsOn"]) == {"FunctionsToDatabase", "FunctionsToS3", "DatabaseFromFunctions"}
    assert migrations["Properties"]["Database"] == {"Fn::If": ["CreateDatabase", {"Ref": "DatabaseInstance"}, {"Ref": "DatabaseHost"}]}
    assert migrations["Properties"]["WayToS3"] == {"Fn::If": ["CreateEndpoint", {"Ref": "S3Endpoint"}, ""]}


def test_migrations_run_again_for_new_code_and_cannot_hang_a_deploy(transformed: dict[str, Any], functions: Resources) -> None:
    migrations = transformed["Resources"]["Migrations"]["Properties"]
    layers = {name for name, resource in transformed["Resources"].items() if resource["Type"] == "AWS::Lambda::LayerVersion"}

    assert migrations["Code"]["Ref"] in layers
    assert migrations["Code"]["Ref"].startswith("SharedLayer")
    assert functions["Migrate"]["Timeout"] < migrations["ServiceTimeout"] <= 3600


def test_the_sign_in_client_is_public_and_returns_to_the_page_alone(deployed: Resources) -> None:
    client = deployed["UserPoolClient"]["Properties"]

    assert (client["GenerateSecret"], client["AllowedOAuthFlows"]) == (False, ["code"])
    assert client["CallbackURLs"] == ["https://<Front>.execute-api.eu-central-1.amazonaws.com/"]
    assert deployed["UserPool"]["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_logs_do_not_pile_up(deployed: Resources) -> None:
    groups = [resource["Properties"] for resource in deployed.values() if resource["Type"] == "AWS::Logs::LogGroup"]

    assert [group["RetentionInDays"] for group in groups] == [30, 30]


@pytest.mark.parametrize(
    "alarm", ["EventFailed", "EventForgotten", "ApiFails", "ValidateFails", "CommitFails", "CommitThrottled", "ValidateWaits"]
)
def test_alarms_reach_whoever_wants_to_be_told(deploy: Deploy, alarm: str) -> None:
    assert deploy()[alarm]["Properties"]["AlarmActions"] == []
    assert deploy({"AlarmEmail": "ops@example.com"})[alarm]["Properties"]["AlarmActions"] == ["<Alarms>"]


@pytest.mark.parametrize("parameters", [{}, OWN])
def test_the_dashboard_is_json_and_shows_every_alarm(deploy: Deploy, parameters: dict[str, str]) -> None:
    resources = deploy(parameters)
    shown = json.loads(resources["Dashboard"]["Properties"]["DashboardBody"])["widgets"][0]["properties"]["alarms"]
    made = {name for name, resource in resources.items() if resource["Type"] == "AWS::CloudWatch::Alarm"}

    assert {name.strip("<>").split(".")[0] for name in shown} == made
