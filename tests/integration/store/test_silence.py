"""A process that falls silent within a transaction, as one that is stopped does, keeps nobody else waiting for long."""

import time

import pytest
import sqlalchemy as sa

from app.audit.export import snapshot
from app.durable.outage import is_outage
from app.store import engine
from tests.postgres import drop_database, new_database

SILENT_S = 1


@pytest.mark.postgres
@pytest.mark.slow
def test_its_locks_go_and_it_tries_again(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "IDLE_TIMEOUT_S", SILENT_S)
    url = new_database(postgres_server)
    silent, other = engine.make_engine(url), engine.make_engine(url)
    add = sa.text("UPDATE head SET size = size + 1")

    def stopped_within() -> None:
        with engine.unit_of_work(silent) as session:
            session.connection().execute(add)
            with engine.unit_of_work(other) as next_one:
                next_one.connection().exec_driver_sql("SET LOCAL lock_timeout = '20s'")
                next_one.connection().execute(add)
            session.connection().execute(add)

    try:
        with engine.unit_of_work(silent) as session:
            session.connection().exec_driver_sql("CREATE TABLE head AS SELECT 0 AS size")
        with snapshot(silent) as reading:
            with pytest.raises(sa.exc.DBAPIError) as told:
                stopped_within()
            # What only reads is in nobody's way, and may be silent for as long as it likes.
            time.sleep(2 * SILENT_S)
            assert reading.connection().scalar(sa.text("SELECT 1")) == 1
        assert is_outage(told.value)
        with engine.unit_of_work(silent) as session:
            session.connection().execute(add)
            assert session.connection().scalar(sa.text("SELECT size FROM head")) == 2
    finally:
        silent.dispose()
        other.dispose()
        drop_database(url)


@pytest.mark.postgres
@pytest.mark.slow
def test_who_goes_on_after_a_lost_connection_tries_again_too(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "IDLE_TIMEOUT_S", SILENT_S)
    url = new_database(postgres_server)
    silent = engine.make_engine(url)
    try:
        with silent.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
            time.sleep(2 * SILENT_S)
            for _ in range(2):
                with pytest.raises(sa.exc.SQLAlchemyError) as told:
                    connection.execute(sa.text("SELECT 1"))
                assert is_outage(told.value)
    finally:
        silent.dispose()
        drop_database(url)
