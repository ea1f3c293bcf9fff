"""What every role may do at most. That it is enough, and that nothing of it is idle, shows tests/integration/rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from takeback.rules.keys import PREFIXES
from tests.template.conftest import OWN, Deploy

Resources = dict[str, dict[str, Any]]
_ACTIONS = {
    *("logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    *("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface"),
    *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
    *("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucket"),
    *("s3:DeleteObjectVersion", "s3:ListBucketVersions"),
    *("rds-db:connect", "sqs:SendMessage"),
}
_FOLDERS = re.compile(rf"<Bucket\.Arn>/({'|'.join([*PREFIXES, 'mappings'])})/\*")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _documents(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy document anywhere below."""
    if isinstance(value, dict):
        if isinstance(value.get("Statement"), list):
            yield value
        for inner in value.values():
            yield from _documents(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _documents(inner)


def _statements(resources: Resources) -> list[tuple[str, dict[str, Any]]]:
    return [(name, statement) for name, found in resources.items() for document in _documents(found) for statement in document["Statement"]]


def _is_wide(statement: dict[str, Any]) -> bool:
    """Whether a statement names more than it could: all actions, all resources, everybody, a whole bucket."""
    if any("*" in action for action in _list(statement["Action"])) or "*" in _list(statement.get("Principal")):
        return True
    if "StringLikeIfExists" in statement.get("Condition", {}):
        return True
    return any("*" in resource and not _FOLDERS.fullmatch(resource) for resource in _list(statement.get("Resource", [])))


def _role_of(name: str, resources: Resources) -> list[dict[str, Any]]:
    """The statements that bind a function's role."""
    role = resources[f"{name}Role"]["Properties"]
    managed = [resources[arn.strip("<>")] for arn in role["ManagedPolicyArns"]]
    own = [
        found
        for found in resources.values()
        if found["Type"] == "AWS::IAM::RolePolicy" and found["Properties"]["RoleName"] == f"<{name}Role>"
    ]
    return [s for found in (role.get("Policies", []), managed, own) for document in _documents(found) for s in document["Statement"]]


def test_every_function_has_a_role_of_its_own(functions: Resources) -> None:
    assert {name: properties["Role"] for name, properties in functions.items()} == {name: f"<{name}Role.Arn>" for name in functions}


def test_only_lambda_can_take_a_role(deployed: Resources) -> None:
    roles = [found["Properties"] for found in deployed.values() if found["Type"] == "AWS::IAM::Role"]

    assert len(roles) == 12
    for role in roles:
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_a_wildcard_has_its_reason_and_a_reason_its_wildcard(written: dict[str, Any], deploy: Deploy) -> None:
    reasons = written["Metadata"]["WildcardReasons"]
    wide = {
        (name, statement.get("Sid", "no Sid"))
        for parameters in ({}, OWN, {"AlarmEmail": "ops@example.com"})
        for name, statement in _statements(deploy(parameters))
        if _is_wide(statement)
    }

    assert {(name, sid) for name, sid in wide if sid not in reasons} == set()
    assert set(reasons) == {sid for _, sid in wide}


def test_no_role_has_an_action_that_is_not_on_the_list(deployed: Resources, functions: Resources) -> None:
    allowed = {action for name in functions for s in _role_of(name, deployed) if s["Effect"] == "Allow" for action in _list(s["Action"])}

    assert allowed == _ACTIONS


def test_who_uses_the_database_may_be_exactly_one_user_of_it(deployed: Resources, functions: Resources) -> None:
    for name, properties in functions.items():
        logins = [s["Resource"] for s in _role_of(name, deployed) if "rds-db:connect" in _list(s["Action"])]
        user = properties["Environment"]["Variables"].get("PGUSER")
        start = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:<Database.DBClusterResourceId>"
        assert logins == ([f"{start}/{user}"] if user else []), name


def test_a_database_of_ones_own_is_logged_into_by_its_resource_id(deploy: Deploy) -> None:
    (login,) = [s["Resource"] for s in _role_of("Batches", deploy(OWN)) if "rds-db:connect" in _list(s["Action"])]

    assert login == f"arn:aws:rds-db:eu-central-1:123456789012:dbuser:{OWN['DatabaseResourceId']}/takeback_batches"


def test_a_function_whose_database_user_changed_has_a_new_role_so_that_the_code_before_it_keeps_its_own(deployed: Resources) -> None:
    """CloudFormation makes a new role for a new path, and takes the old one away when the functions have theirs."""
    paths = {name: deployed[f"{name}Role"]["Properties"].get("Path") for name in ("Commit", "Rollback", "Batches")}

    assert set(paths.values()) == {"/takeback/"}


def test_each_function_is_a_database_user_of_its_own_and_only_the_deploy_is_the_owner(functions: Resources) -> None:
    users = {name: properties["Environment"]["Variables"].get("PGUSER") for name, properties in functions.items()}

    assert {name: user for name, user in users.items() if user} == {
        "Commit": "takeback_commit",
        "Batches": "takeback_batches",
        "Rollback": "takeback_rollback",
        "ExpireRollbacks": "takeback_expiry",
        "Migrate": "schema_owner",
    }


def test_who_is_called_by_an_event_may_leave_it_in_the_queue_and_nobody_else(deployed: Resources, functions: Resources) -> None:
    asynchronous = {
        found["Properties"]["FunctionName"].strip("<>") for found in deployed.values() if found["Type"] == "AWS::Lambda::EventInvokeConfig"
    }

    for name in functions:
        queues = [s["Resource"] for s in _role_of(name, deployed) if "sqs:SendMessage" in _list(s["Action"])]
        assert queues == (["<FailedEvents.Arn>"] if name in asynchronous else []), name


def test_who_needs_no_files_can_reach_none(deployed: Resources) -> None:
    for name in ("Page", "Describe", "Batches", "ExpireRollbacks", "Migrate"):
        assert not [s for s in _role_of(name, deployed) if any(action.startswith("s3:") for action in _list(s["Action"]))]


def test_code_in_the_vpc_cannot_make_network_interfaces(deployed: Resources) -> None:
    allow, deny = deployed["JoinsVpc"]["Properties"]["PolicyDocument"]["Statement"]

    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    assert allow["Action"] == deny["Action"]
    assert deny["Condition"] == {"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:*"}}


