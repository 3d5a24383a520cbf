"""Each factor of risk alone changes the score, seen from the sandbox firm's records.

A case is (tool, arguments, what differs in the case); of each pair only the factor's own value differs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from policies.attributes import RECORD_FACTORS
from policies.context import Cumulated, EventValue
from policies.risk import Doubt, score
from policies.ruleset import load_ruleset
from tests.unit.policies.firm import Books, request_for
from tools.connectors.sandbox import Sandbox
from tools.facts import Trust
from tools.record import Record
from tools.records import (
    Contact,
    Contract,
    Customer,
    ExchangeRate,
    Forecast,
    Invoice,
    LendingRule,
    Milestone,
    Person,
    Project,
)

NOW = datetime(2026, 3, 18, 8, 30, tzinfo=UTC)
WEIGHTS = load_ruleset().weights

Case = tuple[str, dict[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Scene:
    """A running project of a standard customer, billed by the hour, with a drafted invoice that fits its hours."""

    books: Books
    project: Project
    contract: Contract
    invoice: Invoice
    milestone: Milestone
    forecast: Forecast
    contact: Contact
    person: Person
    stranger: Customer

    def task(self, **more: Any) -> Case:
        return "create_task", {"title": "Call", "assignee_id": self.person.id, "due_on": "2026-04-01"}, more

    def hold(self, **more: Any) -> Case:
        return "hold_invoice", {"invoice_id": self.invoice.id, "reason": "Too much"}, more

    def off(self, **more: Any) -> Case:
        args = {"invoice_id": self.invoice.id, "amount_minor": 90, "currency": "EUR", "reason": "Late"}
        return "write_off", args, more

    def release(self) -> Case:
        amount = self.invoice.amount_minor
        return "release_invoice", {"invoice_id": self.invoice.id, "amount_minor": amount, "currency": "EUR"}, {}

    def message(self) -> Case:
        args = {"customer_id": self.project.customer_id, "recipient": self.contact.email, "subject": "Hi", "body": "Hi"}
        return "send_customer_message", args, {}

    def post(self, channel: str | None) -> Case:
        return "notify_channel", {"channel": channel, "text": "Hello"}, {}

    def tasks(self, count: int) -> Case:
        tasks = [self.task()[1]] * count
        return "create_onboarding_tasks", {"about_kind": "project", "about": self.project.id, "tasks": tasks}, {}

    def booking(self, held: Books, **more: Any) -> Case:
        args = {
            "project_id": self.project.id, "person_id": self.person.id, "role": "Developer", "percent": 1,
            "start_on": self.project.start_on.isoformat(), "end_on": self.project.end_on.isoformat(),
        }  # fmt: skip
        return "assign_person", args, {"held": held} | more

    def stranger_booked(self, *rules: LendingRule, **person: Any) -> Case:
        return self.booking(self.changed(self.person, unit="Elsewhere", **person), lending=list(rules))

    def sync(self, held: Books) -> Case:
        args = {"contract_id": self.contract.id, "system": "crm", "term": "value_minor", "value": 10_000_000}
        return "sync_contract_terms", args, {"held": held}

    def budget(self, value: int) -> Case:
        """A budget raised by 5,000 to the contract's value."""
        held = self.changed(self.contract, value_minor=value).but(str(self.project.key), budget_minor=value - 500_000)
        args = {"project_id": self.project.id, "budget_minor": value, "currency": "EUR", "reason": "More"}
        return "change_budget", args, {"held": held}

    def shift(self, trust: Trust) -> Case:
        args = {"milestone_id": self.milestone.id, "due_on": "2026-05-01", "reason": "Late"}
        return "shift_milestone", args, {"event_fields": {"expected_on": EventValue(value="2026-05-01", trust=trust)}}

    def estimate(self, minutes: int) -> Case:
        finish = self.forecast.finish_on.isoformat()
        args = {"project_id": self.project.id, "remaining_minutes": minutes, "finish_on": finish}
        return "update_forecast", args, {}

    def changed(self, record: Record, **fields: Any) -> Books:
        return self.books.but(str(record.key), **fields)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "firm.db", lambda: NOW) as firm:
        firm.reset(7)
        kinds: tuple[type[Record], ...] = (
            Customer, Contact, Contract, Project, Milestone, Invoice, Forecast, Person, ExchangeRate,
        )  # fmt: skip
        books = Books(*(record for kind in kinds for record in firm.find(kind, {}, limit=5000)))
    for project in books.find(Project, {"status": "running", "currency": "EUR"}):
        contract, customer = books.get(Contract, project.contract_id), books.get(Customer, project.customer_id)
        drafts = [
            invoice for invoice in books.find(Invoice, {"project_id": project.id, "status": "draft"})
            if abs(invoice.amount_minor * 60 - invoice.minutes * contract.hourly_rate_minor) < invoice.amount_minor
        ]  # fmt: skip
        contacts = [
            contact for contact in books.find(Contact, {"customer_id": project.customer_id})
            if contact.trust("email").trusted
        ]  # fmt: skip
        if contract.type != "time_and_materials" or customer.tier != "standard" or not drafts or not contacts:
            continue
        return Scene(
            books, project, contract, drafts[0], books.find(Milestone, {"project_id": project.id})[0],
            books.get(Forecast, project.id), contacts[0],
            next(person for person in books.find(Person, {}) if person.ends_on is None),
            next(other for other in books.find(Customer, {}) if other.id != project.customer_id),
        )  # fmt: skip
    raise AssertionError("the sandbox firm has no such project")


LENT = LendingRule(id="lend", authors={"*": "system/hr"}, from_unit="Elsewhere", to_unit="*")
Pair = Callable[[Scene], tuple[Case, Case]]

