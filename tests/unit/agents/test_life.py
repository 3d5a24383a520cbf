"""The graph on the sandbox firm's own events: one case of each type, and none of them fails."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from agents.graph import Triage
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from tests.unit.agents.small_firm import CUSTOMERS_WORDS, Journal
from tools.connectors.sandbox import Sandbox
from tools.events import EVENT_TYPES, OWN_EVENTS, WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.proposals import Outcome
from tools.values import RecordKey

NOW = datetime(2026, 3, 18, 8, 30, tzinfo=UTC)
EACH = 6

EXPECTED = {
    "crm.opportunity.won": {"create_task"},
    "crm.opportunity.lost": {"cancel_record"},
    "crm.contract.amended": {"sync_contract_terms"},
    "crm.contract.expiring": {"open_renewal"},
    "psa.sow.approved": {"create_project", "provision_workspace", "create_onboarding_tasks", "assign_person"},
    "psa.change_request.submitted": {"create_task", "send_customer_message"},
    "psa.milestone.slipped": {"shift_milestone", "update_forecast", "send_customer_message"},
    "psa.timesheet.approved": {"flag_time_entry"},
    "psa.timesheet.missing": {"create_task"},
    "erp.invoice.drafted": {"hold_invoice", "release_invoice"},
    "erp.milestone.completed": {"notify_channel"},
    "support.ticket.opened": {"set_ticket_priority", "create_task"},
    "hr.person.joined": {"create_onboarding_tasks"},
    "hr.leave.approved": {"assign_person"},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "firm.db", lambda: NOW) as firm:
        firm.reset(7)
        yield firm


def outcomes(sandbox: Sandbox, embedded: EmbeddedReasoner, event_type: str) -> list[Outcome]:
    triage, journal, ids = Triage(embedded), Journal(), iter(range(100_000))
    found = []
    for raw in sandbox.emit(event_type, EACH):
        event = WorkflowEvent(
            id=raw["id"], source="sandbox", type=event_type, subject=RecordKey.parse(raw["subject"]), time=NOW,
            data=raw["data"],
        )  # fmt: skip
        trust = {name: Trust.CUSTOMER if name in CUSTOMERS_WORDS else Trust.SYSTEM for name in event.data}
        found.append(
            triage.run(
                event, tenant="ten", now=NOW, lookups=Lookups(sandbox), journal=journal, trust=trust,
                new_proposal_id=lambda: f"prp_{next(ids):026d}",
            )
        )  # fmt: skip
    return found


def test_every_type_is_expected() -> None:
    assert EXPECTED.keys() == EVENT_TYPES.keys() - OWN_EVENTS


@pytest.mark.parametrize("event_type", EXPECTED)
def test_each_type_ends_in_what_it_should(sandbox: Sandbox, embedded: EmbeddedReasoner, event_type: str) -> None:
    found = outcomes(sandbox, embedded, event_type)
    proposed = {proposal.action.tool for outcome in found for proposal in outcome.proposals}
    assert proposed >= EXPECTED[event_type]
    for outcome in found:
        assert bool(outcome.proposals) != bool(outcome.nothing_because)
        assert "Left out" not in outcome.summary
        assert all(proposal.ungrounded == [] for proposal in outcome.proposals)
