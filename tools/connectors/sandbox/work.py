"""Contracts, projects, teams and milestones: who works on what, at which rate, until when."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tools.connectors.sandbox.book import make_id
from tools.connectors.sandbox.clients import CUSTOMERS, EUR_PPM, billing_contact_of
from tools.connectors.sandbox.people import LEADS_IN_UNIT, PEOPLE_IN_UNIT, UNITS
from tools.records import Assignment, Contract, Customer, Forecast, Milestone, Person, Project, Workspace

RUNNING, CONTRACTS = 30, 40
_PER_UNIT = RUNNING // len(UNITS)
# How a consultant's week is split over projects; the last has room for more.
_SPLITS = ((50, 50), (60, 30), (50, 40), (60, 20), (50, 30), (40, 40), (50,))
_ENGAGEMENTS = {
    "Engineering": ("Claims portal", "Cloud migration", "API gateway", "Mobile app", "Service desk",
                    "Identity platform", "Integration hub", "Web shop relaunch", "Monitoring",
                    "Release automation", "Customer portal"),
    "Data & AI": ("Data platform", "Demand forecast", "Reporting factory", "Customer 360",
                  "Fraud scoring", "Data governance", "Churn model", "Sensor analytics", "Master data",
                  "Document search", "Price model"),
    "Advisory": ("ERP readiness", "Process redesign", "Procurement review", "Operating model", "CRM rollout",
                 "Shared services", "Finance transformation", "Change programme", "Tender support",
                 "PMO", "Audit prep"),
}  # fmt: skip
_STAGES = ("Discovery", "Design", "Build", "Acceptance", "Handover")


@dataclass
class Portfolio:
    contracts: list[Contract] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    forecasts: list[Forecast] = field(default_factory=list)
    workspaces: list[Workspace] = field(default_factory=list)


@dataclass(frozen=True)
class Seat:
    person: Person
    percent: int
    role: str


def make_portfolio(rng: Random, people: list[Person], customers: list[Customer], today: date) -> Portfolio:
    """Thirty running projects with teams; a planned one nobody is on, a planned one softly booked, two done."""
    made = Portfolio()
    order = rng.sample(range(len(customers)), len(customers))
    for number in range(RUNNING):
        unit = number // _PER_UNIT
        if number % _PER_UNIT == 0:
            teams = _teams(rng, people[unit * PEOPLE_IN_UNIT : (unit + 1) * PEOPLE_IN_UNIT])
            titles = rng.sample(_ENGAGEMENTS[UNITS[unit]], _PER_UNIT)
        start = today - timedelta(days=rng.randrange(75, 270))
        end = today + timedelta(days=rng.randrange(20, 240))
        place, title = order[number % len(order)], titles[number % _PER_UNIT]
        team = teams[number % _PER_UNIT]
        contract = _contract(
            rng, made, customers[place], place, UNITS[unit], team, (start, end), title, "active", today
        )
        _project(rng, made, contract, team, (start, end), title, "running", today)
    _others(rng, made, people, customers, today)
    return made


def _teams(rng: Random, unit: list[Person]) -> list[list[Seat]]:
    """One team a project: a lead for a quarter of the week, two or three consultants, the unit's head on one."""
    head, leads, consultants = unit[0], unit[1 : 1 + LEADS_IN_UNIT], unit[1 + LEADS_IN_UNIT :]
    teams = [[Seat(leads[number % LEADS_IN_UNIT], 25, "Delivery lead")] for number in range(_PER_UNIT)]
    seats = [
        (person, percent, part)
        for place, person in enumerate(consultants)
        for part, percent in enumerate(_SPLITS[place % len(_SPLITS)])
    ]
    for place, (person, percent, part) in enumerate(seats):
        # Two parts of one week lie on neighbouring projects, never on the same one.
        number = (place // 2 * 2 + part) % _PER_UNIT
        if any(seat.person.id == person.id for seat in teams[number]):
            number = (number + 1) % _PER_UNIT
        teams[number].append(Seat(person, percent, person.title))
    teams[rng.randrange(_PER_UNIT)].append(Seat(head, 40, "Steering"))
    return teams


def _weekly_minutes(team: list[Seat]) -> int:
    return sum(seat.person.weekly_minutes * seat.percent for seat in team) // 100


def _hourly_rate(rng: Random, team: list[Seat], currency: str) -> int:
    """The blended rate that leaves a margin of 25–40 % over the team's average cost, in the contract's currency."""
    weight = sum(seat.percent for seat in team)
    cost = sum(seat.person.cost_rate_minor * seat.percent for seat in team) / weight
    return round(cost / (1 - rng.uniform(0.27, 0.38)) * 1_000_000 / EUR_PPM[currency] / 100) * 100


def _contract(
    rng: Random, made: Portfolio, customer: Customer, place: int, unit: str, team: list[Seat],
    span: tuple[date, date], title: str, status: str, today: date,
) -> Contract:  # fmt: skip
    currency = CUSTOMERS[place][3]
    number = len(made.contracts)
    form = ("time_and_materials", "fixed_price", "time_and_materials", "retainer", "fixed_price")[number % 5]
    rate = _hourly_rate(rng, team, currency)
    start_on, end_on = span[0] - timedelta(days=rng.randrange(0, 15)), span[1] + timedelta(days=rng.randrange(0, 25))
    weeks = max(1, (span[1] - span[0]).days // 7)
    value = round(_weekly_minutes(team) * weeks * rate / 60 * rng.uniform(0.96, 1.06) / 100_000) * 100_000
    if form == "retainer":
        months = months_of(start_on, end_on)
        value = round(value / months / 10_000) * 10_000 * months
    payment_days = rng.choice((14, 30, 30, 30, 45, 60))
    if status == "active" and end_on <= today + timedelta(days=45):
        status = "expiring"
    terms = {
        "type": form, "start_on": start_on, "end_on": end_on, "value_minor": value, "currency": currency,
        "hourly_rate_minor": rate, "cap_minor": round(value * 1.1) if form == "time_and_materials" else None,
        "payment_days": payment_days, "billing_contact_id": billing_contact_of(customer),
    }  # fmt: skip
    contract = Contract.model_validate({
        "id": make_id("contract", number + 1), "unit": unit, "customer_id": customer.id,
        "title": f"{customer.name}: {title}", "status": status, **terms,
        **{f"{system}_{term}": held for system in ("crm", "erp") for term, held in terms.items()},
        "owner_id": customer.account_lead_id,
        "authors": {"*": "system/contracts"} | {f"{system}_{term}": f"system/{system}" for system in ("crm", "erp")
                                                for term in terms},
    })  # fmt: skip
    made.contracts.append(contract)
    return contract


def months_of(start_on: date, end_on: date) -> int:
    return (end_on.year - start_on.year) * 12 + end_on.month - start_on.month + 1


def _project(
    rng: Random, made: Portfolio, contract: Contract, team: list[Seat], span: tuple[date, date], title: str,
    status: str, today: date,
) -> Project:  # fmt: skip
    start, end = span
    elapsed = min(1.0, max(0.0, (today - start).days / (end - start).days))
    ident = make_id("project", len(made.projects) + 1)
    name = contract.title.replace(":", " –")
    lead = team[0].person if team else None
    project = Project.model_validate({
        "id": ident, "unit": contract.unit, "customer_id": contract.customer_id, "contract_id": contract.id,
        "name": name, "status": status, "start_on": start, "end_on": end, "budget_minor": contract.value_minor,
        "spent_minor": round(contract.value_minor * elapsed * rng.uniform(0.85, 1.05)), "currency": contract.currency,
        "lead_id": lead.id if lead else None, "channel": f"#{ident}",
        "authors": {"*": "system/psa", "name": f"person/{contract.owner_id}", "lead_id": "person/per-56"},
    })  # fmt: skip
    made.projects.append(project)
    for seat in team:
        # Some roll off before the project ends: that is where the next project finds its people.
        leaves = end if rng.random() < 0.8 else min(end, today + timedelta(days=rng.randrange(14, 40)))
        made.assignments.append(Assignment(
            id=make_id("assignment", len(made.assignments) + 1), unit=project.unit,
            authors={"*": "system/psa", "percent": "person/per-57"}, project_id=ident, person_id=seat.person.id,
            role=seat.role, start_on=start, end_on=leaves, percent=seat.percent, status="confirmed",
        ))  # fmt: skip
    _milestones(rng, made, project, contract, today)
    minutes = _weekly_minutes(team) * max(0, (end - max(start, today)).days) // 7
    if status in ("running", "planned"):
        made.forecasts.append(Forecast(
            id=ident, unit=project.unit, authors={"*": f"person/{lead.id}" if lead else "system/psa"},
            remaining_minutes=round(minutes / 60) * 60, finish_on=end,
        ))  # fmt: skip
    made.workspaces.append(Workspace(
        id=make_id("workspace", len(made.workspaces) + 1), unit=project.unit, authors={"*": "system/psa"},
        project_id=ident, type="channel", name=str(project.channel)[1:], status="active",
    ))  # fmt: skip
    return project


def _milestones(rng: Random, made: Portfolio, project: Project, contract: Contract, today: date) -> None:
    names = _STAGES[: rng.choice((3, 4, 5))]
    length = (project.end_on - project.start_on).days
    share = contract.value_minor // len(names) if contract.type == "fixed_price" else 0
    earlier: str | None = None
    for place, name in enumerate(names, 1):
        due_on = project.start_on + timedelta(days=length * place // len(names))
        ago = (today - due_on).days
        status = "invoiced" if ago > 30 and share else "completed" if ago > 0 else "planned"
        if status == "planned" and (place == 1 or made.milestones[-1].status in ("completed", "invoiced")):
            status = "in_progress" if project.status == "running" else "planned"
        last = contract.value_minor - share * (len(names) - 1) if share else 0
        made.milestones.append(Milestone.model_validate({
            "id": make_id("milestone", len(made.milestones) + 1), "unit": project.unit, "project_id": project.id,
            "name": name, "due_on": due_on, "status": status, "amount_minor": last if place == len(names) else share,
            "currency": project.currency, "after_id": earlier,
            "authors": {"*": "system/psa", "due_on": f"person/{project.lead_id or 'per-56'}"},
        }))  # fmt: skip
        earlier = made.milestones[-1].id


def _others(rng: Random, made: Portfolio, people: list[Person], customers: list[Customer], today: date) -> None:
    """Ten contracts that carry no running project: two about to start, two done, and six without one."""
    spans = [(9, 140, "active"), (33, 190, "active"), (-300, -40, "ended"), (-260, -20, "ended")]
    spans += [(-200, 160, "active"), (-150, 200, "active"), (-320, 24, "active"), (-90, 270, "active"),
              (20, 200, "draft"), (-340, 12, "active")]  # fmt: skip
    for step, (from_day, to_day, status) in enumerate(spans):
        place, unit = rng.randrange(len(customers)), step % len(UNITS)
        team = [Seat(person, 50, person.title) for person in people[unit * PEOPLE_IN_UNIT + 5 :][:3]]
        span = (today + timedelta(days=from_day), today + timedelta(days=to_day))
        title = _ENGAGEMENTS[UNITS[unit]][step]
        contract = _contract(rng, made, customers[place], place, UNITS[unit], team, span, title, status, today)
        if step < 4:
            phase = "planned" if step < 2 else "done"
            project = _project(rng, made, contract, [], span, title, phase, today)
            if step == 1:
                _soft_bookings(made, project, people)


def _soft_bookings(made: Portfolio, project: Project, people: list[Person]) -> None:
    unit = [person for person in people if person.unit == project.unit]
    for place, percent in ((11, 50), (9, 20), (10, 20), (17, 40)):
        made.assignments.append(Assignment(
            id=make_id("assignment", len(made.assignments) + 1), unit=project.unit, authors={"*": "person/per-57"},
            project_id=project.id, person_id=unit[place].id, role=unit[place].title, start_on=project.start_on,
            end_on=project.end_on, percent=percent, status="tentative",
        ))  # fmt: skip
