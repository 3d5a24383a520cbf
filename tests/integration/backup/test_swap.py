"""The names of two databases are swapped at one stroke, or not at all."""

import pytest
import sqlalchemy as sa

from app.backup.postgres import PostgresPlace
from app.errors import Problem
from tests.postgres import contents, drop_database, new_database

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def test_who_comes_before_the_swap_prevents_it(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    former = new_database(postgres_server)
    place = PostgresPlace(sa.make_url(former), "swapped")
    draft = sa.create_engine(place.draft_url, poolclass=sa.NullPool)
    with sa.create_engine(former, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool).connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {draft.url.database}"))
    with draft.connect(), pytest.raises(Problem) as raised:  # PostgreSQL waits five seconds for it to go
        place.swap(tmp_path_factory.mktemp("aside"))
    assert raised.value.code == "conflict"
    assert "accessed by other users" in raised.value.detail
    assert contents(draft) == contents(sa.create_engine(former, poolclass=sa.NullPool)) == {}
    assert len(place.swap(tmp_path_factory.mktemp("aside"))) == 1
    drop_database(former)
