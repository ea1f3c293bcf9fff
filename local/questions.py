"""`python -m local questions`: asks what a first deploy has to know and keeps it in samconfig.toml, which `sam deploy` reads.

What can be answered is the template's: its groups, descriptions, defaults, patterns and rules. Runs on the Python of .venv-tools.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.intrinsics import Evaluator, load

ROOT = Path(__file__).resolve().parent.parent
KEPT = Path("samconfig.toml")
ALARMS = "AlarmEmail"
# the parameter that says that something of one's own is used -> what is asked first; its group in the template holds the rest
OWN = {
    "OidcIssuer": "Do people sign in with an OIDC issuer of yours?",
    "VpcId": "Is there a network (VPC) to use?",
    "DatabaseHost": "Is there a PostgreSQL to use?",
}
_STACK = {
    "AllowedPattern": "[A-Za-z][-A-Za-z0-9]{0,127}",
    "ConstraintDescription": "is made of letters, digits and hyphens, a letter first",
}
_REGION = {"AllowedPattern": "[a-z]{2}(-[a-z]+)+-[0-9]+", "ConstraintDescription": "is a region such as eu-central-1"}
_FILE = """\
# What `make deploy` and `make upgrade` deploy with. Any parameter of template.yaml can be set in the last part, as text in quotes;
# one that is taken away there keeps the value that the stack has.
version = 0.1

[default.deploy.parameters]
{settings}

[default.deploy.parameters.parameter_overrides]
{parameters}
"""
Parameter = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """`parameters` are those that were asked for, by their names in the template."""

    stack: str
    region: str
    parameters: dict[str, str]


def main(_arguments: list[str]) -> int:
    """Ask, and write samconfig.toml once everything is answered; what is broken off leaves none."""
    if KEPT.exists():
        sys.stderr.write(f"{KEPT} has the answers already. Move it away to be asked again.\n")
        return 1
    template = load(ROOT / "template.yaml")
    print("\nTakeback needs a few answers. Enter takes what stands in brackets; Ctrl-C ends this, and nothing is kept.\n")
    try:
        answers = ask(template, os.environ)
        unfinished = KEPT.with_suffix(".new")
        unfinished.write_text(as_toml(answers), encoding="utf-8")
        unfinished.rename(KEPT)
    except EOFError:
        sys.stderr.write(f"\nThe answers ended too early; nothing is kept. Run make deploy in a terminal once, or bring its {KEPT}.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; nothing is kept.\n")
        return 130
    others = len(template["Parameters"]) - len(answers.parameters)
    print(
        f"\n{KEPT} has your answers. The other {others} parameters have template.yaml's defaults;"
        "\nto change one, name it below parameter_overrides in that file and deploy again.\n"
    )
    return 0


def ask(template: Mapping[str, Any], environment: Mapping[str, str]) -> Answers:
    """What the person at the terminal says. Raises EOFError, or KeyboardInterrupt."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
    stack, region = _answer("Name of the stack", _STACK, "takeback"), _answer("Region", _REGION, region)
    alarms = _parameter(template, ALARMS, {})
    own: dict[str, str] = {}
    while True:
        own = _own(template, own)
        contradictions = refusals(template, own)
        if not contradictions:
            return Answers(stack, region, {ALARMS: alarms, **own})
        print("\n  That does not go together.", *contradictions, "Once more, then.", sep="\n  ")


def _own(template: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
    """The parameters of what is there already, for each kind of which the person says so."""
    said: dict[str, str] = {}
    for name, question in OWN.items():
        if _yes(question, proposed=bool(before.get(name))):
            said.update({each: _parameter(template, each, before) for each in group(template, name)})
    return said


def group(template: Mapping[str, Any], name: str) -> list[str]:
    """The parameters that the template shows together with this one."""
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    return next(each["Parameters"] for each in groups if name in each["Parameters"])


def refusals(template: Mapping[str, Any], parameters: Mapping[str, str]) -> list[str]:
    """What CloudFormation would say to these parameters: the sentences of the template's rules that they break."""
    holds = Evaluator(template, parameters, lambda _kind, name, _attribute: name)
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if holds(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"])
    ]


def _parameter(template: Mapping[str, Any], name: str, before: Mapping[str, str]) -> str:
    parameter = template["Parameters"][name]
    print(f"\n  {parameter['Description']}")
    return _answer(name, parameter, before.get(name, str(parameter["Default"])))


def _answer(name: str, parameter: Parameter, proposed: str) -> str:
    return _heard(name, proposed, lambda said: wrong(said or proposed, parameter)) or proposed


def _yes(question: str, *, proposed: bool) -> bool:
    known = {"": proposed, "y": True, "yes": True, "n": False, "no": False}
    print()
    return known[_heard(question, "Y/n" if proposed else "y/N", lambda said: None if said.lower() in known else "is y or n").lower()]


def _heard(asked: str, proposed: str, objection: Callable[[str], str | None]) -> str:
    while True:
        said = input(f"{asked} [{proposed}]: ").strip()
        why = objection(said)
        if why is None:
            return said
        print(f"  “{said}” does not do: the answer {why}.")


def wrong(said: str, parameter: Parameter) -> str | None:
    """Why CloudFormation would refuse this answer, as the end of a sentence; None when it would not."""
    if not said.isprintable():
        return "is text that can be printed"
    if "AllowedValues" in parameter:
        allowed = [str(value) for value in parameter["AllowedValues"]]
        return None if said in allowed else f"is one of {', '.join(allowed)}"
    if parameter.get("Type") == "Number":
        least, most = parameter["MinValue"], parameter["MaxValue"]
        fits = re.fullmatch("[0-9]{1,12}", said) and least <= int(said) <= most
        return None if fits else f"is a number from {least} to {most}"
    pattern = parameter.get("AllowedPattern")
    if pattern is None or re.fullmatch(pattern, said):
        return None
    return parameter.get("ConstraintDescription", f"matches {pattern}")


def as_toml(answers: Answers) -> str:
    """The file as `sam deploy` reads it. The parameters are a table, which needs none of SAM's own quoting within text."""
    settings = {
        "stack_name": answers.stack,
        "region": answers.region,
        "resolve_s3": True,
        "s3_prefix": answers.stack,
        "capabilities": "CAPABILITY_IAM",
        "confirm_changeset": True,
        "tags": 'application="takeback"',
    }
    return _FILE.format(settings=_lines(settings), parameters=_lines(answers.parameters))


def _lines(values: Mapping[str, str | bool]) -> str:
    """JSON's way to write text and truth is TOML's too, for all that can be printed."""
    return "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())
