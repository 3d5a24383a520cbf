"""What a look through the books found goes to whoever owns the right value, or is in order by now."""

from datetime import date
from typing import Any

import pytest

from tests.unit.agents.small_firm import ERP, Desk, args, person, tools
from tools.billing.confidence import Learned, Tally
from tools.proposals import Outcome
from tools.records import Customer, ExchangeRate, Expense


def doubted(desk: Desk, record: str, *kinds: str) -> Outcome:
    kind, _, ident = record.partition("/")
    return desk.run("assistant.record.doubted", record={"kind": kind, "id": ident}, findings=list(kinds))


def expense(**more: Any) -> Expense:
    values: dict[str, Any] = {
        "id": "exp-1", "authors": ERP, "person_id": "per-ann", "day": date(2026, 2, 20), "amount_minor": 12_300,
        "currency": "EUR", "category": "Travel",
    }  # fmt: skip
    return Expense(**(values | more))


def test_an_expense_without_a_project_goes_to_the_manager(desk: Desk) -> None:
    desk.firm.put(expense())
    outcome = doubted(desk, "expense/exp-1", "project_missing")
    assert tools(outcome) == ["create_task"]
    task = args(outcome, "create_task")
    assert (task["assignee_id"], task["about"]) == ("per-lead", "expense/exp-1")
    assert task["title"] == "Belongs to no project: expense exp-1"
    (finding,) = outcome.proposals[0].findings
    assert (finding.amount_minor, finding.currency, finding.owner_id) == (12_300, "EUR", "per-lead")
    assert outcome.proposals[0].ungrounded == []
    desk.firm.change("expense/exp-1", project_id="prj-one")
    assert doubted(desk, "expense/exp-1", "project_missing").nothing_because == "it is in order by now"


def test_a_kind_that_people_keep_dismissing_asks_nobody(desk: Desk) -> None:
    desk.firm.put(expense())
    desk.learned = Learned({"project_missing": Tally(dismissed=30)})
    assert doubted(desk, "expense/exp-1", "project_missing").proposals == []


def test_a_customer_entered_twice_tells_of_the_other_one_only_its_id(desk: Desk) -> None:
    desk.firm.put(Customer(id="cus-x", authors=ERP, name="HARBOUR MILLS Ltd", tier="key", account_lead_id="per-bob"))
    outcome = doubted(desk, "customer/cus-x", "customer_twice")
    (proposal,) = outcome.proposals
    assert args(outcome, "create_task")["assignee_id"] == "per-bob"
    assert "cus-one" in args(outcome, "create_task")["description"]
    assert "Harbour Mills" not in str(proposal.action.args())
    assert not [fact for fact in proposal.evidence if fact.startswith("customer/cus-one")]
    assert proposal.ungrounded == []


def test_what_finance_alone_knows_goes_to_somebody_of_finance(desk: Desk) -> None:
    old = date(2026, 1, 2)
    desk.firm.put(ExchangeRate(id="USD", authors=ERP, base_currency="EUR", rate_ppm=920_000, day=old))
    nobody = doubted(desk, "exchange_rate/USD", "exchange_rate_stale")
    assert (nobody.proposals, "2 January 2026" in str(nobody.nothing_because)) == ([], True)
    desk.firm.put(
        person("per-fin", "Fay Nolan", title="Finance controller"),
        person("per-aaa", "Al Gone", title="Finance controller", ends_on=date(2026, 1, 31)),
    )
    outcome = doubted(desk, "exchange_rate/USD", "exchange_rate_stale")
    assert args(outcome, "create_task")["assignee_id"] == "per-fin"


def test_a_contract_is_put_in_order_as_after_an_amendment(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", erp_cap_minor=9_000_000, cap_minor=8_000_000, language="it")
    outcome = doubted(desk, "contract/ctr-one", "terms_differ", "language_unread")
    assert tools(outcome) == ["sync_contract_terms", "create_task"]
    (differs,) = outcome.proposals[0].findings
    assert (differs.owner_id, differs.amount_minor, differs.currency) == ("per-lead", 1_000_000, "EUR")
    assert "Lea Brandt" in outcome.proposals[0].rationale
    desk.firm.change("contract/ctr-one", erp_cap_minor=None, language="en")
    assert doubted(desk, "contract/ctr-one", "terms_differ").nothing_because == "it is in order by now"


@pytest.mark.parametrize(
    ("change", "kind", "owner"),
    [
        ({"skills": []}, "skills_missing", "per-lead"),
        ({"ends_on": date(2026, 5, 31)}, "calendar_stale", "per-lead"),
        ({"weekly_minutes": 0}, "calendar_stale", "per-lead"),
    ],
)
def test_master_data_of_a_colleague_goes_to_their_manager(
    desk: Desk, change: dict[str, Any], kind: str, owner: str
) -> None:
    desk.firm.change("person/per-ann", **change)
    outcome = doubted(desk, "person/per-ann", kind)
    assert args(outcome, "create_task")["assignee_id"] == owner
    assert [one.kind for one in outcome.proposals[0].findings] == [kind]


def test_a_project_that_nobody_leads_goes_to_the_account_lead(desk: Desk) -> None:
    desk.firm.change("project/prj-one", lead_id="per-gone", budget_minor=0)
    outcome = doubted(desk, "project/prj-one", "orphan_project", "budget_missing")
    assert tools(outcome) == ["create_task", "create_task"]
    assert {one.kind for proposal in outcome.proposals for one in proposal.findings} == {
        "orphan_project", "budget_missing"
    }  # fmt: skip
    assert args(outcome, "create_task")["assignee_id"] == "per-lead"
