"""The firm lives: its events are well formed, its records say the same, and nothing happens by halves."""

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.unit.tools.conftest import MORNING, OpenFirm, SetClock
from tools.connectors.sandbox import Sandbox
from tools.connectors.sandbox.firm import TWENTY_FIVE_HOURS
from tools.connectors.sandbox.life import HAPPENINGS, NoFirm
from tools.connectors.sandbox.texts import CHANGE_REQUESTS, TICKETS
from tools.events import EVENT_TYPES, OWN_EVENTS
from tools.facts import Trust
from tools.records import (
    RECORDS,
    ChangeRequest,
    Contact,
    Contract,
    Customer,
    Invoice,
    Leave,
    Milestone,
    Opportunity,
    Person,
    Project,
    Ticket,
    TimeEntry,
)
from tools.values import RecordKey

ALL = sorted(EVENT_TYPES.keys() - OWN_EVENTS)


def test_every_type_can_happen() -> None:
    assert sorted(HAPPENINGS) == ALL


@pytest.mark.parametrize("event_type", ALL)
def test_events_fit_their_type_and_name_a_record_that_is_there(firm: Sandbox, event_type: str) -> None:
    events = firm.emit(event_type, 40)
    assert len({event["id"] for event in events}) == 40
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(set(times))
    assert times[-1] == MORNING
    for event in events:
        assert (event["specversion"], event["source"], event["type"]) == ("1.0", "sandbox", event_type)
        data = EVENT_TYPES[event_type].model_validate(event["data"])
        assert event["subject"] == str(data.subject_key())
        subject = RecordKey.parse(event["subject"])
        assert firm.get(RECORDS[subject.kind], subject.id) is not None
    assert firm.waiting() == [event["id"] for event in events]


def test_the_same_seed_gives_the_same_life(open_firm: OpenFirm) -> None:
    """However it is cut into calls; only the milliseconds differ."""

    def lived(*parts: int) -> tuple[list[object], list[object]]:
        with open_firm() as firm:
            events = [event for part in parts for event in firm.emit(count=part)]
            records: list[object] = [firm.show(*event["subject"].split("/")) for event in events]
            return [event | {"time": ""} for event in events], records

    assert lived(60) == lived(20, 1, 39)


def test_a_short_life_shows_every_type(firm: Sandbox) -> None:
    assert sorted(event["type"] for event in firm.emit(count=len(ALL))) == ALL


def test_a_reset_never_reuses_an_event_id(firm: Sandbox) -> None:
    before = firm.emit(count=5)
    firm.reset(7)
    after = firm.emit(count=5)
    assert {event["id"] for event in before}.isdisjoint(event["id"] for event in after)
    assert [event["data"] for event in after] == [event["data"] for event in before]


def test_an_unknown_type_and_a_senseless_count(firm: Sandbox) -> None:
    with pytest.raises(ValueError, match="the type is one of"):
        firm.emit("crm.opportunity.forgotten")
    with pytest.raises(ValueError, match="at least 1"):
        firm.emit(count=0)
    assert firm.waiting() == []


def test_nothing_happens_in_a_file_without_a_firm(tmp_path: Path, clock: SetClock) -> None:
    with Sandbox(tmp_path / "new" / "empty.db", clock) as empty:
        assert empty.seed() is None
        with pytest.raises(NoFirm):
            empty.emit()


def test_texts_are_many_and_of_every_sort() -> None:
    assert len({written.text for written in CHANGE_REQUESTS}) >= 25
    assert len({written.category for written in CHANGE_REQUESTS}) >= 9
    assert {written.language for written in CHANGE_REQUESTS} == {"en", "de", "fr"}
    assert len(TICKETS) >= 12


def test_a_customer_s_words_are_the_customer_s(firm: Sandbox) -> None:
    senders = set()
    for event in firm.emit("psa.change_request.submitted", 60):
        request = firm.get(ChangeRequest, event["data"]["change_request_id"])
        assert request is not None
        assert (request.text, request.project_id) == (event["data"]["text"], event["data"]["project_id"])
        assert request.trust("text") is Trust.CUSTOMER
        project = firm.get(Project, request.project_id)
        assert project is not None
        known = [one.email for one in firm.find(Contact, {"customer_id": project.customer_id})]
        senders.add(event["data"]["requested_by"] in known)
    assert senders == {True, False}, "some letters come from addresses that no contact has"
    for event in firm.emit("support.ticket.opened", 20):
        ticket = firm.get(Ticket, event["data"]["ticket_id"])
        assert ticket is not None
        assert {ticket.trust("title"), ticket.trust("text")} == {Trust.CUSTOMER}


def test_an_amendment_reaches_the_crm_and_not_the_erp(firm: Sandbox) -> None:
    for event in firm.emit("crm.contract.amended", 10):
        (term,) = event["data"]["changed_fields"]
        contract = firm.get(Contract, event["data"]["contract_id"])
        assert contract is not None
        assert contract.value(f"crm_{term}") == contract.value(term)
        assert contract.value(f"erp_{term}") != contract.value(term)
        assert contract.trust(term) is Trust.SYSTEM


def test_the_day_of_25_hours_is_approved_first(firm: Sandbox) -> None:
    data = firm.emit("psa.timesheet.approved")[0]["data"]
    week = date.fromisoformat(data["week_start_on"])
    entries = [
        entry for entry in firm.find(TimeEntry, {"person_id": data["person_id"]}, 1_000)
        if 0 <= (entry.day - week).days < 7
    ]  # fmt: skip
    assert {entry.status for entry in entries} == {"approved"}
    assert TWENTY_FIVE_HOURS in [entry.minutes for entry in entries]


def test_drafts_are_mostly_right_and_sometimes_wrong(firm: Sandbox) -> None:
    off = 0
    for event in firm.emit("erp.invoice.drafted", 40):
        invoice = firm.get(Invoice, event["data"]["invoice_id"])
        assert invoice is not None
        assert invoice.status == "draft"
        contract = firm.get(Contract, invoice.contract_id)
        assert contract is not None
        if contract.type == "time_and_materials":
            off += abs(invoice.amount_minor - invoice.minutes * contract.hourly_rate_minor / 60) > 1
    assert 1 <= off <= 20


def test_records_follow_their_events(firm: Sandbox) -> None:
    events = {event["type"]: event["data"] for event in firm.emit(count=len(ALL))}
    won = firm.get(Opportunity, events["crm.opportunity.won"]["opportunity_id"])
    ending = firm.get(Contract, events["crm.contract.expiring"]["contract_id"])
    sow = firm.get(Contract, events["psa.sow.approved"]["contract_id"])
    reached = firm.get(Milestone, events["erp.milestone.completed"]["milestone_id"])
    joined = firm.get(Person, events["hr.person.joined"]["person_id"])
    leave = firm.get(Leave, events["hr.leave.approved"]["leave_id"])
    assert won is not None
    assert ending is not None
    assert sow is not None
    assert reached is not None
    assert joined is not None
    assert leave is not None
    assert (won.stage, ending.status, reached.status, leave.status) == ("won", "expiring", "completed", "approved")
    assert firm.find(Project, {"contract_id": sow.id}) == []
    assert events["psa.sow.approved"]["roles"] != []
    assert joined.starts_on.isoformat() == events["hr.person.joined"]["starts_on"]
    assert firm.get(Customer, sow.customer_id) is not None
    missing = events["psa.timesheet.missing"]
    booked = firm.find(TimeEntry, {"person_id": missing["person_id"]}, 1_000)
    week = date.fromisoformat(missing["week_start_on"])
    assert [entry for entry in booked if 0 <= (entry.day - week).days < 7] == []
