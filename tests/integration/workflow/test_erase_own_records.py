"""Own records of an erased person go with what is sealed about them, and alone where nothing is."""

import pytest

from app import own_records
from app.errors import Problem
from app.identity.principals import machine_actor
from app.own_records import OwnRecords
from app.store.engine import unit_of_work
from app.workflow.erase import erase_person
from tests.integration.world import World
from tools.records import Contact


def test_a_contacts_own_record_is_deleted_and_it_is_on_record(world: World) -> None:
    contact = Contact(id="cnt-1", customer_id="cus-1", name="Ida Holm", email="ida@north.example")
    with unit_of_work(world.ctx.engine) as session:
        own_records.put(session, "acme", [contact])
    machine = machine_actor("acme")
    erase_person(world.ctx, machine, "Ida@North.example")
    assert OwnRecords(world.ctx.engine, "acme").find(Contact, {}) == []
    assert world.entries()[-1].kind == "records.erased"
    with pytest.raises(Problem, match="Nothing is kept"):
        erase_person(world.ctx, machine, "ida@north.example")
