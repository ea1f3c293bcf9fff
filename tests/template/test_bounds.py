"""Who is reached by whom, for how long, and who is told when it fails."""

from __future__ import annotations

from typing import Any

import pytest

from takeback.stores import database
from tests.template.conftest import OWN, Deploy

Resources = dict[str, dict[str, Any]]
NOTHING_GOES_OUT = {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}


def _of(resources: Resources, kind: str) -> Resources:
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def test_each_function_is_started_by_the_folders_that_it_reads(deployed: Resources) -> None:
    listening: dict[str, set[str]] = {}
    for entry in deployed["Bucket"]["Properties"]["NotificationConfiguration"]["LambdaConfigurations"]:
        (rule,) = entry["Filter"]["S3Key"]["Rules"]
        assert (entry["Event"], rule["Name"].lower()) == ("s3:ObjectCreated:*", "prefix")
        listening.setdefault(entry["Function"].strip("<>").removesuffix(".Arn"), set()).add(rule["Value"])

    assert listening == {"Validate": {"uploads/", "requests/"}, "Commit": {"commits/"}, "Rollback": {"rollbacks/"}}


def test_an_event_is_tried_three_times_within_six_hours(deployed: Resources) -> None:
    kept = _of(deployed, "AWS::Lambda::EventInvokeConfig")

    assert len(kept) == 5
    assert {(found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) for found in kept.values()} == {(2, 21600)}


def test_who_waits_for_a_sleeping_database_has_the_time(functions: Resources) -> None:
    assert functions["ExpireRollbacks"]["Timeout"] > 2 * database.WAKING_SECONDS
    assert functions["Migrate"]["Timeout"] > 5 * 60 + database.WAKING_SECONDS, "migrations wait five minutes for a lock"
    for name in ("Commit", "Rollback", "Validate"):
        assert functions[name]["Timeout"] > 14 * 60, "a long transaction's statements may take 14 minutes"


def test_a_statement_of_a_request_ends_before_its_function_does(functions: Resources) -> None:
    longest = int(database._OPTIONS["statement_timeout"].removesuffix("s"))

    assert {name for name, properties in functions.items() if properties["Timeout"] <= longest} == set()


def test_a_limit_is_the_parameter_of_its_name(deploy: Deploy) -> None:
    asked = {"UploadMaxBytes": 1001, "MaxRows": 1002, "InlineRows": 1003, "RollbackWindowHours": 104}
    variables = deploy(asked)["Commit"]["Properties"]["Environment"]["Variables"]

    names = ("UPLOAD_MAX_BYTES", "MAX_ROWS", "INLINE_ROWS", "ROLLBACK_WINDOW_HOURS")
    assert [str(variables[name]) for name in names] == [str(value) for value in asked.values()]


@pytest.mark.parametrize("parameters", [{}, OWN])
def test_the_database_is_reached_by_functions_alone_and_they_reach_it_and_s3_alone(deploy: Deploy, parameters: dict[str, str]) -> None:
    resources = deploy(parameters)
    ways_out, ways_in = _of(resources, "AWS::EC2::SecurityGroupEgress"), _of(resources, "AWS::EC2::SecurityGroupIngress")

    assert set(ways_out) == {"FunctionsToDatabase", "FunctionsToS3"}
    assert set(ways_in) == {"DatabaseFromFunctions"}
    to_database, to_s3, from_functions = ways_out["FunctionsToDatabase"], ways_out["FunctionsToS3"], ways_in["DatabaseFromFunctions"]
    assert to_database["DestinationSecurityGroupId"] == from_functions["GroupId"] != to_database["GroupId"]
    assert from_functions["SourceSecurityGroupId"] == to_database["GroupId"] == to_s3["GroupId"]
    assert {str(way[end]) for way in (to_database, from_functions) for end in ("FromPort", "ToPort")} == {"5432"}
    assert (to_s3["FromPort"], to_s3["ToPort"], to_s3["CidrIp"]) == (443, 443, "0.0.0.0/0")
    assert not [way for way in (to_database, from_functions) if "CidrIp" in way]
    for group in _of(resources, "AWS::EC2::SecurityGroup").values():
        (rule,) = group["SecurityGroupEgress"]
        assert NOTHING_GOES_OUT.items() <= rule.items()
        assert "SecurityGroupIngress" not in group


def test_the_database_is_private_encrypted_and_keeps_no_values_in_its_log(deployed: Resources) -> None:
    assert deployed["Database"]["Properties"]["StorageEncrypted"] is True
    assert deployed["DatabaseInstance"]["Properties"]["PubliclyAccessible"] is False
    settings = deployed["DatabaseSettings"]["Properties"]["Parameters"]
    assert {name: value for name, value in settings.items() if name.startswith("log_")} == {
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_min_messages": "log",
        "log_parameter_max_length_on_error": "0",
    }


