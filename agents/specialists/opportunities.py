"""Opportunities: a won one asks for a statement of work; of a lost one the soft bookings are let go."""

from agents.situation import Situation, fact_id, working_day
from agents.specialists.projects import DELIVERY_CHANNEL
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, line, money
from tools.events import OpportunityLost, OpportunityWon
from tools.records import Assignment, Opportunity, Person
from tools.staffing.bookings import to_release

MOST = 30
"""Bookings that one action releases."""


def plan(situation: Situation) -> Plan:
    return _won(situation) if isinstance(situation.data, OpportunityWon) else _lost(situation)


def _won(situation: Situation) -> Plan:
    data = situation.typed(OpportunityWon)
    opportunity = situation.record(Opportunity, data.opportunity_id)
    assert opportunity is not None
    worth = money(opportunity.amount_minor, opportunity.currency)
    summary = f"The opportunity “{opportunity.title}” was won."
    if opportunity.stage != "won":
        return Plan(summary, nothing_because=f"the CRM's record of {opportunity.id} says {opportunity.stage}, not won")
    owner = (situation.person(opportunity.owner_id) if opportunity.owner_id else None) or situation.lead()
    if owner is None:
        return Plan(summary, nothing_because=f"opportunity {opportunity.id} has no owner who works here")
    differs = data.amount_minor is not None and (data.amount_minor, data.currency or opportunity.currency) != (
        opportunity.amount_minor, opportunity.currency,
    )  # fmt: skip
    facts = tuple(fact_id(opportunity, field) for field in ("title", "amount_minor", "expected_start_on"))
    draft = task(
        situation, "statement_of_work", owner,
        title=line(f"Draft the statement of work for {opportunity.title}"),
        description=(
            f"Won at {worth}; expected to start on {day(opportunity.expected_start_on)}."
            + (" The event gives another amount than the CRM's record: settle which holds." if differs else "")
        ),
        due_on=working_day(situation.today, 5),
        why=f"“{opportunity.title}” is won at {worth}, and work cannot be set up without a statement of work.",
        facts=facts, triggered_by=("event#opportunity_id",),
    )  # fmt: skip
    note = Step(
        "note", "notify_channel",
        {
            "channel": Given(DELIVERY_CHANNEL, method="the delivery leads' channel"),
            "text": Given(
                f"Won: {opportunity.title}, {worth}, expected to start on {day(opportunity.expected_start_on)}.",
                facts, "filled from facts",
            ),
        },
        rationale="The delivery leads plan their people by what is won.",
        triggered_by=["event#opportunity_id"],
        alternatives=["Wait for the statement of work."],
    )  # fmt: skip
    return Plan(summary, (draft, note))


def _lost(situation: Situation) -> Plan:
    opportunity = situation.record(Opportunity, situation.typed(OpportunityLost).opportunity_id)
    assert opportunity is not None
    summary = f"The opportunity “{opportunity.title}” was lost."
    if opportunity.stage != "lost":
        return Plan(summary, nothing_because=f"the CRM's record of {opportunity.id} says {opportunity.stage}, not lost")
    bookings = sorted(
        (one for one in situation.all(Assignment) if one.opportunity_id == opportunity.id), key=lambda one: one.id
    )
    soft = [one for one, _ in to_release(bookings, {opportunity.id: opportunity}, situation.today)]
    firm = [one for one in bookings if one.status == "confirmed" and one.end_on >= situation.today]
    steps = [_released(situation, opportunity, soft[:MOST])] if soft else []
    owner = (situation.person(opportunity.owner_id) if opportunity.owner_id else None) or situation.lead()
    if firm and owner is not None:
        steps.append(_settled(situation, opportunity, firm, owner))
    if not steps:
        return Plan(summary, nothing_because=f"nobody is softly booked for {opportunity.id}")
    return Plan(summary, tuple(steps))


def _booked(count: int, how: str) -> str:
    return f"1 {how}booking" if count == 1 else f"{count} {how}bookings"


def _released(situation: Situation, opportunity: Opportunity, soft: list[Assignment]) -> Step:
    who = [person.name for one in soft if (person := situation.record(Person, one.person_id)) is not None]
    facts = tuple(fact_id(one, "opportunity_id") for one in soft)
    return Step(
        "release", "cancel_record",
        {
            "kind": Given("assignment", method="soft bookings are let go"),
            "ids": Given([one.id for one in soft], facts, "those that hang on the opportunity and are not confirmed"),
        },
        rationale=(
            f"Held for “{opportunity.title}”, which is lost: {_booked(len(soft), 'soft ')} "
            f"({', '.join(dict.fromkeys(who))}). Planning counts that time as free; the schedule "
            "still shows it as taken."
        ),
        evidence=[fact_id(opportunity, "stage"), fact_id(opportunity, "title"),
                  *(fact_id(one, "status") for one in soft)],
        triggered_by=["event#opportunity_id"],
        alternatives=["Keep them for another opportunity of the same time."],
    )  # fmt: skip


def _settled(situation: Situation, opportunity: Opportunity, firm: list[Assignment], owner: Person) -> Step:
    return task(
        situation, "confirmed", owner,
        title=line(f"Settle the confirmed bookings for {opportunity.title}"),
        description=f"Lost, with {_booked(len(firm), 'confirmed ')} for it. Find other work, or release them.",
        due_on=working_day(situation.today, 2),
        why="A confirmed booking is a promise to somebody, and is not let go by itself.",
        facts=(fact_id(opportunity, "title"), *(fact_id(one, "status") for one in firm)),
        computed=(len(firm),), triggered_by=("event#opportunity_id",),
    )  # fmt: skip
