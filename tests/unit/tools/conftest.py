"""A generated firm for every test that reads or changes one: made once, copied for each use."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.connectors.sandbox import Sandbox

MORNING = datetime(2026, 3, 18, 8, 30, tzinfo=UTC)


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


OpenFirm = Callable[[], AbstractContextManager[Sandbox]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def firm_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed file with the firm of seed 7 on 18 March 2026."""
    path = tmp_path_factory.mktemp("firm") / "firm.db"
    with Sandbox(path, SetClock()) as made:
        made.reset(7)
    return path


@pytest.fixture(scope="session")
def open_firm(firm_file: Path, tmp_path_factory: pytest.TempPathFactory) -> OpenFirm:
    """Opens a fresh copy of the firm at each call, for tests that need one an example."""
    folder = tmp_path_factory.mktemp("copies")

    @contextmanager
    def opened() -> Iterator[Sandbox]:
        path = folder / "firm.db"
        shutil.copy(firm_file, path)
        try:
            with Sandbox(path, SetClock(), pause=lambda _seconds: None) as firm:
                yield firm
        finally:
            for leftover in folder.iterdir():
                leftover.unlink()

    return opened


@pytest.fixture
def firm(firm_file: Path, tmp_path: Path, clock: SetClock) -> Iterator[Sandbox]:
    path = tmp_path / "firm.db"
    shutil.copy(firm_file, path)
    with Sandbox(path, clock, pause=clock.advance) as opened:
        yield opened
