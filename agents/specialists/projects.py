"""Projects: an approved statement of work becomes one bundle of dependent steps."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agents.situation import Situation, fact_id, working_day
from agents.specialists.contracts import settled
from agents.specialists.letters import letter
from agents.specialists.staffing import Vacant, seats
from agents.specialists.tasks import task
from agents.steps import Earlier, Given, Plan, Step
from agents.wording import day, hours, line, money
from tools.events import SowApproved, SowRole
from tools.records import Contract, Person, Project, Skill, StaffingRequest
from tools.staffing.hours import weekdays_between

FULL_DAY = 480
"""Minutes of a full day's work by which a role's share is counted, before anybody has a calendar in it."""

DELIVERY_CHANNEL = "#delivery"
"""Where the firm's delivery leads read of new work; a project gets a channel of its own by its workspace."""

_NAMED = 5
"""Projects that are told one by one."""


def plan(situation: Situation) -> Plan:
    data = situation.typed(SowApproved)
    contract = situation.record(Contract, data.contract_id)
    assert contract is not None
    summary = f"The statement of work “{data.title}” was approved under {contract.title}."
    lead = situation.lead()
    because = _not_to_be_set_up(situation, data, contract)
    if because or lead is None:
        return Plan(summary, nothing_because=because or f"nobody in the firm answers for contract {contract.id}")
    steps = settled(situation, contract, "event#contract_id")
    others = [one for one in situation.all(Project) if one.contract_id == contract.id and one.status != "cancelled"]
    if _left(contract, others) <= 0:
        return Plan(summary, (*steps, _unfunded(situation, data, contract, others, lead)))
    project = _project(situation, data, contract, others, lead)
    steps += [project, _workspace(data), _onboarding(situation, data, lead)]
    steps += _staffing(situation, data, contract, lead)
    steps += _forecast(data)
    steps += _welcome(situation, data, contract, lead)
    steps.append(_note(situation, data, contract))
    return Plan(summary, tuple(steps))


def _not_to_be_set_up(situation: Situation, data: SowApproved, contract: Contract) -> str | None:
    if data.end_on < data.start_on:
        return f"the statement of work ends on {data.end_on}, before it starts on {data.start_on}"
    if contract.status == "ended":
        return f"contract {contract.id} has ended"
    if contract.value_minor <= 0:
        return f"contract {contract.id} has no value that a project's budget could be taken from"
    if (contract.unit or "") == "":
        return f"contract {contract.id} belongs to no unit"
    twin = next((one for one in situation.all(Project) if one.name == data.title and one.status != "cancelled"), None)
    return f"project {twin.id} of that name already stands under the contract" if twin else None


def _left(contract: Contract, others: Sequence[Project]) -> int:
    """Minor units of the contract's value that no other project has for its budget; none where one is in another
    currency, which nobody may add up."""
    if any(one.currency != contract.currency for one in others):
        return 0
    return contract.value_minor - sum(max(0, one.budget_minor) for one in others)


