"""Renewals: an expiring contract gets one in time for its health; a healthy account is offered one unit more."""

from collections.abc import Sequence
from datetime import date, timedelta

from agents.findings import CITED
from agents.situation import Situation, fact_id, working_day
from agents.specialists.tasks import task
from agents.steps import Given, Plan, Step
from agents.wording import day, line, money
from tools.events import ContractExpiring
from tools.records import Contract, Opportunity, Person, Project, Renewal
from tools.renewal.cross_sell import Offer, offer
from tools.renewal.health import AccountRecords, Health, health
from tools.renewal.limits import standard_limits

_TOLD = ("event#contract_id",)
_MOST = 8
"""Signs that are told one by one."""


def plan(situation: Situation) -> Plan:
    contract = situation.record(Contract, situation.typed(ContractExpiring).contract_id)
    assert contract is not None
    summary = f"{contract.title} expires on {day(contract.end_on)}."
    running = next((one for one in situation.all(Renewal) if one.status == "open"), None)
    if running is not None:
        return Plan(summary, nothing_because=f"renewal {running.id} is already open")
    if contract.end_on < situation.today or contract.status == "ended":
        return Plan(summary, nothing_because=f"contract {contract.id} ended on {contract.end_on}")
    owner = situation.person(contract.owner_id) if contract.owner_id else None
    if owner is None:
        return _ownerless(situation, contract, summary)
    found = _health(situation, contract)
    steps = [_renewal(situation, contract, found), _prepared(situation, contract, found, owner)]
    if found.signs:
        steps.append(_mended(situation, contract, found, situation.lead() or owner))
    if found.grade == "good" and (more := _offer(situation, contract)) is not None:
        steps.append(_offered(situation, contract, more, owner))
    return Plan(f"{summary} {_told(found)}", tuple(steps))


def _health(situation: Situation, contract: Contract) -> Health:
    lookups = situation.lookups
    projects = [one for one in situation.all(Project) if one.contract_id == contract.id and one.status != "cancelled"]
    live = [one for one in projects if one.status in ("running", "on_hold")]
    forecasts = (lookups.forecast(one.id) for one in live)
    records = AccountRecords(
        contract, projects, [one for one in forecasts if one is not None],
        [each for one in live for each in lookups.milestones_on(one.id)], lookups.invoices_of(contract.id),
        [each for one in projects for each in lookups.tickets_on(one.id)],
    )  # fmt: skip
    return health(records, situation.today)


def _offer(situation: Situation, contract: Contract) -> Offer | None:
    read = situation.lookups.whole([Contract, Opportunity])
    contracts = [one for one in read if isinstance(one, Contract)]
    return offer(contract.customer_id, contracts, [one for one in read if isinstance(one, Opportunity)])


def _told(found: Health) -> str:
    if found.score is None:
        return "How the account is doing cannot be told: no work and no invoice is on record."
    open_ends = f" Not judged: {'; '.join(found.unjudged[:_MOST])}." if found.unjudged else ""
    return f"The account's health is {found.grade}, {found.score} of 100: {_signs(found)}.{open_ends}"


def _signs(found: Health) -> str:
    if not found.signs:
        return "nothing speaks against it"
    more = f"; and {len(found.signs) - _MOST} more" if len(found.signs) > _MOST else ""
    return "; ".join(one.says for one in found.signs[:_MOST]) + more


def _facts(found: Health) -> list[str]:
    return [fact for one in found.signs[:_MOST] for fact in one.facts][:CITED]


def _due_on(situation: Situation, contract: Contract, found: Health) -> date:
    """The worse the health, the earlier, so that there is time to mend it; never after the end."""
    notice = timedelta(days=standard_limits().notice_days[found.grade])
    return max(contract.end_on - notice, min(working_day(situation.today, 3), contract.end_on))


def _computed(found: Health) -> Sequence[int | date | str]:
    score = [] if found.score is None else [found.score, 100]
    return [*(one.says for one in found.signs), *found.unjudged, *score, len(found.signs) - _MOST]


