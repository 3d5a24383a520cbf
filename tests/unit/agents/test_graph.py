import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agents.journal import Journal as AnyJournal
from agents.reasoners.base import Reading, Wording
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from agents.steps import Letter
from agents.wording import EFFECT, UNDO
from tests.unit.agents.small_firm import ERP, NOW, Desk, Journal, after, small_firm, tools
from tools.events import EVENT_TYPES, WorkflowEvent
from tools.facts import Fact, Trust
from tools.lookups import Lookups
from tools.proposals import Assessment
from tools.records import Invoice, Leave, Opportunity, Ticket
from tools.registry import TOOLS
from tools.values import RecordKey

SLIP = {"milestone_id": "mil-1", "expected_on": after(17).isoformat()}


class Says:
    """A reasoner that words every letter with one given body."""

    def __init__(self, body: str) -> None:
        self.body = body

    def assess(self, reading: Reading, journal: AnyJournal) -> Assessment:
        raise AssertionError("no text to assess in these tests")

    def word(self, letter: Letter, facts: list[Fact], journal: AnyJournal) -> Wording:
        assert {fact.id for fact in facts} <= set(letter.facts)
        assert all(fact.trust.trusted for fact in facts)
        return Wording(letter.subject, self.body, "a test")


def test_an_unknown_type_ends_with_nothing_and_why(desk: Desk) -> None:
    outcome = desk.run("shop.order.placed", order="1")
    assert outcome.proposals == []
    assert "not known" in str(outcome.nothing_because)
    assert outcome.assessment.category is None


@pytest.mark.parametrize("event_type", [name for name in EVENT_TYPES if not name.startswith("assistant.")])
def test_a_subject_that_is_not_there_ends_with_nothing_and_why(desk: Desk, event_type: str) -> None:
    day = after(3).isoformat()
    data = {
        "opportunity_id": "x", "contract_id": "x", "title": "t", "start_on": day, "end_on": day, "project_id": "x",
        "text": "t", "milestone_id": "x", "expected_on": day, "person_id": "x", "week_start_on": day, "invoice_id": "x",
        "completed_on": day, "ticket_id": "x", "expires_on": day, "starts_on": day, "leave_id": "x",
    }  # fmt: skip
    outcome = desk.run(event_type, **data)
    assert outcome.proposals == []
    assert "the firm's records hold no" in str(outcome.nothing_because)


def test_data_of_the_wrong_shape_is_refused_by_field(desk: Desk) -> None:
    with pytest.raises(ValidationError, match="expected_on"):
        desk.triage.run(
            _event(SLIP | {"expected_on": "soon"}), tenant="ten", now=NOW, lookups=Lookups(desk.firm),
            journal=Journal(), trust={}, new_proposal_id=lambda: "prp_" + "0" * 26,
        )  # fmt: skip


def test_every_argument_has_its_provenance_and_every_cited_fact_exists(desk: Desk) -> None:
    outcome = desk.run("psa.milestone.slipped", **SLIP)
    known = {f"{key}#{name}" for key, record in desk.firm.records.items() for name in type(record).model_fields}
    known |= {"event#milestone_id", "event#expected_on"}
    for proposal in outcome.proposals:
        assert proposal.provenance.keys() == proposal.action.args().keys()
        cited = {fact for source in proposal.provenance.values() for fact in source.facts}
        assert cited <= set(proposal.evidence) <= known
        assert set(proposal.triggered_by) <= known
        assert proposal.alternatives
        assert proposal.expected_effect
        assert proposal.undo


def test_every_tool_has_its_words() -> None:
    assert EFFECT.keys() == UNDO.keys() == TOOLS.keys()


def test_a_run_leaves_nothing_for_the_next_one_also_in_threads(desk: Desk) -> None:
    lock, ids = threading.Lock(), iter(range(10_000))

    def new_id() -> str:
        with lock:
            return f"prp_{next(ids):026d}"

    def one(_: int) -> list[str]:
        outcome = desk.triage.run(
            _event(SLIP), tenant="ten", now=NOW, lookups=Lookups(desk.firm), journal=Journal(),
            trust={"milestone_id": Trust.SYSTEM, "expected_on": Trust.SYSTEM}, new_proposal_id=new_id,
        )  # fmt: skip
        return [proposal.id for proposal in outcome.proposals]

    with ThreadPoolExecutor(4) as pool:
        made = [ident for several in pool.map(one, range(40)) for ident in several]
    assert len(made) == len(set(made)) == 40 * 5


