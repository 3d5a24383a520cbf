"""Many at once: appending, sealing, erasing and exporting the same tenant's log never leave it broken."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest

from app.audit.checkpoint import sign_checkpoint
from app.audit.erasure import erase, scrub
from app.audit.verify import Key, verify
from app.store.engine import read_only, unit_of_work
from tests.unit.app.audit.conftest import NOW, House

PEOPLE = [f"person/{number}" for number in range(5)]


def together(*work: Callable[[], object]) -> None:
    """Runs everything in its own thread, all starting at once; the first error is raised."""
    gate = threading.Barrier(len(work))

    def at_the_gate(each: Callable[[], object]) -> None:
        gate.wait()
        each()

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(at_the_gate, each) for each in work]:
            done.result()


def test_the_first_entries_of_a_new_tenant_are_appended_by_many(house: House) -> None:
    together(*[house.append] * 8)
    assert house.verify().entries == 8


def test_the_first_payloads_of_a_person_share_one_key(house: House) -> None:
    together(*[lambda: house.tell(PEOPLE[0], {"text": "x"})] * 8)
    result = house.verify()
    assert (result.holds, result.payloads) == (True, 8)


@pytest.mark.parametrize("entries", [40])
def test_writers_erasers_exports_and_checkpoints_side_by_side(house: House, entries: int) -> None:
    exports: list[bytes] = []

    def write(writer: int) -> None:
        for number in range(entries):
            house.tell(PEOPLE[(writer + number) % len(PEOPLE)], {"n": number})

    def erase_some() -> None:
        for number in range(entries // 2):
            subjects = house.vault.subjects("acme", PEOPLE[number % len(PEOPLE)])
            with unit_of_work(house.engine) as session:
                erase(session, house.log, house.actor(), subjects, NOW + timedelta(seconds=number))

    def watch() -> None:
        for _ in range(entries // 4):
            sign_checkpoint(house.engine, house.log, "acme", NOW)
            exports.append(house.export())

    for person in PEOPLE:
        house.tell(person, {"n": -1})
    together(lambda: write(0), lambda: write(1), lambda: write(2), erase_some, watch)
    scrub(house.engine)
    with read_only(house.engine) as session:
        final = house.log.head(session, "acme")
    key = Key(str(house.log.verifier("acme")))
    for export in [*exports, house.export()]:
        result = verify(BytesIO(export), key, {})
        assert result.holds, result
    assert result.size == final.size
    assert result.payloads + result.erased == 3 * entries + len(PEOPLE)
    assert result.erased >= len(PEOPLE)


def test_an_erasure_waits_for_what_is_being_sealed(house: House) -> None:
    """Else the payload would be sealed under a destroyed key, and no entry would say that it is gone."""
    house.tell(PEOPLE[0], {"n": 0})
    subject = house.vault.subject("acme", PEOPLE[0])

    def erase_it() -> int:
        with unit_of_work(house.engine) as session:
            return erase(session, house.log, house.actor(), [subject], NOW).payloads

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(house.engine) as session:
            ident = house.vault.seal(session, "acme", subject, "text", {"n": 1}, NOW)
            erasing = pool.submit(erase_it)
            with pytest.raises(TimeoutError):
                erasing.result(timeout=0.3)
            house.log.append(session, "acme", NOW, house.record(ident))
        assert erasing.result() == 2
    result = house.verify()
    assert (result.holds, result.payloads, result.erased) == (True, 0, 2)
