"""Appending: without a gap, with its transaction or not at all, one tenant at a time, provable."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from app.audit.leaf import Entry
from app.audit.log import LogBroken, LogMisused
from app.audit.merkle import CompactRange, ProofError, check_consistency, check_inclusion, leaf_hash
from app.store.engine import read_only, unit_of_work
from tests.unit.app.audit.conftest import NOW, House


def all_entries(house: House, tenant: str = "acme", **options: Any) -> list[Entry]:
    with read_only(house.engine) as session:
        return house.log.entries(session, tenant, **options)


def test_entries_are_numbered_from_zero_and_come_back(house: House) -> None:
    said = house.append(3) + house.append(2)
    assert [entry.seq for entry in said] == [0, 1, 2, 3, 4]
    assert all_entries(house) == said
    assert all_entries(house, start=3) == said[3:]
    assert all_entries(house, limit=2) == said[:2]
    assert all_entries(house, tenant="other") == []
    assert house.verify().entries == 5


def test_a_cases_entries(house: House) -> None:
    with unit_of_work(house.engine) as session:
        house.log.append(session, "acme", NOW, *[house.record(case=f"cas_{number % 2}") for number in range(6)])
    assert [entry.seq for entry in all_entries(house, case_id="cas_1")] == [1, 3, 5]


def test_what_is_rolled_back_leaves_no_gap(house: House) -> None:
    house.append()
    with Session(house.engine) as session:
        house.log.append(session, "acme", NOW, house.record())
        session.rollback()
    with unit_of_work(house.engine) as session:
        house.log.append(session, "acme", NOW, house.record())
        with session.begin_nested() as savepoint:
            house.log.append(session, "acme", NOW, house.record())
            savepoint.rollback()
        house.log.append(session, "acme", NOW, house.record())
    assert [entry.seq for entry in all_entries(house)] == [0, 1, 2]
    assert house.verify().entries == 3


def test_entries_that_wait_for_the_commit_come_last_in_their_order(house: House) -> None:
    with unit_of_work(house.engine) as session:
        sealed = house.vault.seal(session, "acme", "sub_1", "text", {"said": "hello"}, NOW)
        house.log.append_at_commit(session, "acme", NOW, house.record(sealed, case="cas_1"))
        house.log.append_at_commit(session, "acme", NOW, house.record(case="cas_2"))
        with session.begin_nested(), pytest.raises(LogMisused, match="savepoint"):
            house.log.append_at_commit(session, "acme", NOW, house.record())
        (at_once,) = house.log.append(session, "acme", NOW, house.record(case="cas_3"))
        with pytest.raises(LogMisused, match="acme and other"):
            house.log.append_at_commit(session, "other", NOW, house.record())
        assert at_once.seq == 0
    assert [entry.refs["case"] for entry in all_entries(house)] == ["cas_3", "cas_1", "cas_2"]
    result = house.verify()
    assert (result.holds, result.entries, result.payloads) == (True, 3, 1)


def test_entries_that_wait_go_with_their_transaction(house: House) -> None:
    with Session(house.engine) as session:
        house.log.append_at_commit(session, "acme", NOW, house.record(case="cas_1"))
        session.rollback()
        house.log.append_at_commit(session, "acme", NOW, house.record(case="cas_2"))
        session.commit()
        session.execute(text("SELECT 1"))
        session.commit()
    assert [entry.refs["case"] for entry in all_entries(house)] == ["cas_2"]


def test_a_commit_fails_whose_entry_vouches_for_what_it_cannot(house: House) -> None:
    with Session(house.engine) as session:
        with session.begin_nested() as savepoint:
            sealed = house.vault.seal(session, "acme", "sub_1", "text", "hello", NOW)
            savepoint.rollback()
        house.log.append_at_commit(session, "acme", NOW, house.record(sealed))
        with pytest.raises(LogMisused, match="rolled back"):
            session.commit()
    with Session(house.engine) as session:
        sealed = house.vault.seal(session, "acme", "sub_1", "text", "hello", NOW)
        house.log.append_at_commit(session, "acme", NOW, house.record(sealed))
        house.log.append_at_commit(session, "acme", NOW, house.record(sealed))
        with pytest.raises(LogMisused, match="twice"):
            session.commit()
    assert all_entries(house) == []


def test_many_threads_append_without_a_gap(house: House) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: house.append(1 + number % 3, ("acme", "other")[number % 2]), range(60)))
    sizes = [house.verify(tenant=tenant).entries for tenant in ("acme", "other")]
    assert sum(sizes) == sum(1 + number % 3 for number in range(60))
    for tenant, size in zip(("acme", "other"), sizes, strict=True):
        assert [entry.seq for entry in all_entries(house, tenant, limit=1000)] == list(range(size))


def test_one_tenant_a_transaction(house: House) -> None:
    with Session(house.engine) as session:
        house.log.append(session, "acme", NOW, house.record())
        with session.begin_nested(), pytest.raises(LogMisused, match="acme and other"):
            house.log.append(session, "other", NOW, house.record())
        session.rollback()
        house.log.append(session, "acme", NOW, house.record())
        session.commit()
        house.log.append(session, "other", NOW, house.record())
        session.commit()
    assert (len(all_entries(house)), len(all_entries(house, "other"))) == (1, 1)


def test_every_proof_of_a_stored_log_holds(house: House) -> None:
    roots = [CompactRange().root()]
    entries = []
    for _ in range(13):
        entries += house.append()
        with read_only(house.engine) as session:
            roots.append(house.log.head(session, "acme").root())
    with read_only(house.engine) as session:
        for size in range(1, 14):
            for entry in entries[:size]:
                proof = house.log.inclusion_proof(session, "acme", entry.seq, size)
                check_inclusion(leaf_hash(entry.leaf()), entry.seq, size, proof, roots[size])
            for old in range(size + 1):
                consistent = house.log.consistency_proof(session, "acme", old, size)
                check_consistency(old, size, consistent, roots[old], roots[size])
        for tenant, seq, size in (("acme", 0, 14), ("acme", 13, 13), ("other", 0, 1)):
            with pytest.raises(ProofError):
                house.log.inclusion_proof(session, tenant, seq, size)
        with pytest.raises(ProofError):
            house.log.consistency_proof(session, "acme", 5, 14)


def test_a_payload_is_vouched_for_once_by_its_own_tenant(house: House) -> None:
    with unit_of_work(house.engine) as session:
        used = house.vault.seal(session, "acme", "sub_1", "text", {}, NOW)
        house.log.append(session, "acme", NOW, house.record(used))
    with unit_of_work(house.engine) as session:
        mine = house.vault.seal(session, "acme", "sub_1", "text", {}, NOW)
        theirs = house.vault.seal(session, "other", "sub_1", "text", {}, NOW)
    for refused in ([used], [theirs], ["pld_unknown"], [mine, mine]):
        with pytest.raises(LogMisused), unit_of_work(house.engine) as session:
            house.log.append(session, "acme", NOW, house.record(*refused))
    with pytest.raises(LogMisused), unit_of_work(house.engine) as session:
        house.log.append(session, "acme", NOW, house.record(mine), house.record(mine))
    assert house.verify().payloads == 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_head SET size = size - 1",
        "UPDATE audit_head SET root = '00' || substr(root, 3)",
        "UPDATE audit_head SET compact_range = substr(compact_range, 5)",
        "UPDATE audit_head SET compact_range = ''",
    ],
)
def test_nothing_is_appended_to_a_damaged_head(house: House, damage: str) -> None:
    house.append(5)
    with house.engine.begin() as connection:
        connection.execute(text(damage))
    with pytest.raises(LogBroken):
        house.append()
    with pytest.raises(LogBroken):
        house.export()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_entry SET leaf = CAST(replace(CAST(leaf AS TEXT), 'cas_1', 'cas_2') AS BLOB) WHERE seq = 2",
        "UPDATE audit_head SET size = size + 4",
        "DELETE FROM audit_entry WHERE seq = 2",
        "DELETE FROM audit_entry WHERE seq = 4",
        "DELETE FROM payload WHERE seq = 5",
        "UPDATE payload SET ciphertext = NULL WHERE seq = 5",
        "UPDATE payload SET ciphertext = zeroblob(100) WHERE seq = 5",
        "UPDATE payload SET name = 'other' WHERE seq = 5",
        "UPDATE payload SET seq = 6 WHERE seq = 5",
        "UPDATE subject_key SET wrapped = NULL",
        "DELETE FROM subject_key",
    ],
)
def test_what_is_changed_in_the_database_shows_in_the_export(house: House, damage: str) -> None:
    house.append(5)
    house.tell("person/1", {"text": "a"})
    house.append()
    assert house.verify().holds
    with house.engine.begin() as connection:
        connection.execute(text(damage))
    assert not house.verify().holds
