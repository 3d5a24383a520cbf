"""A house on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.backup.house import House
from tests.postgres import new_database, programs


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = None
    if request.param == "postgres":
        url = new_database(request.getfixturevalue("postgres_server"))
    made = House(tmp_path / "house", url)
    if (found := programs()) is not None:
        if url is not None and not (found / "pg_dump").exists():
            pytest.skip("no pg_dump beside the server's programs")
        made.service.environment["PATH"] = f"{found}:{made.service.environment['PATH']}"
    try:
        yield made
    finally:
        made.service.stop()
