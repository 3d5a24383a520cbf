"""Fixtures: a template home once, and a world that is checked as a whole when its test is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.invariants import check
from tests.integration.world import Template, World, make_template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(tmp_path_factory.mktemp("template") / "home")


@pytest.fixture
def world(template: Template, tmp_path: Path) -> Iterator[World]:
    """The service, and two firms. What must always hold is checked when the test is over."""
    opened = World.open(template, tmp_path / "home")
    try:
        yield opened
        check(opened)
    finally:
        opened.close()
