from __future__ import annotations

import pytest

from tests.integration.conftest import Database

from .world import Person, World


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def owner(world: World) -> Person:
    return world.person()
