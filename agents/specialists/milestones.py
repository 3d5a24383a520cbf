"""Milestones: a slip moves what hangs on it and is told to the customer; a completion is billed."""

from datetime import date, timedelta

from agents.situation import Situation, fact_id, working_day
from agents.specialists.letters import letter
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, line, money
from tools.events import MilestoneCompleted, MilestoneSlipped
from tools.planning.milestones import tied
from tools.records import Contract, Customer, Forecast, Milestone, Person, Project

MAX_DEPENDENTS = 20
MAX_SLIP = timedelta(days=730)
"""A date further off than this is taken for a slip of the pen."""


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    milestone = situation.record(Milestone, subject.id if subject else None)
    assert milestone is not None
    project = situation.record(Project, milestone.project_id)
    if project is None:
        return Plan(
            f"{milestone.name} changed.", nothing_because=f"the firm's records hold no project {milestone.project_id}"
        )
    if isinstance(situation.data, MilestoneCompleted):
        return _completed(situation, milestone, project)
    return _slipped(situation, milestone, project)


def _slipped(situation: Situation, milestone: Milestone, project: Project) -> Plan:
    expected = situation.typed(MilestoneSlipped).expected_on
    summary = f"{milestone.name} of {project.name} is expected on {day(expected)} instead of {day(milestone.due_on)}."
    if milestone.status in ("completed", "invoiced"):
        return Plan(summary, nothing_because=f"milestone {milestone.id} is already {milestone.status}")
    if expected <= milestone.due_on:
        return Plan(summary, nothing_because=f"{expected} is not later than the milestone's date {milestone.due_on}")
    late = expected - milestone.due_on
    if late > MAX_SLIP:
        return _implausible(situation, milestone, project, summary)
    steps = [_shift(situation, milestone, expected)]
    behind = dependents(situation.all(Milestone), milestone)
    circle = {milestone.id, *(one.id for one in behind)} & set(tied(situation.all(Milestone)))
    # Of milestones that wait for each other nobody can say which one moves which.
    moved = [] if circle else [(one, one.due_on + late) for one in behind]
    steps += [_shift_dependent(situation, one, milestone, due_on, late) for one, due_on in moved]
    last = max([expected, *(due_on for _, due_on in moved)])
    steps += _forecast(situation, project, milestone, last, expected)
    steps += _message(situation, milestone, project, expected, [one for one, _ in moved])
    if circle and (lead := situation.lead()) is not None:
        steps.append(_untied(situation, project, sorted(circle), lead))
    return Plan(summary, tuple(steps))


def _untied(situation: Situation, project: Project, circle: list[str], lead: Person) -> Step:
    return task(
        situation, "untie", lead,
        title=line(f"Untie the milestones of {project.name} that wait for each other"),
        description=f"Each of {', '.join(circle)} comes after another of them, so none was moved with the late one.",
        due_on=working_day(situation.today, 2), why="What follows from the delay cannot be told before that.",
        facts=(fact_id(project, "name"), *(f"milestone/{ident}#after_id" for ident in circle)),
        triggered_by=("event#expected_on",),
    )  # fmt: skip


def _implausible(situation: Situation, milestone: Milestone, project: Project, summary: str) -> Plan:
    lead = situation.lead()
    because = "more than two years late is not plausible"
    if lead is None:
        return Plan(summary, nothing_because=because)
    check = task(
        situation, "check", lead,
        title=line(f"Check the expected date of {milestone.name} of {project.name}"),
        description="It was reported as more than two years late; nothing was moved.",
        due_on=working_day(situation.today, 1), why=f"The reported date was not taken over: {because}.",
        facts=(fact_id(milestone, "name"), fact_id(project, "name")), triggered_by=("event#expected_on",),
    )  # fmt: skip
    return Plan(summary, (check,))


def dependents(milestones: list[Milestone], slipped: Milestone) -> list[Milestone]:
    """Open milestones that come after the slipped one, directly or through others, in the order of their dates."""
    behind: dict[str, Milestone] = {}
    waiting = [slipped.id]
    while waiting and len(behind) < MAX_DEPENDENTS:
        before = waiting.pop()
        for one in milestones:
            if one.after_id == before and one.id not in behind and one.id != slipped.id:
                waiting.append(one.id)
                if one.status in ("planned", "in_progress"):
                    behind[one.id] = one
    return sorted(behind.values(), key=lambda one: (one.due_on, one.id))


def _shift(situation: Situation, milestone: Milestone, expected: date) -> Step:
    return Step(
        "milestone", "shift_milestone",
        {
            "milestone_id": situation.of(milestone, "id"),
            "due_on": situation.told("expected_on"),
            "reason": Given(
                f"Expected on {day(expected)} instead of {day(milestone.due_on)}.",
                (fact_id(milestone, "due_on"), "event#expected_on"), "filled from facts",
            ),
        },
        rationale=f"{milestone.name} was due on {day(milestone.due_on)} and is now expected on {day(expected)}.",
        evidence=[fact_id(milestone, "name")],
        triggered_by=["event#expected_on"],
        alternatives=["Keep the date and add people.", "Deliver in part on the old date."],
    )  # fmt: skip


