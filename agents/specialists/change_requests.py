"""Change requests: what a customer asks for in words. The words choose the plan; they fill none of its arguments.

The one exception is named as such: effort that a text states is put into a draft change order, marked as supported by
nothing, and priced by the contract's own rate.
"""

import re

from agents.situation import Situation, fact_id, working_day
from agents.specialists.letters import letter
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import hours, line, money
from tools.events import ChangeRequestSubmitted, TriageRequested
from tools.records import ChangeRequest, Contract, Person, Project
from tools.values import MAX_MINOR

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

_EFFORT = re.compile(
    r"\b(\d{1,4}(?:[.,]\d{1,2})?)[ -]*(person[ -]?days?|man[ -]?days?|work(?:ing)?[ -]?days?|days?|hours?|hrs?|h|pd)"
    r" (?:of )?(?:effort|work|extra work|additional work|development)\b",
    re.IGNORECASE,
)
_DAY_MINUTES = 480
_EFFORT_RANGE = range(30, 2_000 * 60 + 1)


def plan(situation: Situation) -> Plan:
    data, assessed = situation.data, situation.assessed
    lead, project = situation.lead(), situation.project()
    customer = situation.customer()
    topic = situation.called(project) if project else customer.name if customer else "no known project"
    what = (assessed.category or "not classified").replace("_", " ")
    summary = f"A request about {topic}: {what}."
    if lead is None:
        return Plan(summary, nothing_because="nobody in the firm answers for what the request is about")
    order = _change_order(situation, project)
    steps = [order or _task(situation, lead, topic)]
    if (acknowledgement := _acknowledgement(situation, lead, project)) is not None:
        steps.append(acknowledgement)
    assert isinstance(data, ChangeRequestSubmitted | TriageRequested)
    return Plan(summary, tuple(steps))


def _task(situation: Situation, lead: Person, topic: str) -> Step:
    assessed = situation.assessed
    if assessed.category is None:
        title, days = "Read and sort the request", 1
        why = f"The request was not classified: {assessed.abstained}."
    else:
        title, days = _WORK[assessed.category]
        why = f"The request reads as {assessed.category.replace('_', ' ')} ({assessed.confidence} % sure)."
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


def _change_order(situation: Situation, project: Project | None) -> Step | None:
    contract, text = situation.contract(), getattr(situation.data, "text", "")
    minutes = stated_effort(text)
    if situation.assessed.category != "scope_addition" or minutes is None or project is None:
        return None
    if not isinstance(contract, Contract) or contract.hourly_rate_minor <= 0:
        return None
    if contract.currency != project.currency:
        return None
    amount = -(-minutes * contract.hourly_rate_minor // 60)
    if amount > MAX_MINOR:
        return None
    rate = money(contract.hourly_rate_minor, contract.currency)
    request = _request(situation)
    return Step(
        "change_order", "create_change_order",
        {
            "project_id": situation.of(project, "id"),
            "change_request_id": situation.of(request, "id") if request else Given(None),
            "title": Given(
                line(f"Addition to {situation.called(project)}"), (fact_id(project, "name"),), "filled from facts"
            ),
            "minutes": Given(minutes, ("event#text",), "effort as the text states it; no record supports it"),
            "amount_minor": Given(
                amount, (fact_id(contract, "hourly_rate_minor"), "event#text"),
                "the contract's hourly rate × the stated effort, rounded up",
            ),
            "currency": situation.of(project, "currency"),
        },
        rationale=(
            f"The request reads as an addition ({situation.assessed.confidence} % sure) and states an effort of "
            f"{hours(minutes)}. At {rate} an hour by {contract.title} that is {money(amount, contract.currency)}. "
            "Nobody in the firm has estimated it."
        ),
        evidence=[fact_id(contract, "title")],
        triggered_by=["event#text"],
        alternatives=["Have the lead estimate it before anything is drafted.", "Do it within the present budget."],
        ungrounded=[f"effort of {hours(minutes)}"],
    )  # fmt: skip


def stated_effort(text: str) -> int | None:
    """Minutes of effort that the text states, if it states exactly one and it is plausible (30 min to 2,000 h)."""
    found = set()
    for number, unit in _EFFORT.findall(text):
        of_a_day = "day" in unit.lower() or unit.lower() == "pd"
        found.add(round(float(number.replace(",", ".")) * (_DAY_MINUTES if of_a_day else 60)))
    minutes = next(iter(found), 0)
    return minutes if len(found) == 1 and minutes in _EFFORT_RANGE else None


def _request(situation: Situation) -> ChangeRequest | None:
    ident = getattr(situation.data, "change_request_id", None)
    return situation.record(ChangeRequest, ident) if ident else None


def _acknowledgement(situation: Situation, lead: Person, project: Project | None) -> Step | None:
    customer = situation.customer()
    asked_by: str | None = getattr(situation.data, "requested_by", None)
    contact = situation.contact(asked_by)
    if customer is None or contact is None:
        return None
    whom = "the contact on record"
    if asked_by:
        known = contact.email.casefold() == asked_by.casefold()
        whom = "who asked" if known else "the contact on record: who asked is not a known contact of theirs"
    about = f" about {situation.called(project)}" if project else ""
    facts = [fact_id(project, "name")] if project else []
    return letter(
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
    )  # fmt: skip