def test_s3_and_the_api_may_call_functions_and_nobody_else(deployed: Resources) -> None:
    permissions = [found["Properties"] for found in deployed.values() if found["Type"] == "AWS::Lambda::Permission"]

    assert {permission["Principal"] for permission in permissions} == {
        "apigateway.amazonaws.com",
        "s3.amazonaws.com",
        "events.amazonaws.com",
    }
    assert all("SourceArn" in permission or "SourceAccount" in permission for permission in permissions)


def test_the_way_to_s3_leads_to_our_bucket_and_to_cloudformations_answer_alone(deployed: Resources) -> None:
    ours, theirs = deployed["S3Endpoint"]["Properties"]["PolicyDocument"]["Statement"]
    name = deployed["Bucket"]["Properties"]["BucketName"]

    assert ours["Resource"] == [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    assert ours["Action"] == ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:ListBucket"]
    assert theirs["Resource"] == "arn:aws:s3:::cloudformation-custom-resource-response-eucentral1/*"
    assert theirs["Action"] == "s3:PutObject"


def test_the_functions_and_the_bucket_agree_on_its_name(deployed: Resources, functions: Resources) -> None:
    names = {properties["Environment"]["Variables"]["BUCKET"] for properties in functions.values()}

    assert names == {deployed["Bucket"]["Properties"]["BucketName"]}
    assert re.fullmatch(r"[a-z0-9-]{3,63}", *names)
