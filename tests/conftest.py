"""How every test runs: hypothesis without deadlines, equal examples on every CI run, one sentence encoder for all."""

import gc
import hashlib
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agents.reasoners.embedded.encoder import Encoder
from app.settings import Settings
from tests.postgres import DATABASE, database_url, postgres_server

__all__ = ["database_url", "postgres_server"]

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
_EMBEDDED = Path(__file__).parents[1] / "agents" / "reasoners" / "embedded"

settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay until the end: the garbage collector need not look among them, now or at any test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a run for PostgreSQL what is of SQLite's own is skipped, and says why."""
    for item in items if DATABASE == "postgres" else ():
        if (mark := item.get_closest_marker("sqlite")) is not None:
            item.add_marker(pytest.mark.skip(reason=f"SQLite's own: {mark.args[0]}"))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings, or the model's key, of the machine it runs on."""
    for name in list(os.environ):
        if name.upper().startswith("COUNTERSIGN_") or name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def encoder_cache() -> Path:
    """A cache folder that parallel workers and later runs share: building costs half a minute of a processor, and the
    encoder itself sees to it that one of them builds. Any change of what builds, or of what is learnt, is another."""
    built_by = hashlib.sha256()
    for path in sorted(_EMBEDDED.rglob("*")):
        if path.suffix in (".py", ".yaml"):
            built_by.update(path.relative_to(_EMBEDDED).as_posix().encode() + b"\0" + path.read_bytes())
    return Path(sys.prefix) / "var" / "countersign-tests" / built_by.hexdigest()[:16]


@pytest.fixture(scope="session", autouse=True)
def _one_models_dir(encoder_cache: Path) -> Iterator[None]:
    """Whole services in these processes use the same cache, instead of building what they need a second time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Settings, "models_dir", encoder_cache)
        yield


@pytest.fixture(scope="session")
def encoder(encoder_cache: Path) -> Encoder:
    return Encoder(encoder_cache)
