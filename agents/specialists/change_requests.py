"""Change requests: what a customer asks for in words. The words choose the plan; they fill none of its arguments.

The one exception is named as such: effort that a text states is put into a draft change order, marked as supported by
nothing, priced by the contract's own rate and planned on the records.
"""

from agents.situation import Situation, fact_id, working_day
from agents.specialists import change_orders
from agents.specialists.letters import letter
from agents.specialists.tasks import task
from agents.steps import Plan, Step
from agents.wording import hours, line
from tools.events import ChangeRequestSubmitted, TriageRequested
from tools.pricing.priced import PricedChange
from tools.records import Person, Project

# Category → what the lead is asked to do, and in how many working days.
_WORK = {
    "scope_addition": ("Price the requested addition", 3),
    "scope_reduction": ("Work out what the requested reduction saves", 3),
    "schedule_change": ("Decide on the requested dates", 2),
    "defect": ("Look into the reported defect", 1),
    "staffing_change": ("Answer the request about the team", 2),
    "question": ("Answer the customer's question", 2),
    "billing_dispute": ("Clear up the billing question", 2),
    "compliance": ("Check the compliance or legal point", 1),
    # What a request is called that was sent in as a ticket.
    "incident": ("Have the reported incident looked at", 1),
    "service_request": ("Have the requested service done", 2),
    "change_request": ("Price the requested change", 3),
    "other": ("Read the customer's message and decide what it needs", 2),
}  # fmt: skip


def plan(situation: Situation) -> Plan:
    data, assessed = situation.data, situation.assessed
    lead, project = situation.lead(), situation.project()
    customer = situation.customer()
    topic = situation.called(project) if project else customer.name if customer else "no known project"
    what = (assessed.category or "not classified").replace("_", " ")
    summary = f"A request about {topic}: {what}."
    if lead is None:
        return Plan(summary, nothing_because="nobody in the firm answers for what the request is about")
    assert isinstance(data, ChangeRequestSubmitted | TriageRequested)
    change, contract = change_orders.priced(situation, project), situation.contract()
    if isinstance(change, PricedChange) and project is not None and contract is not None:
        steps = [change_orders.order(situation, project, contract, change)]
    else:
        steps = [_task(situation, lead, topic, change if isinstance(change, change_orders.Unpriced) else None)]
    steps += _answer(situation, lead, project, change)
    return Plan(summary, tuple(steps))


def _task(situation: Situation, lead: Person, topic: str, unpriced: change_orders.Unpriced | None) -> Step:
    assessed = situation.assessed
    if assessed.category is None:
        title, days = "Read and sort the request", 1
        why = f"The request was not classified: {assessed.abstained}."
    else:
        title, days = _WORK[assessed.category]
        why = f"The request reads as {assessed.category.replace('_', ' ')} ({assessed.confidence} % sure)."
    if unpriced is not None:
        why += f" It states an effort of {hours(unpriced.minutes)}, and nothing is priced: {unpriced.why}."
    if assessed.urgency == "high":
        days = 1
    project, contract = situation.project(), situation.contract()
    facts = tuple(fact_id(one, field) for one, field in ((project, "name"), (contract, "title")) if one is not None)
    under = f" under {contract.title}" if contract else ""
    return task(
        situation, "task", lead,
        title=line(f"{title}: {topic}"),
        description=(
            f"The request is in the case. It concerns {topic}{under}. "
            f"Urgency: {assessed.urgency}; impact: {assessed.impact}."
        ),
        due_on=working_day(situation.today, days),
        why=why, facts=facts, triggered_by=("event#text",),
        alternatives=("Reject the request with a reason.", "Ask the customer for what is missing."),
    )  # fmt: skip


def _answer(
    situation: Situation, lead: Person, project: Project | None, change: PricedChange | change_orders.Unpriced | None
) -> list[Step]:
    """What the customer hears: the draft offer where there is a price, else that the request has arrived."""
    customer, contract = situation.customer(), situation.contract()
    asked_by: str | None = getattr(situation.data, "requested_by", None)
    contact = situation.contact(asked_by)
    if customer is None or contact is None:
        return []
    if isinstance(change, PricedChange) and project is not None and contract is not None:
        return [change_orders.offer(situation, project, contract, change, contact, customer, lead)]
    whom = "the contact on record"
    if asked_by:
        known = contact.email.casefold() == asked_by.casefold()
        whom = "who asked" if known else "the contact on record: who asked is not a known contact of theirs"
    about = f" about {situation.called(project)}" if project else ""
    facts = [fact_id(project, "name")] if project else []
    return [letter(
        situation, "acknowledgement", contact, customer, lead,
        purpose="acknowledge that a request has arrived; promise nothing",
        subject=line(f"Your request{about}"),
        paragraphs=[
            f"thank you for your message{about}. It has arrived and is being looked at.",
            f"{lead.name} will come back to you with an answer. Until then nothing changes in what we agreed.",
        ],
        facts=facts,
        why=f"A customer who asked for something should hear that it arrived. It goes to {contact.name}, {whom}.",
        triggered_by=("event#text",),
    )]  # fmt: skip
