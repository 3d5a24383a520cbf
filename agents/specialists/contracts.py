"""Contracts: terms that differ from the signed contract are corrected towards it."""

from agents.findings import books_of, stated, whose
from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import line
from tools.billing.books import Books, find
from tools.billing.finding import Finding
from tools.billing.prices import discounts
from tools.billing.terms import System, difference, differing, gaps, languages, unsound
from tools.records import Contract, Project


def plan(situation: Situation) -> Plan:
    subject = situation.event.subject
    contract = situation.record(Contract, subject.id if subject else None)
    assert contract is not None
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
    rest = [one for one in find(books, (unsound, gaps, languages, discounts)) if one.record == contract.key]
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