def test_the_queue_keeps_events_for_two_weeks_and_takes_nothing_without_tls(deployed: Resources) -> None:
    assert deployed["FailedEvents"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    statement, _ = deployed["FailedEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_schedule_that_cannot_reach_its_function_leaves_its_event_in_the_queue(deployed: Resources) -> None:
    _, statement = deployed["FailedEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    rules = {name: found["Properties"] for name, found in deployed.items() if found["Type"] == "AWS::Events::Rule"}

    assert list(rules) == ["ExpireRollbacksTidy"]
    assert [target["DeadLetterConfig"] for target in rules["ExpireRollbacksTidy"]["Targets"]] == [{"Arn": "<FailedEvents.Arn>"}]
    assert statement == {
        "Sid": "FromTheSchedule",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "<FailedEvents.Arn>",
        "Condition": {"ArnEquals": {"aws:SourceArn": "<ExpireRollbacksTidy.Arn>"}},
    }


def test_a_connection_that_nobody_uses_does_not_keep_the_database_awake(deployed: Resources) -> None:
    settings = deployed["DatabaseSettings"]["Properties"]["Parameters"]
    asleep_after = deployed["Database"]["Properties"]["ServerlessV2ScalingConfiguration"]["SecondsUntilAutoPause"]

    assert 0 < int(settings["idle_session_timeout"]) < asleep_after * 1000
    assert 0 < int(settings["idle_in_transaction_session_timeout"]) < asleep_after * 1000


def test_every_second_of_the_last_two_weeks_can_be_restored(deployed: Resources) -> None:
    database = deployed["Database"]["Properties"]

    assert (database["BackupRetentionPeriod"], database["CopyTagsToSnapshot"]) == (14, True)


def test_users_are_made_by_an_admin_and_sign_in_on_cognitos_page(deploy: Deploy) -> None:
    made = deploy({"RequireMfa": "ON"})
    pool, look = made["UserPool"]["Properties"], made["SignInLook"]["Properties"]

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 14
    assert made["UserPoolDomain"]["Properties"]["ManagedLoginVersion"] == 2
    assert (look["UserPoolId"], look["ClientId"], look["UseCognitoProvidedValues"]) == ("<UserPool>", "<UserPoolClient>", True)


def test_a_token_is_good_for_an_hour_and_a_sign_in_for_a_working_day(deployed: Resources) -> None:
    client = deployed["UserPoolClient"]["Properties"]

    assert (client["AccessTokenValidity"], client["IdTokenValidity"], client["RefreshTokenValidity"]) == (60, 60, 12)
    assert client["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"}


def test_a_page_of_a_stranger_cannot_ask_for_passwords(deployed: Resources) -> None:
    client = deployed["UserPoolClient"]["Properties"]

    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert (client["PreventUserExistenceErrors"], client["EnableTokenRevocation"]) == ("ENABLED", True)


def test_an_alarm_watches_the_function_that_it_is_named_for_and_tells_somebody(deploy: Deploy, functions: Resources) -> None:
    alarms = _of(deploy({"AlarmEmail": "ops@example.com"}), "AWS::CloudWatch::Alarm")
    watched: dict[str, set[str]] = {}
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == ["<Alarms>"], name
        assert alarm["AlarmDescription"], name
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold", name
        if alarm["Namespace"] == "AWS/Lambda":
            (dimension,) = alarm["Dimensions"]
            function = dimension["Value"].strip("<>")
            assert name.startswith(function), name
            watched.setdefault(alarm["MetricName"], set()).add(function)
            assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) in {
                ("Errors", "Sum", 0),
                ("Throttles", "Sum", 0),
                ("AsyncEventAge", "Maximum", 600_000),
            }

    asynchronous = {found["FunctionName"].strip("<>") for found in _of(deploy(), "AWS::Lambda::EventInvokeConfig").values()}
    reserved = {name for name, properties in functions.items() if "ReservedConcurrentExecutions" in properties}
    assert watched["Errors"] == asynchronous
    assert watched["Throttles"] == reserved
    assert watched["AsyncEventAge"] == asynchronous & reserved


@pytest.mark.parametrize(
    ("name", "watches"),
    [
        ("EventFailed", ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "<FailedEvents.QueueName>", "Maximum", 0)),
        ("EventForgotten", ("AWS/SQS", "ApproximateAgeOfOldestMessage", "<FailedEvents.QueueName>", "Maximum", 2 * 24 * 3600)),
        ("ApiFails", ("AWS/ApiGateway", "5xx", "<Api>", "Sum", 5)),
        ("DatabaseFull", ("AWS/RDS", "ACUUtilization", "<Database>", "Average", 95)),
    ],
)
def test_the_queue_the_api_and_the_database_are_watched(deployed: Resources, name: str, watches: tuple[str, str, str, str, int]) -> None:
    alarm = deployed[name]["Properties"]
    (dimension,) = alarm["Dimensions"]

    assert (alarm["Namespace"], alarm["MetricName"], dimension["Value"], alarm["Statistic"], alarm["Threshold"]) == watches
