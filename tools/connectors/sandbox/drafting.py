"""The ERP drafts an invoice: mostly right, and sometimes as invoices go wrong."""

from datetime import date, timedelta
from typing import Any

from tools.connectors.sandbox.happening import Happen, Scene
from tools.connectors.sandbox.invoices import month_span, priced
from tools.connectors.sandbox.work import months_of
from tools.records import Contract, Invoice, Project, TimeEntry

# Six in ten are right; one exceeds its hours × rate, one lies in a closed month, one bills a month a second time, one
# exceeds what the contract may cost in all.
_FLAWS = ("none",) * 6 + ("excess", "closed", "twice", "over_cap")


def _worked(scene: Scene, project: Project, span: tuple[date, date]) -> int:
    """Minutes booked on the project in `span` that were approved, billed before or not."""
    return sum(
        entry.minutes for entry in scene.book.find(TimeEntry, {"project_id": project.id})
        if span[0] <= entry.day <= span[1] and entry.status in ("approved", "invoiced")
    )  # fmt: skip


def _due(scene: Scene) -> tuple[Project, Contract, tuple[date, date]]:
    """A project billed by time or by month with unbilled time last month or this; else one whose month is billed."""
    billed = {(one.project_id, one.period_start_on) for one in scene.book.find(Invoice, {})}
    candidates = []
    for project in scene.book.find(Project, {"status": "running"}):
        contract = scene.book.require(Contract, project.contract_id)
        if contract.type != "fixed_price":
            candidates.append((project, contract))
    scene.rng.shuffle(candidates)
    this = (scene.today.replace(day=1), scene.today - timedelta(days=1))
    for project, contract in candidates:
        for span in (month_span(scene.today, 1), this):
            if (project.id, span[0]) not in billed and _worked(scene, project, span):
                return project, contract, span
    return (*candidates[0], month_span(scene.today, 1))


def invoice_drafted(scene: Scene) -> dict[str, Any]:
    project, contract, span = _due(scene)
    minutes = _worked(scene, project, span)
    amount = priced(minutes, contract.hourly_rate_minor)
    if contract.type == "retainer":
        amount = contract.value_minor // months_of(contract.start_on, contract.end_on)
    flaw = scene.pick(_FLAWS)
    if flaw == "excess":
        amount = amount * scene.rng.randrange(108, 140) // 100
    elif flaw == "over_cap":
        amount += contract.cap_minor or contract.value_minor
    elif flaw == "closed":
        span = month_span(scene.today, 4)
    elif flaw == "twice":
        _draft(scene, project, contract, (amount, minutes), span)
    draft = _draft(scene, project, contract, (amount, minutes), span)
    return {"invoice_id": draft.id, "project_id": project.id}


def _draft(
    scene: Scene, project: Project, contract: Contract, billed: tuple[int, int], span: tuple[date, date]
) -> Invoice:
    ident = scene.book.new_id("invoice")
    invoice = Invoice(
        id=ident, unit=project.unit, authors={"*": "system/erp"}, customer_id=project.customer_id,
        project_id=project.id, contract_id=contract.id,
        number=f"INV-{scene.today.year}-{int(ident.partition('-')[2]):04d}", status="draft", amount_minor=billed[0],
        minutes=billed[1], currency=contract.currency, period_start_on=span[0], period_end_on=span[1],
        drafted_on=scene.today,
    )  # fmt: skip
    scene.book.add([invoice])
    return invoice


DRAFTING: dict[str, Happen] = {"erp.invoice.drafted": invoice_drafted}