def _unfunded(
    situation: Situation, data: SowApproved, contract: Contract, others: Sequence[Project], lead: Person
) -> Step:
    taken = ", ".join(f"{one.id} ({money(one.budget_minor, one.currency)})" for one in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return task(
        situation, "budget", lead,
        title=line(f"Settle the budget of {data.title}"),
        description=(
            f"No project was set up. The contract is worth {money(contract.value_minor, contract.currency)}, and other "
            f"projects under it have that for their budgets: {taken}{more}. Amend the contract, or book the work there."
        ),
        due_on=working_day(situation.today, 2),
        why=f"Contract {contract.id} leaves no value that a further project's budget could be taken from.",
        facts=(
            "event#title", fact_id(contract, "value_minor"),
            *(fact_id(one, "budget_minor") for one in others[:_NAMED]),
        ),
        computed=(*(one.id for one in others[:_NAMED]), len(others) - _NAMED), triggered_by=("event#contract_id",),
    )  # fmt: skip


def _project(
    situation: Situation, data: SowApproved, contract: Contract, others: Sequence[Project], lead: Person
) -> Step:
    outside = data.start_on < contract.start_on or data.end_on > contract.end_on
    left = _left(contract, others)
    rest = Given(
        left,
        (fact_id(contract, "value_minor"), *(fact_id(one, "budget_minor") for one in others[:_NAMED])),
        "the signed contract's value, less the budgets of its other projects",
    )
    return Step(
        "project", "create_project",
        {
            "name": situation.told("title"),
            "customer_id": situation.of(contract, "customer_id"),
            "contract_id": situation.of(contract, "id"),
            "unit": situation.of(contract, "unit"),
            "start_on": situation.told("start_on"),
            "end_on": situation.told("end_on"),
            "budget_minor": rest if others else situation.of(contract, "value_minor", "the signed contract's value"),
            "currency": situation.of(contract, "currency"),
            "lead_id": Given(lead.id, (fact_id(contract, "owner_id"), fact_id(lead, "name")), "who answers for it"),
        },
        rationale=(
            f"The statement of work runs from {day(data.start_on)} to {day(data.end_on)} under {contract.title}, worth "
            f"{money(contract.value_minor, contract.currency)}; no project stands for it yet."
            + (f" Its other projects leave {money(left, contract.currency)} of that for a budget." if others else "")
            + (" These dates lie outside the contract's own." if outside else "")
        ),
        evidence=[fact_id(contract, "title"), fact_id(contract, "start_on"), fact_id(contract, "end_on")],
        triggered_by=["event#contract_id"],
        alternatives=[f"Book the work on a project that {contract.title} already has, if it extends one."],
    )  # fmt: skip


def _workspace(data: SowApproved) -> Step:
    slug = re.sub(r"[^a-z0-9]+", "-", data.title.casefold()).strip("-")[:60] or "project"
    return Step(
        "workspace", "provision_workspace",
        {
            "project_id": Earlier("project", "project_id"),
            "type": Given("channel", method="every project gets a channel"),
            "name": Given(slug, ("event#title",), "the title in letters, digits and hyphens"),
        },
        rationale="The team needs one place to talk before its first day.",
        triggered_by=["event#contract_id"],
        alternatives=["Use the customer's existing channel, if the same team goes on."],
    )  # fmt: skip


def _onboarding(situation: Situation, data: SowApproved, lead: Person) -> Step:
    before = max(situation.today, data.start_on - timedelta(days=5))
    tasks = [
        {"title": "Confirm scope, acceptance and contacts with the customer", "assignee_id": lead.id, "due_on": before},
        {"title": "Check billing terms, purchase order and rate card", "assignee_id": lead.id, "due_on": before},
        {"title": "Hold the kick-off", "assignee_id": lead.id, "due_on": max(situation.today, data.start_on)},
    ]
    return Step(
        "onboarding", "create_onboarding_tasks",
        {
            "about_kind": Given("project", method="the tasks start the project"),
            "about": Earlier("project", "project_id"),
            "tasks": Given(
                tasks, (fact_id(lead, "name"), "event#start_on"), "for the lead, two of them five days before the start"
            ),
        },
        rationale=f"{lead.name} leads the project, which starts on {day(data.start_on)}.",
        triggered_by=["event#contract_id"],
        alternatives=["Leave the set-up to the lead's own checklist."],
    )  # fmt: skip


def _staffing(situation: Situation, data: SowApproved, contract: Contract, lead: Person) -> list[Step]:
    requests = [
        StaffingRequest(
            id=f"role-{number + 1}", unit=contract.unit, role=role.role,
            skills=[Skill(name=role.skill, level=role.level)], percent=role.percent, start_on=data.start_on,
            end_on=data.end_on, hourly_rate_minor=contract.hourly_rate_minor, currency=contract.currency,
        )
        for number, role in enumerate(data.roles)
    ]  # fmt: skip
    planned = seats(situation, contract.unit, requests) if requests else {}
    steps: list[Step] = []
    for number, role in enumerate(data.roles):
        seat = planned[requests[number].id]
        if isinstance(seat, Vacant):
            steps.append(_unfilled(situation, data, role, number, lead, seat))
            continue
        told = f"event#roles/{number}"
        steps.append(
            Step(
                f"assignment_{number + 1}", "assign_person",
                {
                    "project_id": Earlier("project", "project_id"),
                    "person_id": Given(seat.person.id, seat.facts, "planned with all seats of this project"),
                    "role": Given(role.role, (f"{told}/role",), "as the event says"),
                    "start_on": situation.told("start_on"),
                    "end_on": situation.told("end_on"),
                    "percent": Given(role.percent, (f"{told}/percent",), "as the event says"),
                    "status": Given("requested", method="bookings start as requests"),
                },
                rationale=seat.why,
                triggered_by=["event#contract_id", f"{told}/skill"],
                alternatives=seat.alternatives,
                loads=[seat.loads],
            )
        )  # fmt: skip
    return steps


def _unfilled(situation: Situation, data: SowApproved, role: SowRole, number: int, lead: Person, seat: Vacant) -> Step:
    told = f"event#roles/{number}"
    return task(
        situation, f"staffing_{number + 1}", lead,
        title=f"Find a {role.role} for {data.title}",
        description=(
            f"Asked: {role.skill} at level {role.level}, {role.percent} % "
            f"from {day(data.start_on)} to {day(data.end_on)}."
        ),
        due_on=working_day(situation.today, 3),
        why=seat.why,
        facts=(f"{told}/role", f"{told}/skill"),
        computed=(role.level, role.percent),
        triggered_by=("event#contract_id",),
    )  # fmt: skip


def _forecast(data: SowApproved) -> list[Step]:
    """What the roles come to, all of it ahead; nothing where the statement of work names no role."""
    if not data.roles:
        return []
    days = weekdays_between(data.start_on, data.end_on)
    minutes = sum(role.percent for role in data.roles) * days * FULL_DAY // 100
    shares = tuple(f"event#roles/{number}/percent" for number in range(len(data.roles)))
    return [Step(
        "forecast", "update_forecast",
        {
            "project_id": Earlier("project", "project_id"),
            "remaining_minutes": Given(
                minutes, (*shares, "event#start_on", "event#end_on"), "the roles' shares of the weekdays, at 8 h a day"
            ),
            "finish_on": Given(data.end_on, ("event#end_on",), "as the event says"),
        },
        rationale=(
            f"The roles come to {hours(minutes)} over {days} weekdays, before holidays and leave. "
            "Without a first forecast the project's progress cannot be told."
        ),
        triggered_by=["event#contract_id"],
        alternatives=["Let the lead estimate it before the project starts."],
    )]  # fmt: skip


def _welcome(situation: Situation, data: SowApproved, contract: Contract, lead: Person) -> list[Step]:
    """The customer hears who leads the work and when it starts, and only once the project stands."""
    customer, contact = situation.customer(), situation.contact(None)
    if customer is None or contact is None:
        return []
    when = f"from {day(data.start_on)} to {day(data.end_on)}"
    written = letter(
        situation, "welcome", contact, customer, lead,
        purpose="welcome the customer to a project that was agreed; promise nothing beyond its dates",
        subject=line(f"{data.title}: who works with you"),
        paragraphs=[
            f"thank you for your trust. {data.title} under {contract.title} is planned {when}.",
            f"{lead.name} leads the project and is your contact for questions about it.",
        ],
        facts=["event#title", "event#start_on", "event#end_on", fact_id(contract, "title")],
        why=f"A customer should hear who leads their project before it starts. It goes to {contact.name}.",
        triggered_by=("event#contract_id",),
    )  # fmt: skip
    return [replace(written, args={**written.args, "project_id": Earlier("project", "project_id")})]


def _note(situation: Situation, data: SowApproved, contract: Contract) -> Step:
    text = f"{data.title} is approved under {contract.title}: {day(data.start_on)} to {day(data.end_on)}."
    return Step(
        "note", "notify_channel",
        {
            "channel": Given(DELIVERY_CHANNEL, method="the delivery leads' channel"),
            "text": Given(text, ("event#title", fact_id(contract, "title")), "filled from facts"),
        },
        rationale="The delivery leads plan their people by what is approved.",
        triggered_by=["event#contract_id"],
        alternatives=["Say it in the weekly meeting only."],
    )  # fmt: skip
