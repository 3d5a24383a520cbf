"""Served firms with small bounds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.backup.house import House
from tests.integration.limits.sizes import sized


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    bounds = {"tenant_max_waiting": "20", "max_waiting": "20", "request_timeout": str(sized(6, 20)), "token_rate": "30"}
    made = House(tmp_path_factory.mktemp("limits") / "house", None, **bounds)
    made.service.start()
    yield made
    made.service.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
