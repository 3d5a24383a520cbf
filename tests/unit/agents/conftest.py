"""Shared by the tests of this room: the encoder's cache, built once a run and not once a worker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.memory import Memory
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from tests.unit.agents.small_firm import Desk, small_firm


@pytest.fixture(scope="session")
def encoder_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that parallel workers share: the encoder itself sees to it that one of them builds."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "encoder-cache"


@pytest.fixture(scope="session")
def encoder(encoder_cache: Path) -> Encoder:
    return Encoder(encoder_cache)


@pytest.fixture(scope="session")
def embedded(encoder: Encoder) -> EmbeddedReasoner:
    """The embedded reasoner without a memory, its heads trained once."""
    return EmbeddedReasoner(encoder)


@pytest.fixture
def desk(embedded: EmbeddedReasoner) -> Desk:
    """The graph with the embedded reasoner, on a small firm of its own."""
    return Desk(small_firm(), embedded)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "memory", "encoder/1")
    yield opened
    opened.close()


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Memory]:
    opened = Memory(tmp_path / "memory", "encoder/2")
    yield opened
    opened.close()
