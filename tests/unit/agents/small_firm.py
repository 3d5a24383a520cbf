"""A firm of a few records held in memory, and one desk that runs the graph on its events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from agents.graph import Triage
from agents.journal import ModelResponse, Spent
from agents.reasoners.base import Reasoner
from tools.actions import Action
from tools.billing.confidence import NOTHING_LEARNED, Learned
from tools.events import EVENT_TYPES, WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.proposals import Outcome, Proposal
from tools.records import (
    Assignment,
    Calendar,
    Contact,
    Contract,
    Customer,
    Forecast,
    Milestone,
    Person,
    Project,
    Record,
    Skill,
)

R = TypeVar("R", bound=Record)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TODAY = NOW.date()
ERP = {"*": "system/erp"}
CUSTOMERS_WORDS = ("text", "title", "requested_by", "reason")


@dataclass
class SmallFirm:
    """ReadPort over a dictionary."""

    records: dict[str, Record] = field(default_factory=dict)

    def put(self, *records: Record) -> "SmallFirm":
        self.records.update({str(record.key): record for record in records})
        return self

    def change(self, key: str, **values: Any) -> None:
        self.records[key] = self.records[key].model_copy(update=values)

    def get(self, model: type[R], ident: str) -> R | None:
        found = self.records.get(f"{model.kind}/{ident}")
        return found if isinstance(found, model) else None

    def find(self, model: type[R], where: Mapping[str, str], limit: int = 200) -> list[R]:
        found = [
            record
            for _, record in sorted(self.records.items())
            if isinstance(record, model) and all(str(getattr(record, name)) == value for name, value in where.items())
        ]
        return found[:limit]


class Journal:
    """Keeps model calls in memory, as the database keeps them."""

    def __init__(self, spent: Spent | None = None) -> None:
        self.calls: dict[str, ModelResponse] = {}
        self.before = spent or Spent()

    def recorded(self, request_digest: str) -> ModelResponse | None:
        return self.calls.get(request_digest)

    def record(self, request_digest: str, response: ModelResponse) -> None:
        self.calls[request_digest] = response

    def spent(self) -> Spent:
        """What was used before this journal was begun, and since."""
        made = self.calls.values()
        tokens = sum(one.input_tokens + one.output_tokens for one in made)
        cost = sum(one.cost_micros or 0 for one in made)
        before = self.before
        return Spent(
            case_calls=before.case_calls + len(made), case_tokens=before.case_tokens + tokens,
            case_cost_micros=before.case_cost_micros + cost,
            case_latency_ms=before.case_latency_ms + sum(one.latency_ms for one in made),
            day_tokens=before.day_tokens + tokens, day_cost_micros=before.day_cost_micros + cost,
            case_age_s=before.case_age_s,
        )  # fmt: skip


@dataclass
class Desk:
    firm: SmallFirm
    reasoner: Reasoner
    journal: Journal = field(default_factory=Journal)
    trust: Mapping[str, Trust] | None = None
    learned: Learned = NOTHING_LEARNED
    made: int = 0

    def __post_init__(self) -> None:
        self.triage = Triage(self.reasoner)

    def run(self, event_type: str, **data: Any) -> Outcome:
        """The outcome of one event; its words are a customer's and the rest a system's, unless `trust` is set."""
        model = EVENT_TYPES.get(event_type)
        known = {
            name: Trust.CUSTOMER if name in CUSTOMERS_WORDS or event_type.startswith("assistant.") else Trust.SYSTEM
            for name in data
        }
        return self.triage.run(
            WorkflowEvent(
                id="evt-1", source="test", type=event_type, time=NOW, data=data,
                subject=model.model_validate(data).subject_key() if model else None,
            ),
            tenant="ten", now=NOW, lookups=Lookups(self.firm), journal=self.journal,
            trust=known if self.trust is None else self.trust, new_proposal_id=self._new_id,
            learned=lambda: self.learned,
        )  # fmt: skip

    def _new_id(self) -> str:
        self.made += 1
        return f"prp_{self.made:026d}"


def tools(outcome: Outcome) -> list[str]:
    return [proposal.action.tool for proposal in outcome.proposals]


def first(outcome: Outcome, tool: str) -> Proposal:
    return next(proposal for proposal in outcome.proposals if proposal.action.tool == tool)


def args(outcome: Outcome, tool: str) -> dict[str, Any]:
    action: Action = first(outcome, tool).action
    return action.args()


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


def person(ident: str, name: str, **more: Any) -> Person:
    values: dict[str, Any] = {
        "id": ident, "unit": "Nord", "authors": ERP, "name": name, "email": f"{ident}@firm.example",
        "title": "Consultant", "cost_rate_minor": 5000, "bill_rate_minor": 10000, "currency": "EUR",
        "starts_on": date(2020, 1, 1), "calendar_id": "cal",
    }  # fmt: skip
    return Person(**(values | more))


def small_firm() -> SmallFirm:
    """Two customers with a contract and a project each, a lead, two engineers, milestones one after another."""
    firm = SmallFirm()
    firm.put(
        Calendar(id="cal", authors=ERP, name="Standard week"),
        person("per-lead", "Lea Brandt", skills=[Skill(name="delivery", level=5)], manager_id="per-boss"),
        person("per-boss", "Boris Keller"),
        person("per-ann", "Ann Okoro", skills=[Skill(name="python", level=4)], manager_id="per-lead"),
        person("per-bob", "Bob Vance", skills=[Skill(name="python", level=3)], manager_id="per-lead"),
    )
    for ident, name, domain in (
        ("one", "Harbour Mills", "harbour.example"),
        ("two", "Quillon Steel", "quillon.example"),
    ):
        firm.put(
            Customer(
                id=f"cus-{ident}", authors=ERP, name=name, tier="standard", mail_domain=domain,
                account_lead_id="per-lead",
            ),
            Contact(
                id=f"con-{ident}", authors=ERP, customer_id=f"cus-{ident}", name=f"Carla {name.split()[0]}",
                email=f"carla@{domain}",
            ),
            Contract(
                id=f"ctr-{ident}", unit="Nord", authors=ERP, customer_id=f"cus-{ident}", title=f"{name} services",
                type="time_and_materials", status="active", start_on=date(2026, 1, 1), end_on=date(2026, 12, 31),
                value_minor=10_000_000, currency="EUR", hourly_rate_minor=12_000, owner_id="per-lead",
            ),
            Project(
                id=f"prj-{ident}", unit="Nord", authors=ERP, customer_id=f"cus-{ident}", contract_id=f"ctr-{ident}",
                name=f"{name} portal", status="running", start_on=date(2026, 1, 5), end_on=date(2026, 9, 30),
                budget_minor=8_000_000, currency="EUR", lead_id="per-lead", channel=f"#{ident}",
            ),
        )  # fmt: skip
    firm.put(
        Milestone(id="mil-1", authors=ERP, project_id="prj-one", name="Design", due_on=after(10), status="in_progress",
                  amount_minor=500_000, currency="EUR"),
        Milestone(id="mil-2", authors=ERP, project_id="prj-one", name="Build", due_on=after(40), status="planned",
                  currency="EUR", after_id="mil-1"),
        Milestone(id="mil-3", authors=ERP, project_id="prj-one", name="Rollout", due_on=after(60), status="planned",
                  currency="EUR", after_id="mil-2"),
        Forecast(id="prj-one", authors=ERP, remaining_minutes=30_000, finish_on=after(60)),
        Assignment(id="asg-1", authors=ERP, project_id="prj-one", person_id="per-ann", role="Engineer",
                   start_on=date(2026, 1, 5), end_on=date(2026, 9, 30), percent=60, status="confirmed"),
    )  # fmt: skip
    return firm
