"""What happens in projects and among people: the PSA and the HR system."""

from datetime import date, timedelta
from typing import Any

from tools.connectors.sandbox.clients import CUSTOMERS, EUR_PPM, billing_contact_of
from tools.connectors.sandbox.firm import TWENTY_FIVE_HOURS
from tools.connectors.sandbox.happening import Happen, Scene, by, letter, open_milestone, running
from tools.connectors.sandbox.people import HEAD_OF_DELIVERY, LEADS_IN_UNIT, UNITS, grade, make_person, names
from tools.connectors.sandbox.texts import CHANGE_REQUESTS
from tools.records import Assignment, ChangeRequest, Contract, Customer, Leave, Person, TimeEntry

_SLIPS = (
    "The customer's test environment is not ready.", "Two of the interfaces took longer than estimated.",
    "Acceptance moved because the key users are at year-end closing.", "Our lead developer was ill for a week.",
    "Data quality in the old system is worse than assumed; cleansing has to be repeated.",
    "Der Kunde hat die Freigabe des Fachkonzepts noch nicht erteilt.",
)  # fmt: skip
_SOWS = (
    "Reporting extension", "Portal phase two", "Interface programme", "Data quality sprint", "Cloud landing zone",
    "Rollout support", "Test automation", "Process mining pilot",
)  # fmt: skip
_HOURLY_EUR = 14_500


def sow_approved(scene: Scene) -> dict[str, Any]:
    """A new contract, signed and entered everywhere, with no project yet and the roles that it asks for."""
    customer = scene.pick(scene.book.find(Customer, {}))
    currency = {name: held for name, _, _, held in CUSTOMERS}[customer.name]
    start_on, weeks = scene.day(10, 30), scene.rng.randrange(8, 26)
    end_on = start_on + timedelta(weeks=weeks)
    colleagues = scene.book.find(Person, {"unit": str(customer.unit)})
    skilled = scene.rng.sample([one for one in colleagues if one.skills and one.title != "Delivery lead"], 3)
    roles = [{"role": "Delivery lead", "skill": "Project management", "level": 4, "percent": 20}]
    roles += [
        {"role": one.title, "skill": one.skills[0].name, "level": max(1, one.skills[0].level - 1),
         "percent": scene.pick((40, 50, 60, 80))}
        for one in skilled[: scene.rng.randrange(1, 4)]
    ]  # fmt: skip
    rate = _HOURLY_EUR * 1_000_000 // EUR_PPM[currency] // 100 * 100
    hours = sum(int(str(role["percent"])) for role in roles) * 40 * weeks // 100
    form = scene.pick(("fixed_price", "time_and_materials"))
    title = scene.pick(_SOWS)
    terms = {
        "type": form, "start_on": start_on, "end_on": end_on, "value_minor": hours * rate, "currency": currency,
        "hourly_rate_minor": rate, "cap_minor": hours * rate * 11 // 10 if form == "time_and_materials" else None,
        "payment_days": 30, "billing_contact_id": billing_contact_of(customer),
    }  # fmt: skip
    contract = Contract.model_validate({
        "id": scene.book.new_id("contract"), "unit": customer.unit, "customer_id": customer.id,
        "title": f"{customer.name}: {title}", "status": "active", **terms,
        **{f"{system}_{term}": held for system in ("crm", "erp") for term, held in terms.items()},
        "owner_id": customer.account_lead_id, "authors": {"*": "system/contracts"},
    })  # fmt: skip
    scene.book.add([contract])
    return {
        "contract_id": contract.id, "title": title, "start_on": start_on.isoformat(), "end_on": end_on.isoformat(),
        "roles": roles,
    }  # fmt: skip


def change_request_submitted(scene: Scene) -> dict[str, Any]:
    project = running(scene)
    said = letter(scene, CHANGE_REQUESTS, project.customer_id)
    request = ChangeRequest(
        id=scene.book.new_id("change_request"), unit=project.unit, project_id=project.id, text=said.text,
        status="submitted", authors={"*": "system/psa", "text": said.author},
    )  # fmt: skip
    scene.book.add([request])
    return {
        "change_request_id": request.id, "project_id": project.id, "text": request.text, "requested_by": said.sender,
    }  # fmt: skip


