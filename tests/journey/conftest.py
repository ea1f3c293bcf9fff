from __future__ import annotations

from typing import Any

import pytest

from tests.journey.person import Person


@pytest.fixture(scope="session")
def demo(stack: dict[str, Any]) -> Person:
    """The owner of an account."""
    return Person(stack, "demo")


@pytest.fixture(scope="session")
def viewer(stack: dict[str, Any]) -> Person:
    """May see what demo sees, and change nothing."""
    return Person(stack, "viewer")


@pytest.fixture(scope="session")
def rival(stack: dict[str, Any]) -> Person:
    """The owner of an account of another organisation."""
    return Person(stack, "rival")
