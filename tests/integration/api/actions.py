"""Cases with reviews, for tests that need some."""

from app.store.models import Case, Review
from tests.integration.api.conftest import DAY, Api
from tools.actions import Action, CreateTask, WriteOff, parse_action

INVOICE = "inv-003"


def write_off(amount: int = 110_000, invoice: str = INVOICE) -> WriteOff:
    return WriteOff(invoice_id=invoice, amount_minor=amount, currency="EUR", reason="agreed")


def task(title: str = "Look into it") -> CreateTask:
    made = parse_action("create_task", {"title": title, "assignee_id": "per-12", "due_on": DAY})
    assert isinstance(made, CreateTask)
    return made


def waiting(api: Api, *planned: Action, invoice: str = INVOICE) -> tuple[Case, list[Review]]:
    """A drafted invoice, for which the agents propose `planned` (a write-off), waiting for people."""
    asked = planned or (write_off(invoice=invoice),)
    case = api.world.case_of("erp.invoice.drafted", {"invoice_id": invoice}, *asked)
    return case, api.world.reviews(case)