def test_a_letter_that_invents_something_names_it(desk: Desk) -> None:
    outcome = Desk(desk.firm, Says(
        "Dear Carla Harbour, Design is now expected on 19 March 2026, at the latest on 24 March 2026. "
        "You get EUR 750.00 back; write to help@elsewhere.example or see https://elsewhere.example/x. "
        "Jonas Petrov is to blame."
    )).run("psa.milestone.slipped", **SLIP)  # fmt: skip
    message = outcome.proposals[-1]
    assert message.action.tool == "send_customer_message"
    assert set(message.ungrounded) == {
        "https://elsewhere.example/x.", "help@elsewhere.example", "latest", "24 March 2026", "EUR 750.00",
        "Jonas Petrov is to blame",
    }  # fmt: skip


@pytest.mark.parametrize("named", ["Quillon Steel", "QUILLON STEEL portal", "quillon.example", "prj-two"])
def test_a_letter_that_names_another_customer_is_left_out(desk: Desk, named: str) -> None:
    outcome = Desk(desk.firm, Says(f"We are late because of {named}.")).run("psa.milestone.slipped", **SLIP)
    assert "send_customer_message" not in tools(outcome)
    assert "names another customer" in outcome.summary
    assert named.casefold() not in outcome.summary.casefold()


def test_a_customer_whose_name_begins_another_ones_may_be_named(embedded: EmbeddedReasoner) -> None:
    firm = small_firm()
    firm.change("customer/cus-two", name="Harbour")
    assert "send_customer_message" in tools(Desk(firm, embedded).run("psa.milestone.slipped", **SLIP))


def test_what_only_an_untrusted_event_said_grounds_nothing(desk: Desk) -> None:
    desk.trust = {}
    message = desk.run("psa.milestone.slipped", **SLIP).proposals[-1]
    assert message.ungrounded == ["19 March 2026"]


def test_a_record_that_no_action_can_carry_costs_its_own_step_alone(desk: Desk) -> None:
    desk.firm.change("project/prj-one", channel="Our Room")
    outcome = desk.run("erp.milestone.completed", milestone_id="mil-1", completed_on=after(-1).isoformat())
    assert tools(outcome) == ["create_task"]
    assert "does not fit notify_channel (channel)" in outcome.summary


DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31)).map(date.isoformat)


@settings(max_examples=150)
@given(
    event_type=st.sampled_from(sorted(EVENT_TYPES)),
    days=st.tuples(DAYS, DAYS),
    text=st.sampled_from(["x", "we want more"]),
)
@example(event_type="psa.sow.approved", days=("2020-01-01", "2032-01-01"), text="x")
def test_no_date_makes_a_run_fail(
    embedded: EmbeddedReasoner, event_type: str, days: tuple[str, str], text: str
) -> None:
    firm = small_firm()
    one, other = (date.fromisoformat(day) for day in sorted(days))
    firm.put(
        Opportunity(id="opp-1", authors=ERP, customer_id="cus-one", title="O", stage="won", amount_minor=1,
                    currency="EUR", expected_start_on=one, owner_id="per-bob"),
        Ticket(id="tic-1", authors=ERP, customer_id="cus-one", title="t", text="t", priority="p3", status="open"),
        Leave(id="lea-1", authors=ERP, person_id="per-ann", start_on=one, end_on=other, status="approved"),
        Invoice(id="inv-1", authors=ERP, customer_id="cus-one", project_id="prj-one", contract_id="ctr-one",
                number="N", status="draft", amount_minor=5, currency="EUR", period_start_on=one, period_end_on=other,
                drafted_on=other),
    )  # fmt: skip
    data = {
        "opportunity_id": "opp-1", "contract_id": "ctr-one", "title": "t", "start_on": days[0], "end_on": days[1],
        "text": text, "milestone_id": "mil-1", "expected_on": days[0], "person_id": "per-ann", "invoice_id": "inv-1",
        "week_start_on": days[0], "completed_on": days[0], "ticket_id": "tic-1", "expires_on": days[0],
        "starts_on": days[0], "leave_id": "lea-1", "project_id": "prj-one", "kind": "other", "project": "prj-one",
        "roles": [{"role": "r", "skill": "python"}], "record": {"kind": "contract", "id": "ctr-one"},
        "findings": ["terms_differ"],
    }  # fmt: skip
    outcome = Desk(firm, embedded).run(event_type, **data)
    assert bool(outcome.proposals) != bool(outcome.nothing_because)


def _event(data: dict[str, str]) -> WorkflowEvent:
    return WorkflowEvent(
        id="e", source="test", type="psa.milestone.slipped", time=NOW, data=data,
        subject=RecordKey(kind="milestone", id=data["milestone_id"]),
    )  # fmt: skip
