from collections.abc import Iterator

import pytest

from tools.cpsat.session import Session


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """One solver process for all tests of this room."""
    with Session() as one:
        yield one