def _renewal(situation: Situation, contract: Contract, found: Health) -> Step:
    notice = standard_limits().notice_days[found.grade]
    return Step(
        "renewal", "open_renewal",
        {
            "contract_id": situation.of(contract, "id"),
            "owner_id": situation.of(contract, "owner_id"),
            "due_on": Given(
                _due_on(situation, contract, found), (fact_id(contract, "end_on"),),
                f"{notice} days before the end, as the account's health is {found.grade}, or as soon as may be",
            ),
        },
        rationale=(
            f"{contract.title}, worth {money(contract.value_minor, contract.currency)}, ends on {day(contract.end_on)} "
            f"and no renewal is open.{_doubt(situation, contract)} {_told(found)}"
        ),
        evidence=[*_terms(contract), *_facts(found)],
        triggered_by=_TOLD,
        alternatives=["Let it end, and tell the customer in time.", "Renew by an amendment of the running contract."],
    )  # fmt: skip


def _prepared(situation: Situation, contract: Contract, found: Health, owner: Person) -> Step:
    worth = money(contract.value_minor, contract.currency)
    return task(
        situation, "prepare", owner,
        title=line(f"Prepare the renewal of {contract.title}"),
        description=f"Worth {worth}; ends on {day(contract.end_on)}.{_doubt(situation, contract)} {_told(found)}",
        due_on=min(_due_on(situation, contract, found), working_day(situation.today, 5)),
        why="A renewal needs terms and a talk with the customer before its date.",
        facts=_terms(contract), computed=_computed(found), triggered_by=_TOLD,
    )  # fmt: skip


def _mended(situation: Situation, contract: Contract, found: Health, who: Person) -> Step:
    return task(
        situation, "mend", who,
        title=line(f"Settle what speaks against renewing {contract.title}"),
        description=f"Against it speaks: {_signs(found)}.",
        due_on=working_day(situation.today, 5),
        why=f"Whoever renews is asked about it first. {_told(found)}",
        facts=_facts(found), computed=_computed(found), triggered_by=_TOLD,
        alternatives=("Renew as it stands, and say so to the customer.",),
    )  # fmt: skip


def _offered(situation: Situation, contract: Contract, more: Offer, owner: Person) -> Step:
    customer = situation.customer()
    name = customer.name if customer is not None else f"customer {contract.customer_id}"
    return task(
        situation, "offer", owner,
        title=line(f"Offer {name} work of {more.unit} with the renewal"),
        description=(
            f"{more.buyers} of the {more.alike} other customers who work with the same units have bought from "
            f"{more.unit} too; {name} has not, and no opportunity is open for it."
        ),
        due_on=working_day(situation.today, 10),
        why=f"The account is healthy, and {more.unit} is what customers like it buy next.",
        facts=[fact_id(customer, "name")] if customer is not None else [],
        computed=(more.unit, more.buyers, more.alike), triggered_by=_TOLD,
        alternatives=("Renew first, and offer more later.",),
    )  # fmt: skip


def _terms(contract: Contract) -> list[str]:
    return [fact_id(contract, field) for field in ("title", "end_on", "value_minor", "currency")]


def _doubt(situation: Situation, contract: Contract) -> str:
    told = situation.typed(ContractExpiring).expires_on
    return "" if told == contract.end_on else f" The event says {day(told)}: settle which holds."


def _ownerless(situation: Situation, contract: Contract, summary: str) -> Plan:
    lead = situation.lead()
    if lead is None:
        return Plan(summary, nothing_because=f"nobody in the firm answers for contract {contract.id}")
    named = task(
        situation, "owner", lead,
        title=line(f"Name an owner for {contract.title}, which expires"),
        description=f"It ends on {day(contract.end_on)} and nobody owns it, so no renewal can be opened.",
        due_on=working_day(situation.today, 2),
        why="A renewal needs an owner, and the contract has none who works here.",
        facts=(fact_id(contract, "title"), fact_id(contract, "end_on")), triggered_by=_TOLD,
    )  # fmt: skip
    return Plan(summary, (named,))
