"""What happens in most tests: a few actions of the sandbox firm, and who asks for them."""

from typing import Any

from app.identity.principals import by_name
from app.store.engine import unit_of_work
from app.store.models import Case, Execution, Review
from app.workflow import ingest
from tests.integration.fakes import Planned
from tests.integration.world import World
from tools.actions import Action, SendCustomerMessage, WriteOff, parse_action
from tools.records import Contact, Contract, Person

DUE = "2026-03-09"
INVOICE, CUSTOMER = "inv-003", "cus-08"
"""A draft of 16,307.01 EUR for February, of a standard customer."""

MISSING = {"person_id": "per-12", "week_start_on": "2026-02-23"}
"""A week for which somebody's time is missing: an event of which agents may act by themselves."""

CONTRACT = "ctr-01"
BOOKED = "per-12"
"""Who is booked; their line manager is on record."""

PART = 110_000
"""A tenth more than a tenth of the 10,000.00 from which the CFO is needed."""


def write_off(amount: int = PART, invoice: str = INVOICE, reason: str = "agreed") -> WriteOff:
    return WriteOff(invoice_id=invoice, amount_minor=amount, currency="EUR", reason=reason)


def letter(recipient: str, customer: str = CUSTOMER, body: str = "We will look into it.") -> SendCustomerMessage:
    return SendCustomerMessage(customer_id=customer, recipient=recipient, subject="Your request", body=body)


def task(title: str = "Look into it") -> Action:
    return parse_action("create_task", {"title": title, "assignee_id": "per-12", "due_on": DUE})


def ask(world: World, who: str, *planned: Planned, **body: Any) -> Case:
    """A triage request of one of the firm's people, for which the agents propose `planned`."""
    world.agents.says(*planned)
    request = {"kind": "billing_question", "text": "please see to it", "project": "prj-01"} | body
    case_id = ingest.request_triage(world.ctx, world.actor(who), request)
    world.run()
    return world.case(case_id)


def contacts(world: World, customer: str = CUSTOMER) -> list[Contact]:
    return world.all(Contact, customer_id=customer)


def rules_alone(world: World) -> None:
    """No threshold of the score asks for anything: what stops the attack is the guard against it, and nothing else."""
    world.set("thresholds", {"auto_below": 0, "two_from": 101, "deny_from": 101})


def request(world: World, *planned: Planned, text: str = "please look into it") -> Case:
    """A change request in a customer's words on project prj-01, for which the agents propose `planned`."""
    return world.case_of("psa.change_request.submitted", {"project_id": "prj-01", "text": text}, *planned)


def drafted(world: World, *planned: Planned, invoice: str = INVOICE) -> Case:
    """The ERP says that an invoice was drafted, for which the agents propose `planned`."""
    return world.case_of("erp.invoice.drafted", {"invoice_id": invoice}, *planned)


def agree(world: World, asked: Review) -> None:
    """Everybody of the tenant who may approves, until it is approved."""
    for name in ("lena", "lars", "finn", "fred", "ruth", "rolf", "hal", "cora", "rhea"):
        now = world.review(asked.id)
        needed = {role for item in now.required for role in item["roles"]}
        actor = world.actor(name, now.tenant)
        if now.status == "pending" and actor.roles(now.unit) & needed:
            world.approve(actor, now)
    assert world.review(asked.id).status == "approved"


def pending(world: World, *planned: Any) -> Review:
    """One review for a task that a customer asked for."""
    (found,) = world.reviews(request(world, *(planned or (task(),))))
    return found


def money(world: World) -> Review:
    """One review for a write-off that the firm's own system gave the reason for."""
    (found,) = world.reviews(drafted(world, write_off()))
    return found


def automatic(world: World) -> Case:
    """A case whose one task runs by itself."""
    return world.case_of("psa.timesheet.missing", MISSING, task())


def unrun(world: World) -> Execution:
    """An automatic execution that is due and that nobody has begun."""
    world.agents.says(task())
    taken = world.deliver(world.event("psa.timesheet.missing", MISSING)).accepted[0]
    (item,) = world.queue.waiting("triage")
    world.handle("triage", item.row)
    (found,) = world.rows(Execution, case_id=taken.case_id)
    assert found.status == "waiting"
    return found


def approved(world: World, amount: int = PART) -> Review:
    """An approved write-off that nobody has begun."""
    (asked,) = world.reviews(drafted(world, write_off(amount)))
    world.approve("finn", asked)
    return asked


def effects(world: World) -> int:
    return sum(int(entry["count"]) for entry in world.ledger())


def signed(world: World) -> dict[str, Any]:
    """What a signed statement of work says, of the contract of project prj-01."""
    contract = world.get(Contract, CONTRACT)
    return {
        "contract_id": contract.id, "title": "Second phase", "start_on": contract.start_on.isoformat(),
        "end_on": contract.end_on.isoformat(),
    }  # fmt: skip


def large(world: World) -> Review:
    """A write-off above 10,000: two people of finance, the CFO being one, and whatever the score asks for."""
    (found,) = world.reviews(drafted(world, write_off(1_200_000)))
    return found


def booking(world: World) -> Review:
    """A booking that the firm's own system gave the reason for: the resource manager's, with a line manager's consent.
    Of no other role than theirs and the head of delivery's."""
    args = {
        "project_id": "prj-01", "person_id": BOOKED, "role": "Engineer", "start_on": "2026-03-09",
        "end_on": "2026-04-10", "percent": 50,
    }  # fmt: skip
    (found,) = world.reviews(world.case_of("psa.sow.approved", signed(world), parse_action("assign_person", args)))
    return found


def manages(world: World, *names: str, record: str | None = None) -> None:
    """Their accounts are, from now on, of the line manager of who is booked, or of that person record."""
    with unit_of_work(world.ctx.engine) as session:
        for who in names:
            row = by_name(session, "acme", who)
            assert row is not None
            row.record_id = record or world.get(Person, BOOKED).manager_id
            session.add(row)


def noted(world: World, asked: Review, record: str) -> None:
    """The review notes another line manager than the firm's records have."""
    with unit_of_work(world.ctx.engine) as session:
        session.get_one(Review, asked.id).line_manager = record
