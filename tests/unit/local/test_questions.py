"""What `make deploy` asks the first time, and what it keeps of the answers."""

from __future__ import annotations

import io
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import questions
from local.intrinsics import load
from local.questions import ALARMS, OWN, group, wrong

ROOT = Path(__file__).parents[3]
SIGN_IN = ["y", "https://login.example.com/t", "page", "", "https://a.example https://b.example"]
NETWORK = ["y", "vpc-0a1", "subnet-0a1,subnet-0b2", ""]
DATABASE = ["y", "db.example.com", "5433", "shop", "", "cluster-ABC1", "sg-0a1"]
Said = Callable[..., int]


@pytest.fixture
def template() -> dict[str, Any]:
    return load(ROOT / "template.yaml")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Said:
    """Gives these answers, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    def answer(*lines: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return questions.main([])

    return answer


def _kept() -> dict[str, Any]:
    return tomllib.loads(Path("samconfig.toml").read_text())["default"]["deploy"]["parameters"]


def test_enter_alone_deploys_with_what_is_proposed(said: Said) -> None:
    assert said(*[""] * 6) == 0
    assert _kept() == {
        "stack_name": "takeback",
        "region": "us-east-1",
        "resolve_s3": True,
        "s3_prefix": "takeback",
        "capabilities": "CAPABILITY_IAM",
        "confirm_changeset": True,
        "tags": 'application="takeback"',
        "parameter_overrides": {"AlarmEmail": ""},
    }
    assert [path.name for path in Path().iterdir()] == ["samconfig.toml"]


def test_the_region_of_the_environment_is_proposed(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "ap-southeast-2")

    said(*[""] * 6)

    assert _kept()["region"] == "ap-southeast-2"


def test_everything_of_ones_own_is_kept_by_the_names_of_the_template(said: Said, template: dict[str, Any]) -> None:
    assert said("books", "eu-central-1", "ops@example.com", *SIGN_IN, *NETWORK, *DATABASE) == 0

    kept = _kept()
    assert (kept["stack_name"], kept["s3_prefix"], kept["region"]) == ("books", "books", "eu-central-1")
    assert kept["parameter_overrides"] == {
        "AlarmEmail": "ops@example.com",
        "OidcIssuer": "https://login.example.com/t",
        "OidcClientId": "page",
        "OidcScopes": "openid email",
        "OidcOrigins": "https://a.example https://b.example",
        "VpcId": "vpc-0a1",
        "SubnetIds": "subnet-0a1,subnet-0b2",
        "RouteTableIds": "",
        "DatabaseHost": "db.example.com",
        "DatabasePort": "5433",
        "DatabaseName": "shop",
        "DatabaseAdmin": "schema_owner",
        "DatabaseResourceId": "cluster-ABC1",
        "DatabaseSecurityGroupId": "sg-0a1",
    }
    assert set(kept["parameter_overrides"]) <= set(template["Parameters"])


def test_only_what_was_said_yes_to_is_asked(said: Said) -> None:
    assert said("", "", "", "no", *NETWORK, "N") == 0
    assert set(_kept()["parameter_overrides"]) == {"AlarmEmail", "VpcId", "SubnetIds", "RouteTableIds"}


def test_a_wrong_answer_is_asked_again_with_the_reason(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    answers = ["1st", "first", "Frankfurt", "eu-central-1", "ops", "ops@example.com", "", "maybe", "y", "my-vpc", *NETWORK[1:]]
    assert said(*answers, *DATABASE[:2], "70000", *DATABASE[2:]) == 0

    kept, told = _kept(), capsys.readouterr().out
    assert (kept["stack_name"], kept["region"], kept["parameter_overrides"]["AlarmEmail"]) == ("first", "eu-central-1", "ops@example.com")
    assert kept["parameter_overrides"]["VpcId"] == "vpc-0a1"
    for reason in (
        "“1st” does not do: the answer is made of letters, digits and hyphens, a letter first.",
        "“Frankfurt” does not do: the answer is a region such as eu-central-1.",
        "“ops” does not do: the answer is an address such as alarms@example.com, or empty.",
        "“maybe” does not do: the answer is y or n.",
        "“my-vpc” does not do: the answer is an id such as vpc-0123456789abcdef0, or empty.",
        "“70000” does not do: the answer is a number from 1 to 65535.",
    ):
        assert told.count(reason) == 1


def test_what_does_not_go_together_is_asked_again_with_the_sentence_of_the_template(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    """A database needs a network; the answers to it are proposed the second time."""
    assert said("", "", "", "", "", *DATABASE, "", *NETWORK, *[""] * 7) == 0

    assert "DatabaseHost is given, so give VpcId and SubnetIds too" in capsys.readouterr().out
    parameters = _kept()["parameter_overrides"]
    assert (parameters["VpcId"], parameters["DatabasePort"], parameters["DatabaseResourceId"]) == ("vpc-0a1", "5433", "cluster-ABC1")


def test_each_question_shows_what_the_template_says_of_it(said: Said, template: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    said("", "", "", *SIGN_IN, *NETWORK, *DATABASE)

    told = capsys.readouterr().out
    for name in [ALARMS, *(each for own in OWN for each in group(template, own))]:
        parameter = template["Parameters"][name]
        assert f"  {parameter['Description']}\n{name} [{parameter['Default']}]: " in told
    assert f"The other {len(template['Parameters']) - 14} parameters" in told


def test_every_pattern_that_can_be_missed_has_a_reason(template: dict[str, Any]) -> None:
    asked = [ALARMS, *(each for own in OWN for each in group(template, own))]
    silent = {
        name for name in asked if {"AllowedPattern", "ConstraintDescription"} & set(template["Parameters"][name]) == {"AllowedPattern"}
    }

    assert silent == set()


def test_all_kinds_of_limits_are_known() -> None:
    assert wrong("ON", {"AllowedValues": ["OPTIONAL", "ON"]}) is None
    assert wrong("4", {"Type": "Number", "AllowedValues": [0, 0.5, 4]}) is None
    assert wrong("OFF", {"AllowedValues": ["OPTIONAL", "ON"]}) == "is one of OPTIONAL, ON"
    assert wrong("five", {"Type": "Number", "MinValue": 1, "MaxValue": 9}) == "is a number from 1 to 9"
    assert wrong("x\x1by", {}) == "is text that can be printed"
    assert wrong("", {"AllowedPattern": "a+"}) == "matches a+"


def test_text_is_kept_as_it_was_said(said: Said) -> None:
    issuer = 'https://login.example.com/a"b\\c/ä'

    said("", "", "", "y", issuer, "it's = #1", "", "", "", "")

    parameters = _kept()["parameter_overrides"]
    assert (parameters["OidcIssuer"], parameters["OidcClientId"]) == (issuer, "it's = #1")


def test_answers_that_end_too_early_leave_nothing(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    assert said("books", "eu-central-1") == 1
    assert "The answers ended too early; nothing is kept." in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_answers_that_are_there_are_left_alone(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    Path("samconfig.toml").write_text("mine")

    assert said(*[""] * 6) == 1
    assert Path("samconfig.toml").read_text() == "mine"
    assert "Move it away to be asked again." in capsys.readouterr().err


def test_ctrl_c_leaves_nothing_and_says_so(said: Said, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(_prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", stopped)

    assert said() == 130
    assert capsys.readouterr().err == "\nStopped; nothing is kept.\n"
    assert list(Path().iterdir()) == []