def milestone_slipped(scene: Scene) -> dict[str, Any]:
    """The lead expects a later day; the plan keeps the agreed one until somebody moves it."""
    milestone = open_milestone(scene)
    if milestone.status == "planned":
        milestone = scene.book.change(milestone, by("psa"), status="in_progress")
    expected = max(milestone.due_on, scene.today) + timedelta(days=scene.rng.randrange(5, 30))
    return {
        "milestone_id": milestone.id, "project_id": milestone.project_id, "expected_on": expected.isoformat(),
        "reason": scene.pick(_SLIPS),
    }  # fmt: skip


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def timesheet_approved(scene: Scene) -> dict[str, Any]:
    """A manager approves a week. In one of three, somebody typed 25 hours into a day and nobody saw it."""
    waiting = scene.book.find(TimeEntry, {"status": "submitted"})
    entry = next((one for one in waiting if one.minutes == TWENTY_FIVE_HOURS), None)
    if entry is None:
        entry = scene.pick(waiting or scene.book.find(TimeEntry, {"status": "approved"}))
        if scene.rng.random() < 0.34:
            entry = scene.book.change(entry, by("psa"), minutes=TWENTY_FIVE_HOURS)
    monday, person = _monday(entry.day), scene.book.require(Person, entry.person_id)
    for other in scene.book.find(TimeEntry, {"person_id": entry.person_id, "status": "submitted"}):
        if _monday(other.day) == monday:
            scene.book.change(other, by("psa"), status="approved", approved_by_id=person.manager_id or HEAD_OF_DELIVERY)
    data = {"person_id": person.id, "week_start_on": monday.isoformat(), "approved_by": person.manager_id}
    return {name: held for name, held in data.items() if held is not None}


def timesheet_missing(scene: Scene) -> dict[str, Any]:
    """Somebody who is staffed and booked nothing last week; where nobody is, somebody for the week that runs."""
    monday = _monday(scene.today) - timedelta(weeks=1)
    staffed = [
        one for one in scene.book.find(Assignment, {"status": "confirmed"})
        if one.start_on <= monday and one.end_on >= monday + timedelta(days=4)
    ]  # fmt: skip
    booked = {
        entry.person_id for entry in scene.book.find(TimeEntry, {})
        if monday <= entry.day < monday + timedelta(weeks=1)
    }  # fmt: skip
    late = [one for one in staffed if one.person_id not in booked]
    week = monday if late else monday + timedelta(weeks=1)
    return {"person_id": scene.pick(late or staffed).person_id, "week_start_on": week.isoformat()}


def person_joined(scene: Scene) -> dict[str, Any]:
    unit, level = scene.pick(UNITS), scene.rng.randrange(1, 4)
    leads = [one for one in scene.book.find(Person, {"unit": unit}) if one.title == "Delivery lead"]
    number = int(scene.book.new_id("person").partition("-")[2])
    person = make_person(
        scene.rng, number, names(scene.rng, 1)[0], unit, level, grade(level),
        leads[number % LEADS_IN_UNIT].id, scene.day(3, 21),
    )  # fmt: skip
    scene.book.add([person])
    return {"person_id": person.id, "starts_on": person.starts_on.isoformat()}


def leave_approved(scene: Scene) -> dict[str, Any]:
    """Of somebody whom a project counts on."""
    seat = scene.pick([
        one for one in scene.book.find(Assignment, {"status": "confirmed"})
        if one.end_on > scene.today + timedelta(days=10)
    ])  # fmt: skip
    start_on = scene.day(5, 35)
    leave = Leave(
        id=scene.book.new_id("leave"), unit=seat.unit, authors={"*": "system/hr"}, person_id=seat.person_id,
        start_on=start_on, end_on=start_on + timedelta(days=scene.pick((0, 2, 4, 11, 18))), status="approved",
    )  # fmt: skip
    scene.book.add([leave])
    return {
        "leave_id": leave.id, "person_id": leave.person_id, "start_on": leave.start_on.isoformat(),
        "end_on": leave.end_on.isoformat(),
    }  # fmt: skip


DELIVERY: dict[str, Happen] = {
    "psa.sow.approved": sow_approved,
    "psa.change_request.submitted": change_request_submitted,
    "psa.milestone.slipped": milestone_slipped,
    "psa.timesheet.approved": timesheet_approved,
    "psa.timesheet.missing": timesheet_missing,
    "hr.person.joined": person_joined,
    "hr.leave.approved": leave_approved,
}
