"""Windows for the page tests. Whatever a test does, the browser must not complain and nobody else may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.journey.person import Person
from tests.page.browsing import Visit, Windows, chromium

Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def windows(browser: Browser, stack: dict[str, Any]) -> Windows:
    return Windows(browser, stack)


@pytest.fixture
def person(windows: Windows) -> Iterator[Open]:
    """`person("viewer", color_scheme="dark")` is a window of that person; all of them are left afterwards."""
    visits: list[Visit] = []

    def enter(user: str | None = "demo", **options: Any) -> Visit:
        visits.append(windows.enter(user, **options))
        return visits[-1]

    yield enter
    left = [windows.leave(each) for each in visits]
    assert [complaint for complaints, _ in left for complaint in complaints] == []
    assert [stranger for _, strangers in left for stranger in strangers] == []


@pytest.fixture
def checked(stack: dict[str, Any]) -> Callable[..., str]:
    """`checked(path)` is the place of a file that was uploaded and checked before anybody looks."""

    def upload(path: Path, user: str = "demo") -> str:
        preview = Person(stack, user).upload(path.name, path.read_bytes())
        return f"batch={preview['batch_id']}&revision={preview['revision']}"

    return upload


@pytest.fixture
def imported(stack: dict[str, Any]) -> Callable[..., str]:
    """`imported(path)` is the place of an import that was made before anybody looks."""

    def commit(path: Path, **asked: Any) -> str:
        person = Person(stack, "demo")
        batch = person.committed(person.upload(path.name, path.read_bytes()), **asked)
        return f"batch={batch['batch_id']}"

    return commit