ALONE: dict[str, Pair] = {
    "amount_minor": lambda s: (
        s.booking(s.changed(s.person, bill_rate_minor=0)), s.booking(s.changed(s.contract, value_minor=10**12)),
    ),
    "amount_unknown": lambda s: (
        s.sync(s.changed(s.contract, value_minor=10_000_000, crm_value_minor=10_000_000)),
        s.sync(s.changed(s.contract, value_minor=10_000_000, crm_value_minor=10_000_000, currency="XAU")),
    ),
    "share_bp": lambda s: (s.budget(20_000_000), s.budget(4_000_000)),
    "cumulated_contract_minor": lambda s: (s.off(), s.off(cumulated=Cumulated(contract_minor=4_000_000))),
    "cumulated_customer_minor": lambda s: (s.off(), s.off(cumulated=Cumulated(customer_minor=4_000_000))),
    "cumulated_tool_minor": lambda s: (s.off(), s.off(cumulated=Cumulated(tool_minor=40_000_000))),
    "cumulated_principal_minor": lambda s: (s.off(), s.off(cumulated=Cumulated(principal_minor=4_000_000))),
    "recipients_unknown": lambda s: (s.post(s.project.channel), s.post("elsewhere")),
    "records_touched": lambda s: (s.tasks(1), s.tasks(6)),
    "contract_type": lambda s: (s.hold(), s.hold(held=s.changed(s.contract, type="fixed_price"))),
    "customer_tier": lambda s: (s.hold(), s.hold(held=s.books.but(f"customer/{s.project.customer_id}", tier="key"))),
    "line_manager": lambda s: (
        s.stranger_booked(LENT, manager_id="per-1"), s.stranger_booked(LENT, manager_id=None),
    ),
    "lending": lambda s: (s.stranger_booked(LENT), s.stranger_booked()),
    "untrusted_arguments": lambda s: (s.shift(Trust.SYSTEM), s.shift(Trust.CUSTOMER)),
    "unsupported_arguments": lambda s: (
        s.estimate(s.forecast.remaining_minutes), s.estimate(s.forecast.remaining_minutes + 1),
    ),
    "edited_arguments": lambda s: (s.task(), s.task(editor="pri_1", edited=["due_on"])),
    "tainted_trigger": lambda s: (s.task(), s.task(trigger_trust=Trust.CUSTOMER)),
    "possible_duplicates": lambda s: (s.task(), s.task(duplicates=1)),
    "closed_period": lambda s: (s.hold(), s.hold(closed_periods=[f"{s.invoice.period_end_on:%Y-%m}"])),
    "outside_hours": lambda s: (s.task(), s.task(outside_hours=True)),
    "reversal_rate_bp": lambda s: (s.task(executions=20), s.task(executions=20, reversals=4)),
    "cross_customer": lambda s: (s.task(), s.task(evidence_customers=[s.stranger.id])),
    "missing_records": lambda s: (
        s.task(editor="pri_1", edited=["assignee_id"]),
        s.task(editor="pri_1", edited=["assignee_id"], held=s.books.without(str(s.person.key))),
    ),
    "invoice_hours_gap_bp": lambda s: (s.hold(), s.hold(held=s.changed(s.invoice, minutes=s.invoice.minutes // 2))),
}  # fmt: skip

# What follows from the tool comes with the rest of the tool: the pair, and the factors that may change with it.
OF_THE_TOOL: dict[str, tuple[Pair, set[str]]] = {
    "recipients_external": (
        lambda s: (s.task(), s.message()), {"reach_level", "reversibility_level", "data_class_level"},
    ),
    "reach_level": (
        lambda s: (("resume_invoice", {"invoice_id": s.invoice.id}, {}), s.release()), {"reversibility_level"},
    ),
    "reversibility_level": (lambda s: (s.task(), s.post(s.project.channel)), set()),
    "data_class_level": (
        lambda s: (
            ("provision_workspace", {"project_id": s.project.id, "type": "drive", "name": "Files"}, {}), s.tasks(1),
        ),
        set(),
    ),
}  # fmt: skip


def points(scene: Scene, case: Case) -> tuple[int, dict[str, int]]:
    tool, args, more = case
    about: dict[str, Any] = {
        "subject": str(scene.project.key), "held": scene.books, "case_customers": [scene.project.customer_id],
        "exchange_rates": {rate.id: rate for rate in scene.books.find(ExchangeRate, {})},
    }  # fmt: skip
    risk = score(request_for(tool, args, **(about | more)), Doubt(), WEIGHTS)
    return risk.score, {factor.name: factor.points for factor in risk.factors}


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_every_factor_has_its_pair() -> None:
    assert ALONE.keys() | OF_THE_TOOL.keys() == set(RECORD_FACTORS)


@pytest.mark.parametrize("factor", sorted(ALONE))
def test_a_factor_alone_changes_the_score(scene: Scene, factor: str) -> None:
    (low, before), (high, after) = (points(scene, case) for case in ALONE[factor](scene))
    assert changed(before, after) == {factor}
    assert after[factor] > before.get(factor, 0)
    assert high - low == after[factor] - before.get(factor, 0)


@pytest.mark.parametrize("factor", sorted(OF_THE_TOOL))
def test_a_factor_of_the_tool_adds_its_points(scene: Scene, factor: str) -> None:
    pair, others = OF_THE_TOOL[factor]
    (_, before), (_, after) = (points(scene, case) for case in pair(scene))
    assert factor in changed(before, after)
    # Which customer and contract are touched is the arguments' doing, not the factor's.
    assert changed(before, after) <= {factor, "customer_tier", "contract_type"} | others
    assert after[factor] > before.get(factor, 0)
