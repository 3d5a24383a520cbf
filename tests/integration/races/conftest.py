"""An arena on each backend, and the table of all races at the end of the run."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.rulesets import SHIPPED, Rulesets
from tests.integration.invariants import check
from tests.integration.races.arena import Arena, Tally, open_arena
from tests.integration.world import Template, World, make_template
from tests.postgres import new_database

Report = Callable[[Tally], None]
"""Puts a race in the table and fails the test if anything was wrong in it."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of rules that a test may change while the service runs."""
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED, folder)
    return folder


@pytest.fixture
def arena(
    request: pytest.FixtureRequest, backend: str, template: Template, tmp_path: Path, rules: Path
) -> Iterator[Arena]:
    if backend == "postgres":
        server = request.getfixturevalue("postgres_server")
        template = make_template(tmp_path / "template", new_database(server))
    world = World.open(template, tmp_path / "home", rulesets=Rulesets(rules))
    try:
        with open_arena(world, backend) as opened:
            yield opened
        check(world)
    finally:
        world.close()


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    def told(tally: Tally) -> None:
        record_property("race", tally.line())
        assert tally.wrong == []

    return told


def pytest_terminal_summary(terminalreporter: Any) -> None:
    lines = [
        line
        for outcome in ("passed", "failed")
        for test in terminalreporter.stats.get(outcome, ())
        for name, line in test.user_properties
        if name == "race"
    ]
    if lines:
        terminalreporter.write_sep("=", "race | backend | rounds | winners | effects | wrong")
        for line in sorted(lines):
            terminalreporter.write_line(line)
