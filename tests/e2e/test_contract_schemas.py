"""JSON Schemas of events and actions: each has one, and what really happens holds to it."""

from typing import Any

import pytest

from tests.e2e.site import Site, problem

jsonschema = pytest.importorskip("jsonschema")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

EVENTS = {
    "crm.opportunity.won", "crm.contract.amended", "psa.sow.approved", "psa.change_request.submitted",
    "psa.milestone.slipped", "psa.timesheet.approved", "psa.timesheet.missing", "erp.invoice.drafted",
    "erp.milestone.completed", "support.ticket.opened", "crm.contract.expiring", "hr.person.joined",
    "hr.leave.approved", "crm.opportunity.lost",
}  # fmt: skip
ACTIONS = {
    "create_project", "provision_workspace", "create_onboarding_tasks", "assign_person", "shift_milestone",
    "update_forecast", "change_budget", "create_change_order", "sync_contract_terms", "hold_invoice",
    "release_invoice", "flag_time_entry", "write_off", "send_customer_message", "notify_channel", "create_task",
    "set_ticket_priority", "open_renewal",
}  # fmt: skip


def _validator(site: Site, name: str) -> Any:
    answer = site.get(f"/v1/schemas/{name}")
    assert answer.status_code == 200, name
    schema = answer.json()
    dialect = jsonschema.Draft202012Validator
    dialect.check_schema(schema)
    return dialect(schema, format_checker=dialect.FORMAT_CHECKER)


def test_every_event_type_and_action_is_listed(site: Site) -> None:
    listed = list(site.every("/v1/schemas", page=7))
    names = [each["name"] for each in listed]
    assert len(names) == len(set(names))
    assert {each["name"] for each in listed if each["kind"] == "event"} >= EVENTS
    assert {each["name"] for each in listed if each["kind"] == "action"} >= ACTIONS


def test_every_listed_schema_is_a_schema(site: Site) -> None:
    for each in site.every("/v1/schemas"):
        schema = _validator(site, each["name"]).schema
        assert schema["type"] == "object"
        assert schema["properties"]


def test_every_event_of_the_firm_holds_to_its_schema(site: Site) -> None:
    assert site.happened.keys() == EVENTS
    for kind, events in site.happened.items():
        validator = _validator(site, kind)
        for each in events:
            assert [error.message for error in validator.iter_errors(each["data"])] == []
        assert list(validator.iter_errors({}))
        assert list(validator.iter_errors({name: [] for name in events[0]["data"]}))


def test_every_proposed_action_holds_to_its_schema(site: Site) -> None:
    for kind in ("psa.sow.approved", "crm.opportunity.won", "psa.milestone.slipped", "erp.invoice.drafted"):
        found = site.case(site.senders["all"].take(site.fresh(kind)))
        assert found["proposals"]
        for each in found["proposals"]:
            validator = _validator(site, each["action"]["tool"])
            # The schema is of the whole action, or of its arguments.
            whole = [error.message for error in validator.iter_errors(each["action"]["args"])]
            if whole:
                flat = {"tool": each["action"]["tool"]} | each["action"]["args"]
                whole = [error.message for error in validator.iter_errors(flat)]
            assert whole == [], each["action"]


def test_unknown_names(site: Site) -> None:
    for name in ("none", "erp.invoice", "__proto__", "create_task.json", "%00"):
        problem(site.get(f"/v1/schemas/{name}"), 404, "not_found")
