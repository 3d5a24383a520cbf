"""The revisions make exactly the models' tables, on both databases."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel, inspect, select

from app.store import migrate, models
from app.store.engine import make_engine, read_only


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


def test_who_corrected_a_case_before_is_kept_with_it(url: str) -> None:
    """0002: a case of 0001 gets its correctors from the log, any other an empty list."""
    engine = make_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "0001")
        for ident in ("cas_1", "cas_2"):
            connection.exec_driver_sql(
                'INSERT INTO "case" (id, tenant, workflow, kind, status, data_subject, generation, opened_at,'
                f" updated_at) VALUES ('{ident}', 'acme', 'x', 'x', 'open', 'case:{ident}', 2,"
                " '2026-03-02 09:00:00', '2026-03-02 09:00:00')"
            )
        for seq, who in enumerate(("pri_b", "pri_a", "pri_b")):
            connection.exec_driver_sql(
                "INSERT INTO audit_entry (tenant, seq, at, kind, actor_id, case_id, leaf) VALUES"
                f" ('acme', {seq}, '2026-03-02 09:00:00', 'case.corrected', '{who}', 'cas_1', '')"
            )
    assert migrate.migrate(engine) is True
    with read_only(engine) as session:
        found = {case.id: case.corrector_ids for case in session.exec(select(models.Case))}
    assert found == {"cas_1": ["pri_a", "pri_b"], "cas_2": []}
    engine.dispose()


def test_model_calls_of_before_have_no_time_and_no_prompt(url: str) -> None:
    """0003: rows of 0002 stay what they were."""
    engine = make_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "0002")
        connection.exec_driver_sql(
            "INSERT INTO model_call (id, tenant, case_id, request_digest, model, prompt_tokens, completion_tokens,"
            " cost_micros, response_payload, at) VALUES ('mdl_1', 'acme', 'cas_1', 'sha256:a', 'm', 5, 6, 7, 'pay_1',"
            " '2026-03-02 09:00:00')"
        )
    assert migrate.migrate(engine) is True
    assert migrate.differences(engine) == []
    with read_only(engine) as session:
        (row,) = session.exec(select(models.ModelCall))
    assert (row.prompt_tokens, row.cost_micros, row.latency_ms, row.prompt) == (5, 7, 0, "")
    engine.dispose()


def test_keys_of_requests_that_an_older_version_was_at_work_on_are_free(url: str) -> None:
    """0004: nobody is at work on rows of 0003 any more."""
    engine = make_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrate._config(connection), "0003")
        connection.exec_driver_sql(
            "INSERT INTO idempotency_key (principal_id, path, key, tenant, body_digest, headers, at) VALUES"
            " ('pri_1', '/v1/triage', 'k', 'acme', 'd', '{}', '2026-03-02 09:00:00')"
        )
    assert migrate.migrate(engine) is True
    with read_only(engine) as session:
        (row,) = session.exec(select(models.IdempotencyKey))
    assert (row.key, row.status, row.held_at) == ("k", None, None)
    engine.dispose()
