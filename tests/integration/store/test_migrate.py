"""The revisions make exactly the models' tables, on both databases."""

from alembic.script import ScriptDirectory
from sqlmodel import SQLModel, inspect

from app.store import migrate, models
from app.store.engine import make_engine


def test_models_and_migrations_agree(url: str) -> None:
    engine = make_engine(url)
    assert migrate.revision(engine) is None
    assert migrate.migrate(engine) is True
    assert migrate.is_current(engine)
    assert migrate.migrate(engine) is False
    assert migrate.differences(engine) == []
    made = set(inspect(engine).get_table_names()) - {"alembic_version"}
    assert made == set(SQLModel.metadata.tables)
    assert models.Case.__tablename__ in made
    engine.dispose()


def test_a_difference_is_seen(url: str) -> None:
    engine = make_engine(url)
    migrate.migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE pause ADD COLUMN forgotten INTEGER")
    assert any("forgotten" in repr(each) for each in migrate.differences(engine))
    engine.dispose()


def test_amounts_are_wide_enough(url: str) -> None:
    """An amount of 10^13 minor units does not fit PostgreSQL's INTEGER."""
    engine = make_engine(url)
    migrate.migrate(engine)
    columns = {column["name"]: column for column in inspect(engine).get_columns("reservation")}
    assert "BIGINT" in repr(columns["amount_minor"]["type"])
    engine.dispose()


def test_the_named_head_is_the_folders() -> None:
    assert ScriptDirectory(str(migrate._FOLDER)).get_heads() == [migrate.HEAD]
