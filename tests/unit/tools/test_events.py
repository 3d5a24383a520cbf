"""Event data: known fields are strict, unknown ones left aside, and each type names its subject."""

from typing import Any

import pytest
from pydantic import ValidationError

from tools.events import EVENT_TYPES, OWN_EVENTS, SowApproved, TriageRequested, WorkflowEvent
from tools.values import RecordKey

SOW: dict[str, Any] = {"contract_id": "ctr-1", "title": "t", "start_on": "2026-04-01", "end_on": "2026-05-01"}


def test_the_types_of_the_public_interface() -> None:
    assert sorted(EVENT_TYPES.keys() - OWN_EVENTS) == [
        "crm.contract.amended", "crm.contract.expiring", "crm.opportunity.lost", "crm.opportunity.won",
        "erp.invoice.drafted",
        "erp.milestone.completed", "hr.leave.approved", "hr.person.joined", "psa.change_request.submitted",
        "psa.milestone.slipped", "psa.sow.approved", "psa.timesheet.approved", "psa.timesheet.missing",
        "support.ticket.opened",
    ]  # fmt: skip


def test_a_sender_may_grow_fields_but_not_bend_known_ones() -> None:
    grown = SowApproved.model_validate(SOW | {"extra": {"deep": [1]}})
    assert grown.subject_key() == RecordKey(kind="contract", id="ctr-1")
    for wrong in ({"start_on": "soon"}, {"end_on": "2200-01-01"}, {"contract_id": "a/b"}, {"roles": [{"role": "x"}]}):
        with pytest.raises(ValidationError):
            SowApproved.model_validate(SOW | wrong)


def test_what_a_triage_is_about() -> None:
    asked = {"kind": "other", "text": "t"}
    assert TriageRequested.model_validate(asked).subject_key() is None
    assert str(TriageRequested.model_validate(asked | {"customer": "cus-1"}).subject_key()) == "customer/cus-1"
    both = asked | {"customer": "cus-1", "project": "prj-1"}
    assert str(TriageRequested.model_validate(both).subject_key()) == "project/prj-1"


def test_an_event_needs_an_aware_time_and_a_dotted_type() -> None:
    event: dict[str, Any] = {
        "id": "1", "source": "s", "type": "a.b", "subject": None, "time": "2026-03-18T08:00:00Z", "data": {},
    }  # fmt: skip
    WorkflowEvent.model_validate(event)
    wrongs: list[dict[str, Any]] = [
        {"time": "2026-03-18T08:00:00"}, {"type": "A.B"}, {"type": "single"}, {"id": ""}, {"data": []},
    ]  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            WorkflowEvent.model_validate(event | wrong)
