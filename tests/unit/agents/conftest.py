"""Shared by the tests of this room: the reasoner, a desk, and memories of two encoders over one folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.memory import Memory
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from tests.unit.agents.small_firm import Desk, small_firm


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
