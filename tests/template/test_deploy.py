"""`make deploy` and `make upgrade` as the SAM CLI understands them: with what was answered, and with the tag."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.questions import Answers, as_toml
from tests.template.conftest import OWN

ROOT = Path(__file__).parents[2]
_TOOLS = ROOT / ".venv-tools" / "bin" / "python"
_SAM = ".venv-tools/bin/sam"


def _recipe(target: str, *flags: str) -> list[str]:
    """The commands that make would run."""
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        ["make", "-n", *flags, target], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def _deployed(target: str, answers: Answers, folder: Path) -> dict[str, Any]:
    """What SAM would deploy for this target, with these answers in samconfig.toml."""
    (folder / "samconfig.toml").write_text(as_toml(answers))
    shutil.copy(ROOT / "template.yaml", folder)
    words = shlex.split(_recipe(target)[-1])
    environment = {**os.environ, "HOME": str(folder), "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-west-2"}
    said = subprocess.run(
        [_TOOLS, Path(__file__).with_name("sam_deploy.py"), *words[words.index(_SAM) + 1 :]],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(said.stdout[said.stdout.index("{") :])


@pytest.mark.parametrize("target", ["deploy", "upgrade"])
def test_both_deploy_what_was_answered_with_the_tag(target: str, tmp_path: Path) -> None:
    given = {**OWN, "AlarmEmail": "", "OidcScopes": "openid email", "OidcOrigins": "https://a.example https://b.example"}

    asked = _deployed(target, Answers("books", "eu-central-1", given), tmp_path)

    assert asked["tags"] == {"application": "takeback"}
    assert asked["parameter_overrides"] == given
    assert (asked["stack_name"], asked["region"], asked["s3_prefix"], asked["resolve_s3"]) == ("books", "eu-central-1", "books", True)
    assert asked["capabilities"] == ["CAPABILITY_IAM"]
    assert [asked[name] for name in ("guided", "confirm_changeset", "fail_on_empty_changeset")] == [False, *[target == "deploy"] * 2]


@pytest.mark.parametrize("target", ["deploy", "upgrade"])
def test_questions_are_asked_where_nothing_is_kept(target: str) -> None:
    nothing_kept = _recipe(target, "--always-make")  # whether or not this checkout was deployed from

    asks, builds, deploys = (
        next(number for number, command in enumerate(nothing_kept) if words in command)
        for words in ("-m local questions", f"{_SAM} build", f"{_SAM} deploy")
    )

    assert asks < builds < deploys