def _shift_dependent(situation: Situation, one: Milestone, slipped: Milestone, due_on: date, late: timedelta) -> Step:
    return Step(
        f"milestone_{one.id}", "shift_milestone",
        {
            "milestone_id": situation.of(one, "id"),
            "due_on": Given(
                due_on, (fact_id(one, "due_on"), fact_id(slipped, "due_on"), "event#expected_on"),
                f"moved by the same {late.days} days as {slipped.name}",
            ),
            "reason": Given(
                f"It follows {slipped.name}, which is {late.days} days late.",
                (fact_id(slipped, "name"),), "filled from facts",
            ),
        },
        rationale=(
            f"{one.name} comes after {slipped.name} and keeps its distance: {day(due_on)} instead of {day(one.due_on)}."
        ),
        evidence=[fact_id(one, "after_id"), fact_id(one, "name")],
        triggered_by=["event#expected_on"],
        alternatives=["Keep its date, if the work between them can be shortened."],
        computed=[late.days],
    )  # fmt: skip


def _forecast(situation: Situation, project: Project, milestone: Milestone, last: date, expected: date) -> list[Step]:
    forecast = situation.record(Forecast, project.id) or situation.lookups.forecast(project.id)
    if forecast is None or forecast.finish_on >= last:
        return []
    facts = ("event#expected_on",) if last == expected else ("event#expected_on", fact_id(milestone, "due_on"))
    return [
        Step(
            "forecast", "update_forecast",
            {
                "project_id": situation.of(project, "id"),
                "remaining_minutes": Given(
                    forecast.remaining_minutes, (fact_id(forecast, "remaining_minutes"),), "unchanged by a slip"
                ),
                "finish_on": Given(last, facts, "the latest of the moved dates"),
            },
            rationale=f"The forecast says {day(forecast.finish_on)}; the last moved milestone is due on {day(last)}.",
            evidence=[fact_id(forecast, "finish_on")],
            triggered_by=["event#expected_on"],
            alternatives=["Ask the lead for a new estimate to complete."],
        )
    ]  # fmt: skip


def _message(
    situation: Situation, milestone: Milestone, project: Project, expected: date, moved: list[Milestone]
) -> list[Step]:
    customer, contact = situation.record(Customer, project.customer_id), situation.contact(None)
    if customer is None or contact is None:
        return []
    facts = [fact_id(project, "name"), fact_id(milestone, "name"), fact_id(milestone, "due_on"), "event#expected_on"]
    # Each date that follows is decided about by itself: none of them is told as moved.
    also = (
        f" Whether it moves {', '.join(situation.called(one) for one in moved)} too is being settled." if moved else ""
    )
    news = f"{situation.called(milestone)}, planned for {day(milestone.due_on)}, is now expected on {day(expected)}."
    return [
        letter(
            situation, "message", contact, customer, situation.lead(),
            purpose="tell the customer that a date moves; admit no fault and promise nothing more",
            subject=line(f"{situation.called(project)}: new date for {situation.called(milestone)}"),
            paragraphs=[
                news + also,
                "We would be glad to go through the plan with you.",
            ],
            facts=[*facts, *(fact_id(one, "name") for one in moved)],
            why="The customer plans by this date and should hear of it from us.",
            triggered_by=("event#expected_on",),
        )
    ]  # fmt: skip


def _completed(situation: Situation, milestone: Milestone, project: Project) -> Plan:
    data = situation.typed(MilestoneCompleted)
    contract = situation.record(Contract, project.contract_id)
    summary = f"{milestone.name} of {project.name} was completed on {day(data.completed_on)}."
    if milestone.status == "invoiced":
        return Plan(summary, nothing_because=f"milestone {milestone.id} is already invoiced")
    if data.completed_on > situation.today:
        return Plan(summary, nothing_because=f"{data.completed_on} has not come yet")
    steps: list[Step] = []
    facts = [fact_id(milestone, field) for field in ("name", "amount_minor")]
    payee = situation.person(contract.owner_id) if contract and contract.owner_id else situation.lead()
    if milestone.amount_minor > 0 and payee is not None:
        worth = money(milestone.amount_minor, milestone.currency)
        steps.append(
            task(
                situation, "invoice", payee,
                title=line(f"Invoice {milestone.name} of {project.name}"),
                description=f"Completed on {day(data.completed_on)}; {worth} by the contract. Keep the acceptance.",
                due_on=working_day(situation.today, 3),
                why=f"{milestone.name} is completed and {worth} hang on it; no invoice stands for it.",
                facts=facts, triggered_by=("event#milestone_id",),
            )
        )  # fmt: skip
    if project.channel:
        steps.append(_note(situation, milestone, project, data.completed_on))
    if not steps:
        return Plan(summary, nothing_because="no amount hangs on the milestone and the project has no channel")
    return Plan(summary, tuple(steps))


def _note(situation: Situation, milestone: Milestone, project: Project, completed_on: date) -> Step:
    return Step(
        "note", "notify_channel",
        {
            "channel": situation.of(project, "channel"),
            "text": Given(
                f"{situation.called(milestone)} of {situation.called(project)} is completed, on {day(completed_on)}.",
                (fact_id(milestone, "name"), fact_id(project, "name"), "event#completed_on"), "filled from facts",
            ),
        },
        rationale="The team should know what is done.",
        triggered_by=["event#milestone_id"],
        alternatives=["Say it in the next meeting."],
    )  # fmt: skip
