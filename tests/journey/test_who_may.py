"""Whose things are whose: another organisation sees nothing, a viewer changes nothing, a stranger gets nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journey.person import Person, as_csv, sales


@pytest.fixture(scope="module")
def preview(demo: Person) -> dict[str, Any]:
    """An upload of demo's that is not committed."""
    return demo.upload("waiting.csv", as_csv(sales(3)))


@pytest.fixture(scope="module")
def batch(demo: Person) -> dict[str, Any]:
    """A committed import of demo's."""
    return demo.committed(demo.upload("committed.csv", as_csv(sales(3))))


def test_another_organisation_finds_nothing(rival: Person, preview: dict[str, Any], batch: dict[str, Any]) -> None:
    upload, committed = preview["batch_id"], batch["batch_id"]
    tries = [
        rival.http.get(f"/import/uploads/{upload}/preview"),
        rival.http.get(f"/import/uploads/{upload}/preview", params={"revision": preview["revision"]}),
        rival.http.get(f"/import/uploads/{upload}/errors"),
        rival.http.delete(f"/import/uploads/{upload}"),
        rival.http.post("/import/records/validate", json={"batch_id": upload}),
        rival.commit(preview),
        rival.http.get(f"/import/batches/{committed}"),
        rival.http.get(f"/import/batches/{committed}/records"),
        rival.rollback(committed),
        rival.rollback(committed, force=True),
        rival.http.post(f"/import/batches/{committed}/disable-rollback"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in tries] == [(404, "not_found")] * len(tries)
    assert committed not in [item["batch_id"] for item in rival.http.get("/import/batches").json()["items"]]


def test_nobody_writes_into_the_account_of_another_organisation(rival: Person, demo: Person) -> None:
    own = rival.upload("own.csv", as_csv(sales(1)))

    assert rival.commit(own, account_id=demo.me["account_id"]).status_code in {403, 404}
    assert rival.http.get("/import/batches", params={"account_id": demo.me["account_id"]}).json()["items"] == []


def test_what_was_tried_left_everything_as_it_was(demo: Person, rival: Person, preview: dict[str, Any], batch: dict[str, Any]) -> None:
    rival.http.delete(f"/import/uploads/{preview['batch_id']}")
    rival.rollback(batch["batch_id"], force=True)

    assert demo.preview(preview["batch_id"]) == preview
    assert demo.http.get(f"/import/batches/{batch['batch_id']}").json() == batch


def test_before_commit_only_the_uploader_sees_a_batch(viewer: Person, preview: dict[str, Any]) -> None:
    assert viewer.http.get(f"/import/uploads/{preview['batch_id']}/preview").status_code == 404
    assert viewer.commit(preview).status_code == 403, "as for any batch at all: a viewer may not write to this account"
    assert viewer.http.delete(f"/import/uploads/{preview['batch_id']}").status_code == 404


def test_a_viewer_sees_and_changes_nothing(viewer: Person, batch: dict[str, Any]) -> None:
    assert viewer.http.get(f"/import/batches/{batch['batch_id']}").json()["status"] == "committed"
    assert len(viewer.http.get(f"/import/batches/{batch['batch_id']}/records").json()["items"]) == 3
    assert viewer.http.get("/import/accounts").json()["items"][0]["role"] == "viewer"

    own = viewer.upload("mine.csv", as_csv(sales(2)))
    tries = [
        viewer.commit(own),
        viewer.commit(own, dry_run=True),
        viewer.rollback(batch["batch_id"]),
        viewer.rollback(batch["batch_id"], force=True),
        viewer.http.post(f"/import/batches/{batch['batch_id']}/disable-rollback"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in tries] == [(403, "forbidden")] * len(tries)
