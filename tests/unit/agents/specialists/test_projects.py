from typing import Any

from tests.unit.agents.small_firm import Desk, args, first, tools
from tools.actions import Ref
from tools.records import Opportunity

SOW: dict[str, Any] = {
    "contract_id": "ctr-one", "title": "Harbour data hub", "start_on": "2026-03-16", "end_on": "2026-06-30",
    "roles": [
        {"role": "Engineer", "skill": "Python", "level": 3, "percent": 40},
        {"role": "Second engineer", "skill": "python", "level": 3, "percent": 40},
        {"role": "Alchemist", "skill": "alchemy", "level": 2, "percent": 50},
    ],
}  # fmt: skip


def test_a_statement_of_work_becomes_one_bundle_that_hangs_on_the_project(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **SOW)
    assert tools(outcome) == [
        "create_project", "provision_workspace", "create_onboarding_tasks", "assign_person", "assign_person",
        "create_task", "notify_channel",
    ]  # fmt: skip
    project = outcome.proposals[0]
    wanted = Ref.model_validate({"$ref": f"{project.id}/result/project_id"})
    waiting = [proposal.action.refs() for proposal in outcome.proposals[1:5]]
    assert all(list(refs.values()) == [wanted] for refs in waiting)
    assert args(outcome, "create_project")["budget_minor"] == 10_000_000
    assert project.provenance["budget_minor"].facts == ["contract/ctr-one#value_minor"]
    assert "contract/ctr-one#value_minor" in project.evidence


def test_the_tightest_fit_is_booked_and_nobody_twice_over(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **SOW)
    booked = [p.action.args()["person_id"] for p in outcome.proposals if p.action.tool == "assign_person"]
    # Bob (level 3) is the tighter fit for both roles at 40 % + 40 %; Ann is booked at 60 % already.
    assert booked == ["per-bob", "per-bob"]
    desk.firm.change("assignment/asg-1", percent=100)
    three = SOW["roles"][:1] * 3
    outcome = desk.run("psa.sow.approved", **{**SOW, "roles": three})
    assert tools(outcome).count("assign_person") == 2
    assert "Find a Engineer for Harbour data hub" in args(outcome, "create_task")["title"]


def test_what_stands_already_is_not_set_up_again(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **{**SOW, "title": "Harbour Mills portal"})
    assert outcome.proposals == []
    assert "prj-one" in str(outcome.nothing_because)


def test_a_contract_without_value_or_lead_gives_no_project(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", value_minor=0)
    assert "no value" in str(desk.run("psa.sow.approved", **SOW).nothing_because)
    desk.firm.change("contract/ctr-one", value_minor=1, owner_id=None)
    desk.firm.change("customer/cus-one", account_lead_id=None)
    assert "nobody" in str(desk.run("psa.sow.approved", **SOW).nothing_because)


def test_a_won_opportunity_asks_its_owner_for_a_statement_of_work(desk: Desk) -> None:
    desk.firm.put(
        Opportunity(
            id="opp-1", authors={"*": "system/crm"}, customer_id="cus-one", title="Harbour analytics", stage="won",
            amount_minor=4_500_000, currency="EUR", expected_start_on=desk.firm.records["milestone/mil-2"].due_on,  # type: ignore[attr-defined]
            owner_id="per-bob",
        )
    )  # fmt: skip
    outcome = desk.run("crm.opportunity.won", opportunity_id="opp-1", amount_minor=9_900_000, currency="EUR")
    assert tools(outcome) == ["create_task", "notify_channel"]
    task = args(outcome, "create_task")
    assert task["assignee_id"] == "per-bob"
    # The amount told is the record's; that the event says another is named, not believed.
    assert "EUR 45,000.00" in task["description"]
    assert "another amount" in task["description"]
    assert first(outcome, "create_task").ungrounded == []
    desk.firm.change("opportunity/opp-1", owner_id="per-who-left")
    assert args(desk.run("crm.opportunity.won", opportunity_id="opp-1"), "create_task")["assignee_id"] == "per-lead"
    desk.firm.change("opportunity/opp-1", stage="lost")
    assert "lost" in str(desk.run("crm.opportunity.won", opportunity_id="opp-1").nothing_because)
