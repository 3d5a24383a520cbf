"""Reach: what a subject leads to, and never into another customer's records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tools.conftest import MORNING, OpenFirm
from tools.connectors.sandbox import Sandbox
from tools.facts import Trust
from tools.ports import SourceUnavailable
from tools.reach import facts_named, reach
from tools.records import RECORDS, Assignment, Contact, Milestone, Project
from tools.values import RecordKey, RecordKind

WALLED: list[RecordKind] = [
    "customer", "contact", "contract", "project", "milestone", "invoice", "opportunity", "change_request", "ticket",
    "forecast", "workspace",
]  # fmt: skip


@given(data=st.data())
def test_a_case_about_one_customer_stays_with_that_customer(open_firm: OpenFirm, data: st.DataObject) -> None:
    with open_firm() as firm:
        for _ in range(12):
            model = RECORDS[data.draw(st.sampled_from(WALLED))]
            start = data.draw(st.sampled_from(firm.find(model, {}, 1_000)))
            reached = reach(firm, start.key, MORNING)
            assert len(reached.customers()) == 1, start.key
            (customer,) = reached.customers()
            owners = {reached.customer_of(record) for record in reached.records.values()}
            assert owners <= {customer, None}
            facts = facts_named(reached, [f"{key}#id" for key in reached.records])
            assert len(facts) == len(reached.records)
            assert {fact.customer for fact in facts} <= {customer, None}


def test_a_project_reaches_its_team_terms_and_plan_but_no_colleague_s_other_work(firm: Sandbox) -> None:
    reached = reach(firm, RecordKey(kind="project", id="prj-01"), MORNING)
    kinds = {record.kind for record in reached.records.values()}
    assert {"project", "customer", "contract", "person", "milestone", "assignment", "contact", "forecast"} <= kinds
    seats = [record for record in reached.of_kind("assignment") if isinstance(record, Assignment)]
    assert {seat.project_id for seat in seats} == {"prj-01"}
    assert "time_entry" not in kinds


def test_a_person_reaches_every_project_they_are_on(firm: Sandbox) -> None:
    busy = firm.find(Assignment, {"status": "confirmed"})[0].person_id
    reached = reach(firm, RecordKey(kind="person", id=busy), MORNING)
    expected = {seat.project_id for seat in firm.find(Assignment, {"person_id": busy})}
    booked = {entry.value("project_id") for entry in reached.of_kind("time_entry")}
    assert expected | booked == {project.id for project in reached.of_kind("project")}


def test_nothing_and_the_unknown_reach_nothing(firm: Sandbox) -> None:
    assert reach(firm, None, MORNING).records == {}
    assert reach(firm, RecordKey(kind="project", id="prj-999"), MORNING).records == {}


def test_also_adds_a_second_start(firm: Sandbox) -> None:
    key = firm.find(Milestone, {})[0].key
    assert reach(firm, None, MORNING, also=[key]).records == reach(firm, key, MORNING).records


def test_versions_are_those_that_were_read(firm: Sandbox) -> None:
    reached = reach(firm, RecordKey(kind="project", id="prj-01"), MORNING)
    assert reached.versions() == {key: record.version for key, record in reached.records.items()}


def test_facts_carry_their_field_s_author_and_trust(firm: Sandbox) -> None:
    inbound = next(one for one in firm.find(Contact, {}, 1_000) if one.authors == {"*": "mail/inbound"})
    reached = reach(firm, RecordKey(kind="customer", id=inbound.customer_id), MORNING)
    fields = ("email", "name", "authors", "version", "skills", "nothing")
    asked = [f"{key}#{field}" for key in (*reached.records, "project/prj-999") for field in fields]
    facts = {fact.id: fact for fact in facts_named(reached, asked)}
    fact = facts[f"contact/{inbound.id}#email"]
    assert (fact.trust, fact.author, fact.customer) == (Trust.CUSTOMER, "mail/inbound", inbound.customer_id)
    assert facts[f"customer/{inbound.customer_id}#name"].trust is Trust.SYSTEM
    assert not any(ident.endswith(("#authors", "#version", "#skills")) for ident in facts)


def test_an_outage_is_said_and_not_read_as_nothing(firm: Sandbox) -> None:
    firm.fault("unavailable", "read")
    with pytest.raises(SourceUnavailable):
        reach(firm, RecordKey(kind="project", id="prj-01"), MORNING)


def test_records_of_one_project_belong_to_its_customer(firm: Sandbox) -> None:
    project = firm.get(Project, "prj-13")
    assert project is not None
    reached = reach(firm, project.key, MORNING)
    for kind in ("milestone", "assignment", "invoice", "contract", "contact"):
        for record in reached.of_kind(kind):
            assert reached.customer_of(record) == project.customer_id
    assert all(reached.customer_of(person) is None for person in reached.of_kind("person"))
