"""Fixtures: a template home once, and a world that is checked as a whole when its test is over.

TEST_DATABASE=postgres puts the databases of all worlds on a PostgreSQL of the run's own.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store import engine
from tests import postgres
from tests.integration.invariants import check
from tests.integration.world import Template, World, make_template


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Template:
    url = None
    if postgres.DATABASE == "postgres":
        url = postgres.new_database(request.getfixturevalue("postgres_server"))
    return make_template(tmp_path_factory.mktemp("template") / "home", url)


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other runs a test's process may get no processor for longer than one of the service ever should."""
    monkeypatch.setattr(engine, "IDLE_TIMEOUT_S", 120)


@pytest.fixture
def world(template: Template, tmp_path: Path) -> Iterator[World]:
    """The service, and two firms. What must always hold is checked when the test is over."""
    opened = World.open(template, tmp_path / "home")
    try:
        yield opened
        check(opened)
    finally:
        opened.close()
