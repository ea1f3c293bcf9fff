"""The headers of every answer, good or bad: nobody guesses what it is, nobody frames it, and no page runs a script of others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.journey.person import Person, as_csv, sales

WEB = Path(__file__).parents[2] / "web"
NOBODYS_PAGE = "default-src 'none'; frame-ancestors 'none'"
EVERYWHERE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "strict-transport-security": "max-age=31536000"}


@pytest.fixture(scope="module")
def answers(demo: Person, stack: dict[str, Any]) -> dict[str, httpx.Response]:
    """One of each kind: of every route of the document, of every file of the page, and of what goes wrong."""
    preview = demo.upload("a.csv", as_csv(sales(2)))
    batch = demo.committed(preview)["batch_id"]
    waiting = demo.upload("b.csv", as_csv(sales(1)))["batch_id"]
    of_path = {"batches": batch, "uploads": waiting}
    found = {}
    for path, operations in demo.http.get("/openapi.json").json()["paths"].items():
        for method in operations:
            mine = batch if method == "delete" else of_path.get(path.split("/")[2], "")
            found[f"{method} {path}"] = demo.http.request(method, path.replace("{batch_id}", mine))
            found[f"{method} {path} of nobody"] = demo.http.request(method, path.replace("{batch_id}", str(uuid4())))
            found[f"{method} {path} with no id"] = demo.http.request(method, path.replace("{batch_id}", "x"), content=b"{")
    for path in ("/", "/docs", "/config.json", "/openapi.json", "/assets/none.js", "/assets/..%2Findex.html", "/assets/none"):
        found[path] = demo.http.get(path)
    for asset in sorted((WEB / "assets").iterdir()):
        found[f"/assets/{asset.name}"] = demo.http.get(f"/assets/{asset.name}")
    found["not changed"] = demo.http.get("/assets/page.js", headers={"If-None-Match": found["/assets/page.js"].headers["etag"]})
    started = demo.http.post("/import/uploads", json={"filename": "a.csv"})
    found["created"] = started
    found["accepted"] = demo.http.get(f"/import/uploads/{started.json()['batch_id']}/preview")
    found["another's account"] = demo.commit(preview, account_id=stack["users"]["rival"]["account_id"])
    return found


def test_every_answer_says_that_it_is_what_it_says(answers: dict[str, httpx.Response]) -> None:
    wrong = {name: dict(answer.headers) for name, answer in answers.items() if not EVERYWHERE.items() <= dict(answer.headers).items()}

    assert wrong == {}
    assert {answer.status_code for answer in answers.values()} >= {200, 201, 202, 204, 302, 304, 400, 404, 409, 422}


def test_what_is_no_page_can_do_nothing_as_one(answers: dict[str, httpx.Response]) -> None:
    policies = {name: answer.headers["content-security-policy"] for name, answer in answers.items() if name not in {"/", "/docs"}}

    assert set(policies.values()) == {NOBODYS_PAGE}, policies


def test_a_page_runs_its_own_scripts_alone_and_is_framed_by_nobody(answers: dict[str, httpx.Response]) -> None:
    for name in ("/", "/docs"):
        policy = dict(part.split(" ", 1) for part in answers[name].headers["content-security-policy"].split("; "))

        assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
        assert (policy["base-uri"], policy["form-action"]) == ("'none'", "'none'")
        assert answers[name].headers["x-frame-options"] == "DENY"
        assert "*" not in answers[name].headers["content-security-policy"]
    assert "unsafe" not in answers["/"].headers["content-security-policy"]


@pytest.mark.parametrize("page", sorted(path.name for path in WEB.glob("*.html")))
def test_no_page_has_a_script_or_a_style_in_it(page: str) -> None:
    text = (WEB / page).read_text()

    assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=|javascript:", text, re.IGNORECASE)


def test_the_element_may_be_loaded_by_other_sites_and_answers_with_data_may_not(answers: dict[str, httpx.Response]) -> None:
    assert answers["/assets/takeback-importer.js"].headers["cross-origin-resource-policy"] == "cross-origin"
    for name, answer in answers.items():
        if not name.startswith("/assets/") and name != "not changed":
            assert "access-control-allow-origin" not in answer.headers, name


def test_data_are_kept_by_no_cache(answers: dict[str, httpx.Response]) -> None:
    kept = {name for name, answer in answers.items() if "/import/" in name and answer.headers["cache-control"] != "no-store"}

    assert kept == set()
