"""A small firm of records, and a case about it, for the policy tests."""

from datetime import UTC, date, datetime
from typing import Any

from policies.context import RequestContext
from policies.request import PolicyRequest, build_request
from policies.targets import named_records
from tools.actions import Action, parse_action
from tools.facts import Trust
from tools.reach import Reach, reach
from tools.records import (
    ChangeRequest,
    Contact,
    Contract,
    Customer,
    ExchangeRate,
    Forecast,
    Invoice,
    Message,
    Milestone,
    Person,
    Project,
    Record,
    Ticket,
    TimeEntry,
)
from tools.values import RecordKey

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ERP = {"*": "system/erp"}
PROPOSAL = "prp_" + "a" * 26


class Books:
    """Records in memory, read as a ReadPort reads them."""

    def __init__(self, *records: Record) -> None:
        self.records = {str(record.key): record for record in records}

    def get(self, model: Any, ident: str) -> Any:
        return self.records.get(f"{model.kind}/{ident}")

    def find(self, model: Any, where: Any, limit: int = 200) -> list[Any]:
        return [
            record for record in self.records.values()
            if isinstance(record, model) and all(getattr(record, k) == v for k, v in where.items())
        ][:limit]  # fmt: skip

    def but(self, key: str, **changes: Any) -> "Books":
        """The same books with one record changed."""
        changed = self.records[key].model_copy(update=changes)
        return Books(*(changed if name == key else record for name, record in self.records.items()))

    def without(self, key: str) -> "Books":
        return Books(*(record for name, record in self.records.items() if name != key))


def books() -> Books:
    day = date(2026, 1, 1)
    return Books(
        Customer(id="cus-a", authors=ERP, name="Alder Foods", tier="standard"),
        Customer(id="cus-b", authors=ERP, name="Birch Mobility", tier="strategic"),
        Contact(id="con-a", authors={"*": "person/per-1"}, customer_id="cus-a", name="Ann", email="ann@alder.example"),
        Contact(id="con-m", authors={"*": "mail/inbound"}, customer_id="cus-a", name="Mal", email="mal@evil.example"),
        Contact(id="con-b", authors=ERP, customer_id="cus-b", name="Bo", email="bo@birch.example"),
        Contract(
            id="ctr-a", authors=ERP, unit="north", customer_id="cus-a", title="Build", type="retainer", status="active",
            start_on=day, end_on=date(2026, 12, 31), value_minor=10_000_000, currency="EUR", hourly_rate_minor=12_000,
            crm_value_minor=9_900_000, owner_id="per-1",
        ),
        Contract(
            id="ctr-b", authors=ERP, customer_id="cus-b", title="Run", type="fixed_price", status="active",
            start_on=day, end_on=date(2026, 12, 31), value_minor=50_000_000, currency="EUR", hourly_rate_minor=15_000,
        ),
        Project(
            id="prj-a", authors=ERP, customer_id="cus-a", contract_id="ctr-a", name="Shop", status="running",
            start_on=day, end_on=date(2026, 6, 30), budget_minor=8_000_000, currency="EUR", lead_id="per-1",
            channel="prj-shop",
        ),
        Project(
            id="prj-b", authors=ERP, customer_id="cus-b", contract_id="ctr-b", name="Fleet", status="running",
            start_on=day, end_on=date(2026, 6, 30), budget_minor=40_000_000, currency="EUR",
        ),
        Milestone(
            id="mil-a", authors=ERP, project_id="prj-a", name="Beta", due_on=date(2026, 4, 1), status="planned",
            amount_minor=300_000, currency="EUR",
        ),
        Invoice(
            id="inv-a", authors=ERP, customer_id="cus-a", project_id="prj-a", contract_id="ctr-a", number="2026-7",
            status="draft", amount_minor=120_000, currency="EUR", period_start_on=date(2026, 2, 1),
            period_end_on=date(2026, 2, 28), minutes=600, drafted_on=date(2026, 3, 1),
        ),
        ChangeRequest(id="chg-a", authors=ERP, project_id="prj-a", text="More please", status="submitted"),
        Ticket(
            id="tic-a", authors={"*": "system/desk", "text": "customer/cus-a"}, customer_id="cus-a", project_id="prj-a",
            title="Broken", text="It is broken", priority="p3", status="open",
        ),
        Forecast(id="prj-a", authors=ERP, remaining_minutes=6000, finish_on=date(2026, 6, 30)),
        Person(
            id="per-1", authors={"*": "system/hr"}, name="Lea", email="lea@firm.example", title="Lead", currency="EUR",
            cost_rate_minor=6000, bill_rate_minor=12_000, starts_on=date(2020, 1, 1),
        ),
        Person(
            id="per-2", authors={"*": "system/hr"}, name="Max", email="max@firm.example", title="Developer",
            currency="EUR", cost_rate_minor=5000, bill_rate_minor=10_000, starts_on=date(2020, 1, 1),
        ),
        Person(
            id="per-gone", authors={"*": "system/hr"}, name="Gil", email="gil@firm.example", title="Developer",
            currency="EUR", cost_rate_minor=5000, bill_rate_minor=10_000, starts_on=date(2020, 1, 1),
            ends_on=date(2026, 1, 31),
        ),
        TimeEntry(
            id="tim-a", authors={"*": "system/psa"}, project_id="prj-a", person_id="per-2", day=date(2026, 2, 3),
            minutes=1500, rate_minor=10_000, currency="EUR", status="submitted",
        ),
        TimeEntry(
            id="tim-b", authors={"*": "system/psa"}, project_id="prj-b", person_id="per-2", day=date(2026, 3, 3),
            minutes=480, rate_minor=10_000, currency="EUR", status="submitted",
        ),
        Message(
            id="msg-a", authors={"*": "system/countersign"}, customer_id="cus-a", recipient="ann@alder.example",
            subject="Hello", body="Hello", status="scheduled", send_at=NOW,
        ),
    )  # fmt: skip


USD = ExchangeRate(id="USD", authors=ERP, base_currency="EUR", rate_ppm=920_000, day=date(2026, 3, 1))


def context(**changes: Any) -> RequestContext:
    plain: dict[str, Any] = {
        "tenant": "ten_x", "unit": "north", "workflow": "psa.milestone.slipped", "now": NOW, "outside_hours": False,
        "base_currency": "EUR", "trigger_trust": Trust.SYSTEM, "case_customers": ["cus-a"], "channels": ["ops"],
        "exchange_rates": {"USD": USD},
    }  # fmt: skip
    return RequestContext.model_validate({**plain, **changes})


def reached_from(subject: str | None, held: Books) -> Reach:
    return reach(held, RecordKey.parse(subject) if subject else None, NOW)


def request_for(
    tool: str, args: dict[str, Any], *, subject: str | None = "project/prj-a", held: Books | None = None, **changes: Any
) -> PolicyRequest:
    """The request for an action in a case about `subject`, with the named records read as the product reads them."""
    held = held or books()
    action: Action = parse_action(tool, args)
    named = reach(held, None, NOW, also=named_records(action))
    return build_request(action, reached_from(subject, held), context(named=named, **changes))
