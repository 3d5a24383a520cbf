"""Records: what a look through the firm's books found out of order goes to whoever owns the right value."""

from agents.findings import books_of, doubtful, stated
from agents.situation import Situation, key_text, working_day
from agents.specialists.contracts import settled
from agents.specialists.tasks import task
from agents.steps import Plan, Step
from agents.wording import line
from tools.billing.books import Books, find
from tools.billing.checks import LOOK, LOOKED_THROUGH
from tools.billing.finding import Finding
from tools.events import RecordDoubted
from tools.records import Contract, Person

_TOLD = "event#record/id"
_FINANCE = ("finance", "controller", "accountant")


def plan(situation: Situation) -> Plan:
    key = situation.typed(RecordDoubted).record
    summary = f"Something about {key_text(key)} is out of order."
    contract = situation.record(Contract, key.id) if key.kind == "contract" else None
    if contract is not None:
        steps = settled(situation, contract, _TOLD)
        return Plan(summary, tuple(steps), nothing_because=None if steps else "it is in order by now")
    books = books_of(situation, situation.lookups.whole(LOOKED_THROUGH))
    found = [one for one in find(books, LOOK) if one.record == key and not doubtful(books, one)]
    if not found:
        return Plan(summary, nothing_because="it is in order by now")
    planned = [(one, _who(situation, one)) for one in found]
    steps = [_task(situation, books, one, who) for one, who in planned if who is not None]
    return Plan(summary, tuple(steps), nothing_because=None if steps else f"{found[0].says} Nobody answers for it.")


def _who(situation: Situation, finding: Finding) -> Person | None:
    """The owner of the right value, else who leads the work; where neither is known, somebody of finance by title."""
    owner = situation.person(finding.owner_id) if finding.owner_id else None
    if owner is None and finding.owner_role != "finance":
        owner = situation.lead()
    return owner or _of_finance(situation)


def _of_finance(situation: Situation) -> Person | None:
    here = (situation.person(one.id) for one in situation.lookups.people())
    return next((one for one in here if one and any(word in one.title.casefold() for word in _FINANCE)), None)


def _task(situation: Situation, books: Books, finding: Finding, who: Person) -> Step:
    return task(
        situation, f"settle_{finding.kind}", who,
        title=line(f"{finding.title}: {key_text(finding.record)}"),
        description=f"{finding.says} {finding.remedy}",
        due_on=working_day(situation.today, 5),
        why=finding.says,
        facts=finding.evidence, computed=stated(books, [finding]),
        triggered_by=(_TOLD,), alternatives=("Leave it, with a reason on record.",), findings=[finding],
    )  # fmt: skip
