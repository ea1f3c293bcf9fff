"""Whatever a scanner was told to pass over has its reason beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_REASON = re.compile(r"\S+( \S+){3,}")  # a sentence, not a word


def _skips(written: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, resource in written["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            yield name, skip


def test_every_skip_of_checkov_says_why(written: dict[str, Any]) -> None:
    skips = list(_skips(written))

    assert skips
    for name, skip in skips:
        assert set(skip) == {"id", "comment"}, name
        assert re.fullmatch(r"CKV2?_AWS_\d+", skip["id"]), name
        assert _REASON.fullmatch(skip["comment"]), (name, skip["id"])


def test_what_a_reason_says_of_the_database_is_so(written: dict[str, Any]) -> None:
    assert written["Resources"]["DatabaseInstance"]["Properties"]["EnablePerformanceInsights"] is True
    assert written["Resources"]["Database"]["Properties"]["EnableIAMDatabaseAuthentication"] is True


def test_every_check_that_is_off_for_all_says_why() -> None:
    skipped = re.findall(r"(?m)^  - (\S+)(?: +# (.+))?$", (ROOT / ".checkov.yaml").read_text())

    assert skipped
    assert [name for name, reason in skipped if not _REASON.fullmatch(reason)] == []
    assert set(re.findall(r"(?m)^([a-z-]+):", (ROOT / ".checkov.yaml").read_text())) == {"skip-check"}


def test_every_rule_of_cfn_lint_that_is_off_says_why(written: dict[str, Any]) -> None:
    off = written["Metadata"]["cfn-lint"]["config"]["ignore_checks"]
    beside = dict(re.findall(r"(?m)^ +- ([WE]\d{4})(?: +# (.+))?$", (ROOT / "template.yaml").read_text()))

    assert set(beside) == set(off)
    assert [rule for rule, reason in beside.items() if not _REASON.fullmatch(reason)] == []
    assert "cfn-lint" not in str([resource.get("Metadata", {}) for resource in written["Resources"].values()])
    assert not list(ROOT.glob(".cfnlintrc*"))


def test_the_gate_runs_every_scanner() -> None:
    makefile = (ROOT / "Makefile").read_text()
    gate = makefile[makefile.index("\ntemplate:") : makefile.index("\nsetup:")]

    assert re.search(r"(?m)^check: .*\btemplate\b", makefile)
    assert all(scanner in gate for scanner in ("validate --lint", "bin/cfn-lint template.yaml", "bin/checkov --config-file .checkov.yaml"))
    assert not re.search(r"\|\| true|soft-fail|ignore-checks|(?m:^\t-)", gate)
