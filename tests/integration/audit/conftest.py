"""The house of the unit tests on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from tests.engines import create_tables, shared_engine
from tests.integration.durable.conftest import postgres_server, url
from tests.unit.app.audit.conftest import House

__all__ = ["postgres_server", "url"]


@pytest.fixture
def house(url: str, tmp_path: Path) -> Iterator[House]:
    engine = shared_engine(url)
    create_tables(engine)
    yield House(tmp_path, engine, Log(SigningKey(bytes(range(32)))), Vault(b"a secret of at least 32 characters"))
    engine.dispose()
