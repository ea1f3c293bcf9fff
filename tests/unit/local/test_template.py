from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.declared import Route, Template
from local.environment import read_template
from local.intrinsics import Evaluator

ROOT = Path(__file__).parents[3]
APP = ROOT / "tests" / "integration" / "local" / "app" / "template.yaml"


@pytest.fixture(scope="module")
def app() -> Template:
    return read_template(APP, "http://127.0.0.1:8000", "http://127.0.0.1:8000/local/oidc")


def test_a_functions_environment_is_the_global_one_and_its_own(app: Template) -> None:
    assert app.functions["Seen"].environment["GREETING"] == "hello"
    assert app.functions["Echo"].environment["GREETING"] == "hello from takeback"


def test_numbers_and_booleans_become_the_text_that_lambda_would_set(app: Template) -> None:
    environment = app.functions["Seen"].environment

    assert (environment["TABLE_COUNT"], environment["IS_ON"]) == ("3", "true")


def test_the_bucket_has_one_name_however_it_is_spelled(app: Template) -> None:
    assert app.functions["Seen"].environment["BUCKET"] == app.buckets[0].name == app.triggers[0].bucket


def test_a_functions_timeout_overrides_the_global_one(app: Template) -> None:
    assert (app.functions["Trouble"].timeout, app.functions["Seen"].timeout) == (1, 10)


def test_a_route_needs_a_token_unless_it_says_none(app: Template) -> None:
    assert {route.key: route.authorized for route in app.routes} == {
        "ANY /echo/{name}": True,
        "POST /open": False,
        "GET /echo/fixed": False,
        "GET /rest/{proxy+}": False,
        "GET /trouble/{kind}": False,
    }


def test_a_fixed_path_goes_before_a_parameter(app: Template) -> None:
    taken = next(route for route in app.routes if route.match("GET", "/echo/fixed") is not None)

    assert taken.key == "GET /echo/fixed"


def test_triggers_keep_their_prefix_and_function(app: Template) -> None:
    assert {(trigger.function, trigger.prefix, trigger.events) for trigger in app.triggers} == {
        ("Seen", "uploads/", ("s3:ObjectCreated:*",)),
        ("Trouble", "trouble/", ("s3:ObjectCreated:*",)),
    }


def test_a_schedule_is_read(app: Template) -> None:
    assert [(schedule.function, schedule.expression) for schedule in app.schedules] == [("Seen", "rate(1 hour)")]


def test_a_custom_resource_names_the_function_that_makes_it(app: Template) -> None:
    assert [function for function, _ in app.custom_resources] == ["Migrate"]


@pytest.mark.parametrize(
    ("path", "asked", "expected"),
    [
        ("/a/{id}/b", "/a/1/b", {"id": "1"}),
        ("/a/{id}/b", "/a/1/2/b", None),
        ("/a/{id}/b", "/a//b", None),
        ("/a/{id}", "/a/x%2Fy", {"id": "x%2Fy"}),
        ("/a/{rest+}", "/a/1/2", {"rest": "1/2"}),
        ("/a.csv", "/aXcsv", None),
        ("/", "/", {}),
        ("$default", "/anything/at/all", {}),
    ],
)
def test_a_path_is_matched_segment_by_segment(path: str, asked: str, expected: dict[str, str] | None) -> None:
    assert Route("GET", path, "F", authorized=False).match("GET", asked) == expected


def test_a_route_takes_its_own_method_alone() -> None:
    assert Route("GET", "/a", "F", authorized=False).match("POST", "/a") is None
    assert Route("ANY", "/a", "F", authorized=False).match("PATCH", "/a") == {}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"Ref": "Name"}, "given"),
        ({"Ref": "Other"}, "fallback"),
        ({"Ref": "Thing"}, "Thing!"),
        ({"Fn::GetAtt": ["Thing", "Arn"]}, "Thing!Arn"),
        ({"Fn::Sub": "${Name}-${Thing.Arn}-${!Name}"}, "given-Thing!Arn-${Name}"),
        ({"Fn::Sub": ["${X}", {"X": {"Ref": "Name"}}]}, "given"),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, {"Ref": "AWS::Region"}]}, "here"),
        ({"a": {"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-given"),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ([1, {"Ref": "Name"}], [1, "given"]),
    ],
)
def test_intrinsic_functions_give_what_cloudformation_gives(said: Any, expected: Any) -> None:
    template = {
        "Parameters": {"Name": {"Default": "x"}, "Other": {"Default": "fallback"}},
        "Conditions": {"Yes": {"Fn::Equals": [{"Ref": "Name"}, "given"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
        "Resources": {"Thing": {"Type": "T"}},
    }
    evaluate = Evaluator(template, {"Name": "given"}, lambda _kind, name, attribute: f"{name}!{attribute}", {"AWS::Region": "here"})

    assert evaluate(said) == expected


def test_a_function_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="!ImportValue"):
        Evaluator({"Resources": {}}, {}, lambda *_: "")({"Fn::ImportValue": "x"})


def test_the_projects_own_template_can_be_read() -> None:
    template = read_template(ROOT / "template.yaml", "http://127.0.0.1:8000", "http://127.0.0.1:8000/local/oidc")

    assert template.buckets[0].name == template.functions["Validate"].environment["BUCKET"]
    assert {"uploads/", "requests/", "commits/", "rollbacks/"} <= {trigger.prefix for trigger in template.triggers}
    assert all("BUCKET" in function.environment for function in template.functions.values())
