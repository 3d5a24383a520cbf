"""Checkpoints: signed once for each state, sent outside, and never against what was signed before."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.audit.checkpoint import send_checkpoints, sign_checkpoint
from app.audit.log import Log, LogBroken
from app.audit.note import Checkpoint, SigningKey
from app.store.engine import unit_of_work
from tests.unit.app.audit.conftest import NOW, House


def signed(house: House, tenant: str = "acme") -> str | None:
    return sign_checkpoint(house.engine, house.log, tenant, NOW)


def test_a_checkpoint_is_of_the_log_as_it_stands(house: House) -> None:
    assert signed(house) is None
    house.append(3)
    note = signed(house)
    assert note is not None
    assert Checkpoint.open(note, house.log.verifier("acme")).size == 3
    assert house.verify(since=note).holds
    assert signed(house) is None
    house.append()
    assert house.verify(since=note).holds


def test_every_checkpoint_is_sent_once(house: House, tmp_path: Path) -> None:
    sink = tmp_path / "outside"
    assert send_checkpoints(house.engine, sink, NOW) == 0
    assert not sink.exists()
    for tenant in ("acme", "other", "acme"):
        house.append(2, tenant)
        signed(house, tenant)
    assert send_checkpoints(house.engine, sink, NOW) == 3
    assert send_checkpoints(house.engine, sink, NOW) == 0
    house.append()
    signed(house)
    assert send_checkpoints(house.engine, sink, NOW) == 1
    assert sink.read_text().count("— ") == 4
    for tenant in ("acme", "other"):
        assert house.verify(since=sink.read_text(), tenant=tenant).holds


def test_a_sink_that_cannot_be_written_loses_nothing(house: House, tmp_path: Path) -> None:
    house.append()
    signed(house)
    with pytest.raises(OSError, match="No such file"):
        send_checkpoints(house.engine, tmp_path / "missing" / "outside", NOW)
    assert send_checkpoints(house.engine, tmp_path / "outside", NOW) == 1


def test_a_database_put_back_and_written_anew_is_found_against_the_outside_file(house: House, tmp_path: Path) -> None:
    sink, database = tmp_path / "outside", house.home / "countersign.db"
    house.append(3)
    house.engine.dispose()  # the last connection to close folds SQLite's log in
    backup = database.read_bytes()
    house.append(2)
    signed(house)
    send_checkpoints(house.engine, sink, NOW)
    assert house.verify(since=sink.read_text()).holds
    house.engine.dispose()
    database.write_bytes(backup)
    assert house.verify().holds
    assert "rolled back" in str(house.verify(since=sink.read_text()).reason)
    with unit_of_work(house.engine) as session:
        house.log.append(session, "acme", NOW, *[house.record(case="cas_9")] * 4)
    assert house.verify().holds
    assert "rewritten" in str(house.verify(since=sink.read_text()).reason)


def test_nothing_is_signed_that_contradicts_the_last_checkpoint(house: House) -> None:
    house.append(5)
    signed(house)
    house.append()
    with house.engine.begin() as connection:
        connection.execute(text("UPDATE audit_node SET hash = zeroblob(32) WHERE level = 2"))
    with pytest.raises(LogBroken, match="contradicts"):
        signed(house)
    with pytest.raises(LogBroken, match="contradicts"):
        house.export()


def test_another_key_does_not_go_on_where_one_signed(house: House) -> None:
    house.append()
    signed(house)
    with pytest.raises(LogBroken, match="not of this key"):
        sign_checkpoint(house.engine, Log(SigningKey(bytes(32))), "acme", NOW)
