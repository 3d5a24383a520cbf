"""The port over own records answers as the sandbox firm's does over the same records."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import own_records
from app.own_records import OwnRecords
from app.store.engine import make_engine, unit_of_work
from app.store.models import OwnRecord, OwnRecordField
from tests.unit.app.identity.conftest import Hand
from tools.connectors.sandbox import Sandbox
from tools.ports import ReadPort
from tools.record import Record
from tools.records import RECORDS, Assignment, Contact, Leave, Person

DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReadPort, ReadPort, list[Record]]:
    folder: Path = tmp_path_factory.mktemp("own")
    sandbox = Sandbox(folder / "firm.db", Hand())
    sandbox.reset(7, DAY)
    records: list[Record] = [one for model in RECORDS.values() for one in sandbox.find(model, {}, 10_000)]
    engine = make_engine(f"sqlite:///{folder / 'own.db'}")
    for table in (OwnRecord, OwnRecordField):
        table.metadata.tables[str(table.__tablename__)].create(engine)
    with unit_of_work(engine) as session:
        own_records.put(session, "acme", [one for one in records if one.kind not in ("time_entry", "expense")])
        own_records.put(session, "other", records[:5])
    return OwnRecords(engine, "acme"), sandbox, records


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_both_ports_answer_the_same(ports: tuple[ReadPort, ReadPort, list[Record]], data: st.DataObject) -> None:
    own, sandbox, records = ports
    some = data.draw(st.sampled_from([one for one in records if one.kind not in ("time_entry", "expense")]))
    model = type(some)
    assert own.get(model, some.id) == sandbox.get(model, some.id)
    assert own.get(model, "nobody") is None
    fields = data.draw(st.sets(st.sampled_from(sorted(model.single_valued() - {"version"})), max_size=2))
    where = {name: str(value) for name in fields if (value := some.value(name)) is not None}
    limit = data.draw(st.integers(1, 50))
    assert own.find(model, where, limit) == sandbox.find(model, where, limit)


def test_a_field_that_is_none_is_an_error(ports: tuple[ReadPort, ReadPort, list[Record]]) -> None:
    for field in ("nothing", "skills"):
        with pytest.raises(KeyError):
            ports[0].find(Person, {field: "x"})


def test_odd_texts_find_nothing(ports: tuple[ReadPort, ReadPort, list[Record]]) -> None:
    assert ports[0].get(Person, "\x00") is None
    assert ports[0].find(Contact, {"email": "a\x00"}) == []


def test_who_is_forgotten_is_gone_with_their_leave(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'own.db'}")
    for table in (OwnRecord, OwnRecordField):
        table.metadata.tables[str(table.__tablename__)].create(engine)
    ada = Person(
        id="per-1", name="Ada", email="ada@x.example", title="Lead", cost_rate_minor=1, bill_rate_minor=2,
        currency="EUR", starts_on=DAY,
    )  # fmt: skip
    away = Leave(id="lea-1", person_id="per-1", start_on=DAY, end_on=DAY, status="approved")
    work = Assignment(
        id="asg-1", project_id="prj-1", person_id="per-1", role="Lead", start_on=DAY, end_on=DAY, percent=50,
        status="confirmed",
    )  # fmt: skip
    with unit_of_work(engine) as session:
        own_records.put(session, "acme", [ada, away, work])
        own_records.put(session, "other", [ada])
        own_records.forget(session, "acme", "ADA@x.example")
    acme = OwnRecords(engine, "acme")
    assert (acme.find(Person, {}), acme.find(Leave, {}), acme.find(Assignment, {})) == ([], [], [work])
    assert acme.find(Leave, {"person_id": "per-1"}) == []
    assert OwnRecords(engine, "other").find(Person, {}) == [ada]
