"""What happens in the CRM, the ERP and the support desk."""

from datetime import timedelta
from typing import Any

from tools.connectors.sandbox.clients import CUSTOMERS
from tools.connectors.sandbox.happening import Happen, Scene, by, letter, open_milestone, running
from tools.connectors.sandbox.texts import TICKETS
from tools.records import Assignment, Contract, Customer, Forecast, Milestone, Opportunity, Project, Renewal, Ticket


def opportunity_won(scene: Scene) -> dict[str, Any]:
    """An open one; where all are decided, one that nobody had entered before it was won."""
    waiting = scene.book.find(Opportunity, {"stage": "open"})
    if waiting:
        won = scene.book.change(scene.pick(waiting), by("crm"), stage="won")
    else:
        customer = scene.pick(scene.book.find(Customer, {}))
        currency = {name: held for name, _, _, held in CUSTOMERS}[customer.name]
        won = Opportunity(
            id=scene.book.new_id("opportunity"), unit=customer.unit, authors={"*": "system/crm"},
            customer_id=customer.id, title="Follow-on engagement", stage="won",
            amount_minor=scene.rng.randrange(30, 250) * 100_000, currency=currency, expected_start_on=scene.day(14, 60),
            owner_id=customer.account_lead_id,
        )  # fmt: skip
        scene.book.add([won])
    return {
        "opportunity_id": won.id, "customer_id": won.customer_id, "amount_minor": won.amount_minor,
        "currency": won.currency,
    }  # fmt: skip


def opportunity_lost(scene: Scene) -> dict[str, Any]:
    """The one for which people are softly booked on a project that has not begun; it is entered with their bookings
    where nobody had."""
    soft = [one for one in scene.book.find(Assignment, {"status": "tentative"}) if one.opportunity_id is None]
    if soft:
        project = scene.book.require(Project, soft[0].project_id)
        lost = Opportunity(
            id=scene.book.new_id("opportunity"), unit=project.unit, authors={"*": "system/crm"},
            customer_id=project.customer_id, title="Extension that was hoped for", stage="lost",
            amount_minor=project.budget_minor, currency=project.currency, expected_start_on=project.start_on,
            owner_id=project.lead_id,
        )  # fmt: skip
        scene.book.add([lost])
        for one in soft:
            if one.project_id == project.id:
                scene.book.change(one, by("psa"), opportunity_id=lost.id)
    else:
        waiting = scene.book.find(Opportunity, {"stage": "open"}) or scene.book.find(Opportunity, {})
        lost = scene.book.change(scene.pick(waiting), by("crm"), stage="lost")
    return {"opportunity_id": lost.id, "customer_id": lost.customer_id, "reason": "Another bidder was chosen."}


def contract_amended(scene: Scene) -> dict[str, Any]:
    """An amendment is signed and entered into the CRM; the ERP keeps the old term, as it does until somebody looks."""
    contract = scene.pick([one for one in scene.book.find(Contract, {}) if one.status in ("active", "expiring")])
    term = scene.pick(("value_minor", "hourly_rate_minor", "end_on", "payment_days"))
    amended = {
        "value_minor": contract.value_minor + contract.value_minor * scene.rng.randrange(5, 25) // 100,
        "hourly_rate_minor": contract.hourly_rate_minor + scene.rng.randrange(2, 12) * 100,
        "end_on": contract.end_on + timedelta(days=scene.rng.randrange(20, 90)),
        "payment_days": 45 if contract.payment_days != 45 else 30,
    }[term]
    since = {"rate_since_on": scene.today} if term == "hourly_rate_minor" else {}
    changed = scene.book.change(contract, by("contracts"), **{term: amended}, **since)
    scene.book.change(changed, by("crm"), **{f"crm_{term}": amended})
    return {"contract_id": contract.id, "changed_fields": [term]}


def contract_expiring(scene: Scene) -> dict[str, Any]:
    """One of the next ten to end that nobody is renewing."""
    renewed = {renewal.contract_id for renewal in scene.book.find(Renewal, {"status": "open"})}
    ending = [
        one for one in scene.book.find(Contract, {})
        if one.status in ("active", "expiring") and one.end_on >= scene.today
    ]  # fmt: skip
    ending.sort(key=lambda one: (one.id in renewed, one.end_on, one.id))
    contract = scene.book.change(scene.pick(ending[:10]), by("crm"), status="expiring")
    if scene.rng.random() < 0.5:
        _fallen_behind(scene, contract)
    return {"contract_id": contract.id, "expires_on": contract.end_on.isoformat()}


def _fallen_behind(scene: Scene, contract: Contract) -> None:
    """Its running projects have: they are forecast to end late, and what was due last week is not done."""
    for project in scene.book.find(Project, {"contract_id": contract.id, "status": "running"}):
        forecast = scene.book.get(Forecast, project.id)
        if forecast is not None:
            late = project.end_on + timedelta(weeks=scene.rng.randrange(2, 7))
            scene.book.change(forecast, by("psa"), finish_on=late)
        for milestone in scene.book.find(Milestone, {"project_id": project.id, "status": "in_progress"}):
            scene.book.change(milestone, by("psa"), due_on=scene.today - timedelta(days=7))


def milestone_completed(scene: Scene) -> dict[str, Any]:
    milestone = open_milestone(scene)
    scene.book.change(milestone, by("psa"), status="completed")
    for follower in scene.book.find(Milestone, {"project_id": milestone.project_id, "after_id": milestone.id}):
        if follower.status == "planned":
            scene.book.change(follower, by("psa"), status="in_progress")
    return {
        "milestone_id": milestone.id, "project_id": milestone.project_id, "completed_on": scene.today.isoformat(),
    }  # fmt: skip


def ticket_opened(scene: Scene) -> dict[str, Any]:
    project = running(scene)
    said = letter(scene, TICKETS, project.customer_id)
    ticket = Ticket(
        id=scene.book.new_id("ticket"), unit=project.unit, customer_id=project.customer_id, project_id=project.id,
        title=said.written.title, text=said.text, priority="p3", status="open",
        authors={"*": "system/support", "title": said.author, "text": said.author},
    )  # fmt: skip
    scene.book.add([ticket])
    return {
        "ticket_id": ticket.id, "customer_id": ticket.customer_id, "title": ticket.title, "text": ticket.text,
        "requested_by": said.sender,
    }  # fmt: skip


TRADE: dict[str, Happen] = {
    "crm.opportunity.won": opportunity_won,
    "crm.opportunity.lost": opportunity_lost,
    "crm.contract.amended": contract_amended,
    "crm.contract.expiring": contract_expiring,
    "erp.milestone.completed": milestone_completed,
    "support.ticket.opened": ticket_opened,
}
