"""Contracts: terms that differ from the signed contract are corrected towards it; an expiring one gets its renewal."""

from datetime import timedelta

from agents.findings import books_of, stated, whose
from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, line, money
from tools.billing.books import Books, find
from tools.billing.finding import Finding
from tools.billing.prices import discounts
from tools.billing.terms import System, difference, differing, gaps, languages
from tools.events import ContractExpiring
from tools.records import Contract, Project, Renewal

NOTICE = timedelta(days=30)
"""A renewal is due this long before the contract ends."""


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    contract = situation.record(Contract, subject.id if subject else None)
    assert contract is not None
    return (
        _expiring(situation, contract)
        if isinstance(situation.data, ContractExpiring)
        else _amended(situation, contract)
    )


def _amended(situation: Situation, contract: Contract) -> Plan:
    summary = f"{contract.title} was amended."
    steps = settled(situation, contract, "event#contract_id")
    if not steps:
        return Plan(summary, nothing_because="CRM and ERP both carry the signed contract's terms")
    return Plan(summary, tuple(steps))


def settled(situation: Situation, contract: Contract, told: str) -> list[Step]:
    """What puts a contract's terms in order, before work starts or after an amendment.

    A term that a system holds otherwise is corrected; whatever else is found goes to whoever owns the right value.
    `told` is the field of the event that names the contract.
    """
    lookups = situation.lookups
    projects = [one for one in situation.all(Project) if one.contract_id == contract.id]
    team = [seat for one in projects for seat in lookups.assignments_on(one.id)]
    # Without a team there is nothing to price, and list prices need not be read.
    prices = (lookups.rate_card(), lookups.discount_rules(), lookups.exchange_rates()) if team else ()
    books = books_of(situation, team, *prices)
    steps = [
        _correction(situation, contract, system, term, difference(books, contract, system, term), told)
        for system, term in differing(contract)
    ]
    rest = [one for one in find(books, (gaps, languages, discounts)) if one.record == contract.key]
    tasks = (_task(situation, books, contract, one, told) for one in rest)
    return steps + [one for one in tasks if one is not None]


def _correction(
    situation: Situation, contract: Contract, system: System, term: str, finding: Finding, told: str
) -> Step:
    field = f"{system}_{term}"
    return Step(
        f"correct_{field}", "sync_contract_terms",
        {
            "contract_id": situation.of(contract, "id"),
            "system": Given(system, (fact_id(contract, field),), "the system that disagrees"),
            "term": Given(term, (fact_id(contract, field), fact_id(contract, term)), "the term that differs"),
            "value": situation.of(contract, term, "the signed contract's value"),
        },
        rationale=f"{finding.says} The right value is known to {whose(situation, finding)}.",
        evidence=[fact_id(contract, "title")],
        triggered_by=[told],
        alternatives=[f"If the {system.upper()} is right, correct the signed contract on record instead."],
        findings=[finding],
    )  # fmt: skip


def _task(situation: Situation, books: Books, contract: Contract, finding: Finding, told: str) -> Step | None:
    owner = situation.person(finding.owner_id) if finding.owner_id else situation.lead()
    if owner is None:
        return None
    return task(
        situation, finding.kind, owner,
        title=line(f"{finding.title}: {contract.title}"),
        description=f"{finding.says} {finding.remedy}",
        due_on=working_day(situation.today, 2),
        why=finding.says,
        facts=(fact_id(contract, "title"), *finding.evidence), computed=stated(books, [finding]),
        triggered_by=(told,), alternatives=("Leave it, with a reason on record.",), findings=[finding],
    )  # fmt: skip


def _expiring(situation: Situation, contract: Contract) -> Plan:
    data = situation.typed(ContractExpiring)
    summary = f"{contract.title} expires on {day(contract.end_on)}."
    running = next((one for one in situation.all(Renewal) if one.status == "open"), None)
    if running is not None:
        return Plan(summary, nothing_because=f"renewal {running.id} is already open")
    if contract.end_on < situation.today or contract.status == "ended":
        return Plan(summary, nothing_because=f"contract {contract.id} ended on {contract.end_on}")
    owner = situation.person(contract.owner_id) if contract.owner_id else None
    if owner is None:
        return _ownerless(situation, contract, summary)
    due_on = max(contract.end_on - NOTICE, min(working_day(situation.today, 3), contract.end_on))
    differs = data.expires_on != contract.end_on
    doubt = f" The event says {day(data.expires_on)}: settle which holds." if differs else ""
    facts = [fact_id(contract, field) for field in ("title", "end_on", "value_minor", "currency")]
    worth = money(contract.value_minor, contract.currency)
    renewal = Step(
        "renewal", "open_renewal",
        {
            "contract_id": situation.of(contract, "id"),
            "owner_id": situation.of(contract, "owner_id"),
            "due_on": Given(due_on, (fact_id(contract, "end_on"),), "30 days before the end, or as soon as may be"),
        },
        rationale=f"{contract.title}, worth {worth}, ends on {day(contract.end_on)} and no renewal is open.{doubt}",
        evidence=facts,
        triggered_by=["event#contract_id"],
        alternatives=["Let it end, and tell the customer in time.", "Renew by an amendment of the running contract."],
    )  # fmt: skip
    prepare = task(
        situation, "prepare", owner,
        title=line(f"Prepare the renewal of {contract.title}"),
        description=f"Worth {worth}; ends on {day(contract.end_on)}.{doubt}",
        due_on=min(due_on, working_day(situation.today, 5)),
        why="A renewal needs terms and a talk with the customer before its date.",
        facts=facts, triggered_by=("event#contract_id",),
    )  # fmt: skip
    return Plan(summary, (renewal, prepare))


def _ownerless(situation: Situation, contract: Contract, summary: str) -> Plan:
    lead = situation.lead()
    if lead is None:
        return Plan(summary, nothing_because=f"nobody in the firm answers for contract {contract.id}")
    return Plan(
        summary,
        (
            task(
                situation, "owner", lead,
                title=line(f"Name an owner for {contract.title}, which expires"),
                description=f"It ends on {day(contract.end_on)} and nobody owns it, so no renewal can be opened.",
                due_on=working_day(situation.today, 2),
                why="A renewal needs an owner, and the contract has none who works here.",
                facts=(fact_id(contract, "title"), fact_id(contract, "end_on")), triggered_by=("event#contract_id",),
            ),
        ),
    )  # fmt: skip
