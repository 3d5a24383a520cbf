"""The money at stake in an action, by what records say of it. None: no money moves, or no record tells how much.

Where the amount hangs on a record that is not there the answer is None as well, which deciding takes for an unknown
amount: a missing record never makes an action look cheaper. A budget or a term without a value before it counts whole.
"""

from tools.actions import (
    Action,
    AssignPerson,
    ChangeBudget,
    CreateProject,
    OpenRenewal,
    ShiftMilestone,
    SyncContractTerms,
)
from tools.reach import Reach
from tools.records import Contract, Invoice, Milestone, Person, Project
from tools.values import Money


def none(action: Action, reached: Reach) -> Money | None:
    return None


def amount(action: Action, reached: Reach) -> Money | None:
    args = action.args()
    return Money(amount_minor=abs(args["amount_minor"]), currency=args["currency"])


def invoice(action: Action, reached: Reach) -> Money | None:
    """The whole invoice, for tools that restate no amount."""
    found = reached.get("invoice", action.args()["invoice_id"])
    return Money(amount_minor=abs(found.amount_minor), currency=found.currency) if isinstance(found, Invoice) else None


def create_project(action: Action, reached: Reach) -> Money | None:
    assert isinstance(action, CreateProject)
    return Money(amount_minor=action.budget_minor, currency=action.currency)


def change_budget(action: Action, reached: Reach) -> Money | None:
    assert isinstance(action, ChangeBudget)
    project = reached.get("project", action.project_id)
    same = isinstance(project, Project) and project.currency == action.currency
    before = project.budget_minor if same and isinstance(project, Project) else 0
    return Money(amount_minor=abs(action.budget_minor - before), currency=action.currency)


def assign_person(action: Action, reached: Reach) -> Money | None:
    """Billable value of the assignment: weeks x weekly minutes x percent x bill rate, rounded up."""
    assert isinstance(action, AssignPerson)
    person = reached.get("person", action.person_id)
    if not isinstance(person, Person):
        return None
    days = (action.end_on - action.start_on).days + 1
    minutes_percent = days * person.weekly_minutes * action.percent
    return Money(amount_minor=-(-minutes_percent * person.bill_rate_minor // (7 * 100 * 60)), currency=person.currency)


def shift_milestone(action: Action, reached: Reach) -> Money | None:
    assert isinstance(action, ShiftMilestone)
    milestone = reached.get("milestone", action.milestone_id)
    if not isinstance(milestone, Milestone):
        return None
    return Money(amount_minor=abs(milestone.amount_minor), currency=milestone.currency)


def sync_contract_terms(action: Action, reached: Reach) -> Money | None:
    """The difference for amounts; for any other term the whole contract is what hangs on it."""
    assert isinstance(action, SyncContractTerms)
    contract = reached.get("contract", action.contract_id)
    if not isinstance(contract, Contract):
        return None
    before = getattr(contract, f"{action.system}_{action.term}")
    if action.term in ("value_minor", "cap_minor") and isinstance(before, int) and isinstance(action.value, int):
        return Money(amount_minor=abs(action.value - before), currency=contract.currency)
    return Money(amount_minor=abs(contract.value_minor), currency=contract.currency)


def open_renewal(action: Action, reached: Reach) -> Money | None:
    assert isinstance(action, OpenRenewal)
    contract = reached.get("contract", action.contract_id)
    if not isinstance(contract, Contract):
        return None
    return Money(amount_minor=abs(contract.value_minor), currency=contract.currency)
