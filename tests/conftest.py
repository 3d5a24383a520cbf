"""How every test runs: hypothesis without deadlines, equal examples on every CI run, one sentence encoder for all."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agents.reasoners.embedded.encoder import Encoder
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings, or the model's key, of the machine it runs on."""
    for name in list(os.environ):
        if name.upper().startswith("COUNTERSIGN_") or name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def encoder_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that parallel workers share: the encoder itself sees to it that one of them builds."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "encoder-cache"


@pytest.fixture(scope="session")
def encoder(encoder_cache: Path) -> Encoder:
    return Encoder(encoder_cache)
