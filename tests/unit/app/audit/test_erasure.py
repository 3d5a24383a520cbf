"""Erasing: gone from every file, said in the log, and the log still holds."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from app.audit.checkpoint import sign_checkpoint
from app.audit.erasure import Erasure, ScrubIncomplete, erase, scrub
from app.audit.log import LogMisused
from app.audit.vault import PayloadErased
from app.store.engine import read_only, unit_of_work
from tests.unit.app.audit.conftest import NOW, House

PERSON = "ada.lovelace@example.com"


def erased(house: House, *about: str) -> Erasure:
    subjects = [ident for each in about for ident in house.vault.subjects("acme", each)]
    with unit_of_work(house.engine) as session:
        return erase(session, house.log, house.actor(), subjects, NOW)


def wrapped_keys(house: House) -> dict[str, bytes]:
    with house.engine.connect() as connection:
        rows = connection.execute(text("SELECT data_subject, wrapped FROM subject_key WHERE wrapped IS NOT NULL"))
        return {subject: bytes(wrapped) for subject, wrapped in rows}


def ciphertexts(house: House) -> list[bytes]:
    with house.engine.connect() as connection:
        return [bytes(each) for each in connection.scalars(text("SELECT ciphertext FROM payload ORDER BY created_at"))]


def test_an_erased_person_is_in_no_file_and_the_log_holds(house: House) -> None:
    for number in range(30):
        house.tell(PERSON, {"text": f"planted {number}"})
        house.tell("bob@example.com", {"text": "stays"})
    note = sign_checkpoint(house.engine, house.log, "acme", NOW)
    keys, sealed = wrapped_keys(house), ciphertexts(house)
    subject = house.vault.subject("acme", PERSON)
    assert keys[subject] in house.files()
    assert b"planted" in house.export()

    assert erased(house, PERSON) == Erasure(payloads=30, entries=1)
    scrub(house.engine)

    files = house.files()
    assert keys.pop(subject) not in files
    assert all(key in files for key in keys.values())
    assert sum(each in files for each in sealed) == 30
    assert b"planted" not in files
    assert PERSON.encode() not in files
    assert b"planted" not in house.export()
    result = house.verify(since=note)
    assert (result.holds, result.entries, result.payloads, result.erased) == (True, 61, 30, 30)


def test_erasing_again_changes_nothing_and_strangers_are_passed_over(house: House) -> None:
    house.tell(PERSON, {})
    assert erased(house, PERSON, "nobody").entries == 1
    assert erased(house, PERSON, "nobody") == Erasure(payloads=0, entries=0)
    assert house.verify().entries == 2


def test_an_erasure_that_is_rolled_back_erased_nothing(house: House) -> None:
    house.tell(PERSON, {"text": "kept"})
    with Session(house.engine) as session:
        erase(session, house.log, house.actor(), house.vault.subjects("acme", PERSON), NOW)
        session.rollback()
    result = house.verify()
    assert (result.holds, result.payloads, result.erased) == (True, 1, 0)


def test_another_tenants_person_of_the_same_id_stays(house: House) -> None:
    house.tell(PERSON, {"text": "gone"})
    subject = house.vault.subject("acme", PERSON)
    with unit_of_work(house.engine) as session:
        theirs = house.vault.seal(session, "other", subject, "text", "stays", NOW)
    erased(house, PERSON)
    with read_only(house.engine) as session:
        assert house.vault.open(session, "other", theirs) == "stays"


def test_a_person_heard_of_again_has_a_new_key(house: House) -> None:
    with unit_of_work(house.engine) as session:
        old = house.vault.seal(session, "acme", house.vault.subject("acme", PERSON), "text", "old", NOW)
        house.log.append(session, "acme", NOW, house.record(old))
    before = wrapped_keys(house)
    erased(house, PERSON)
    house.tell(PERSON, {"text": "new"})
    assert wrapped_keys(house) != before
    with read_only(house.engine) as session, pytest.raises(PayloadErased):
        house.vault.open(session, "acme", old)
    assert (house.verify().payloads, house.verify().erased) == (1, 1)
    assert erased(house, PERSON) == Erasure(payloads=1, entries=1)
    assert (house.verify().holds, house.verify().payloads, house.verify().erased) == (True, 0, 2)


def test_many_payloads_take_several_entries(house: House) -> None:
    subject = house.vault.subject("acme", PERSON)
    with unit_of_work(house.engine) as session:
        ids = [house.vault.seal(session, "acme", subject, "text", number, NOW) for number in range(1001)]
        house.log.append(session, "acme", NOW, *[house.record(ident) for ident in ids])
    assert erased(house, PERSON) == Erasure(payloads=1001, entries=3)
    result = house.verify()
    assert (result.holds, result.entries, result.erased) == (True, 1004, 1001)


def test_what_no_entry_vouches_for_is_erased_too_and_cannot_be_vouched_for_after(house: House) -> None:
    with unit_of_work(house.engine) as session:
        loose = house.vault.seal(session, "acme", house.vault.subject("acme", PERSON), "text", "planted", NOW)
    assert erased(house, PERSON) == Erasure(payloads=0, entries=1)
    with pytest.raises(LogMisused), unit_of_work(house.engine) as session:
        house.log.append(session, "acme", NOW, house.record(loose))
    assert house.verify().holds


def test_scrubbing_says_when_a_reader_is_in_its_way(house: House) -> None:
    house.tell(PERSON, {})
    with read_only(house.engine) as reader:
        reader.execute(text("SELECT count(*) FROM payload"))
        erased(house, PERSON)
        with pytest.raises(ScrubIncomplete):
            scrub(house.engine, wait=timedelta(milliseconds=20))
    scrub(house.engine)
    assert house.verify().holds
