"""Requests made up from the API's own document, good and bad, by three people: every answer is one that the document promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from tests.journey.person import Person, as_csv, sales

REQUESTS = 25  # of each kind for each route; the same ones in every run
PROMISES = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
BAD = [*PROMISES, checks.negative_data_rejection]


@dataclass(frozen=True)
class Party:
    """Somebody, what is theirs to ask for, and words of others that no answer to them may hold."""

    person: Person
    ids: dict[str, list[str]]
    secrets: list[str]


@pytest.fixture(scope="module")
def theirs(rival: Person) -> dict[str, Any]:
    """An import and an upload of another organisation, marked in every place that a person writes into."""
    mark = f"secret{uuid4().hex}"
    rows = [row | {"Item Title": mark} for row in sales(3, prefix=mark)]
    batch = rival.committed(rival.upload(f"{mark}.csv", as_csv(rows)))
    return {"mark": mark, "batch": batch, "waiting": rival.upload(f"{mark}.csv", as_csv(rows))}


@pytest.fixture(scope="module")
def parties(demo: Person, viewer: Person, rival: Person, theirs: dict[str, Any]) -> list[Party]:
    batch, waiting = demo.committed(demo.upload("own.csv", as_csv(sales(3)))), demo.upload("own.csv", as_csv(sales(3)))
    accounts = [demo.me["account_id"], rival.me["account_id"], str(uuid4())]
    of_demo = {
        "batch_id": [batch["batch_id"], waiting["batch_id"], str(uuid4())],
        "account_id": accounts,
        "revision": [batch["revision"], waiting["revision"], "0" * 32],
    }
    of_all = {
        "batch_id": [*of_demo["batch_id"], theirs["batch"]["batch_id"], theirs["waiting"]["batch_id"]],
        "account_id": accounts,
        "revision": [*of_demo["revision"], theirs["waiting"]["revision"]],
    }
    secrets = [theirs["mark"], rival.me["org_id"], rival.me["user_id"]]
    return [
        Party(demo, of_all, secrets),
        Party(viewer, of_all, secrets),
        Party(rival, of_demo, [demo.me["org_id"], demo.me["user_id"]]),
    ]


@pytest.fixture(scope="module")
def operations(stack: dict[str, Any]) -> list[Any]:
    document = httpx.get(f"{stack['api']}/openapi.json", trust_env=False).json()
    del document["security"]  # tokens have tests of their own: test_who_may.py
    return [cast("Ok[Any]", found).ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


def _with_ids(case: Any, ids: dict[str, list[str]], pick: Callable[[str], int]) -> None:
    """Real ids in place of some made-up ones, so that more than 404 is heard."""
    for part in (case.path_parameters, case.query, case.body):
        for name in ids if isinstance(part, dict) else ():
            if name in part and (chosen := pick(name)) < len(ids[name]):
                part[name] = ids[name][chosen]


def _try(operation: Any, parties: list[Party], api: str, mode: GenerationMode) -> int:
    """Send made-up requests to one route; how many."""
    sent = 0

    @settings(
        max_examples=REQUESTS,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=operation.as_strategy(generation_mode=mode), party=st.sampled_from(parties), data=st.data())
    def try_one(case: Any, party: Party, data: st.DataObject) -> None:
        nonlocal sent
        if mode.is_positive:
            _with_ids(case, party.ids, lambda _: data.draw(st.integers(0, 6)))
        token = {"Authorization": f"Bearer {party.person.me['token']}"}
        answer = case.call(base_url=api, headers=token, allow_redirects=False, timeout=60)
        sent += 1
        case.validate_response(answer, checks=PROMISES if mode.is_positive or not operation.body else BAD)
        assert not [secret for secret in party.secrets if secret.encode() in answer.content]
        assert answer.headers["x-content-type-options"] == ["nosniff"]

    try_one()
    return sent


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
def test_every_answer_is_one_that_the_document_promises_and_holds_nothing_of_others(
    operations: list[Any], parties: list[Party], stack: dict[str, Any], rival: Person, theirs: dict[str, Any], mode: GenerationMode
) -> None:
    tried = [found for found in operations if mode.is_positive or found.path_parameters or found.query or found.body]
    records = f"/import/batches/{theirs['batch']['batch_id']}/records"
    before = rival.http.get(records).json()

    sent = {operation.label: _try(operation, parties, stack["api"], mode) for operation in tried}

    assert len(sent) >= 15
    assert min(sent.values()) >= 1
    assert rival.http.get(records).json() == before
    assert rival.preview(theirs["waiting"]["batch_id"]) == theirs["waiting"]
