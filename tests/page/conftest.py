"""Windows for the page tests. Whatever a test does, the browser must not complain and nobody else may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.page.browsing import Visit, chromium, visit

Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def person(browser: Browser, stack: dict[str, Any]) -> Iterator[Open]:
    """`person("viewer", color_scheme="dark")` is a window of that person; all of them are closed afterwards."""
    visits: list[Visit] = []

    def enter(user: str | None = "demo", **options: Any) -> Visit:
        visits.append(visit(browser, stack, user, **options))
        return visits[-1]

    yield enter
    for each in visits:
        each.context.close()
    assert [complaint for each in visits for complaint in each.complaints] == []
    assert [stranger for each in visits for stranger in each.strangers] == []
