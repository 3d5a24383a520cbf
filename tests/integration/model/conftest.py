"""A template on each backend, and the table of what was tried at the end of the run."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.world import Template, make_template
from tests.postgres import new_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def template(request: pytest.FixtureRequest, backend: str, tmp_path: Path) -> Template:
    url = new_database(request.getfixturevalue("postgres_server")) if backend == "postgres" else None
    return make_template(tmp_path / "template", url)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    found: dict[str, list[str]] = {"model": [], "guard": []}
    for outcome in ("passed", "failed"):
        for test in terminalreporter.stats.get(outcome, ()):
            for name, line in test.user_properties:
                found.get(name, []).append(line)
    heads = {
        "model": "model: backend | examples | steps | refused | begun",
        "guard": "guard switched off | invariant | backend | found after examples | steps | by",
    }
    for name, lines in found.items():
        if lines:
            terminalreporter.write_sep("=", heads[name])
            for line in sorted(lines):
                terminalreporter.write_line(line)
