"""The command line run in this process, as its program runs it."""

from pathlib import Path

import pytest

from tests.unit.app.cli.runner import Cli


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`countersign` on a home folder that does not exist yet."""
    return Cli(tmp_path / "home", monkeypatch)
