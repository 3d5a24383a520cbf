from typing import Any

import pytest

from tests.unit.agents.small_firm import Desk, args, first, tools
from tools.actions import Ref
from tools.records import LendingRule, Opportunity

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
        "create_task", "update_forecast", "send_customer_message", "notify_channel",
    ]  # fmt: skip
    project = outcome.proposals[0]
    wanted = Ref.model_validate({"$ref": f"{project.id}/result/project_id"})
    waiting = [outcome.proposals[place].action.refs() for place in (1, 2, 3, 4, 6, 7)]
    assert all(list(refs.values()) == [wanted] for refs in waiting)
    assert "contract/ctr-one#value_minor" in project.evidence


def test_a_budget_is_what_the_other_projects_leave_of_the_contracts_value(desk: Desk) -> None:
    # Of 100,000.00 another project has 80,000.00.
    outcome = desk.run("psa.sow.approved", **SOW)
    assert args(outcome, "create_project")["budget_minor"] == 2_000_000
    assert "leave EUR 20,000.00 of that" in first(outcome, "create_project").rationale
    assert first(outcome, "create_project").ungrounded == []
    for gone in ({"status": "cancelled"}, {"budget_minor": -5}):
        desk.firm.change("project/prj-one", **gone)
        assert args(desk.run("psa.sow.approved", **SOW), "create_project")["budget_minor"] == 10_000_000
    desk.firm.records.pop("project/prj-one")
    alone = first(desk.run("psa.sow.approved", **SOW), "create_project")
    assert alone.provenance["budget_minor"].facts == ["contract/ctr-one#value_minor"]


@pytest.mark.parametrize("taken", [{"budget_minor": 10_000_000}, {"budget_minor": 1, "currency": "USD"}])
def test_where_no_value_is_left_the_lead_settles_the_budget_first(desk: Desk, taken: dict[str, Any]) -> None:
    desk.firm.change("project/prj-one", **taken)
    outcome = desk.run("psa.sow.approved", **SOW)
    assert tools(outcome) == ["create_task"]
    task = args(outcome, "create_task")
    assert (task["assignee_id"], task["title"]) == ("per-lead", "Settle the budget of Harbour data hub")
    assert "prj-one" in task["description"]
    assert outcome.proposals[0].ungrounded == []


def test_the_first_forecast_is_what_the_roles_come_to(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **SOW)
    # 40 % + 40 % + 50 % of 77 weekdays of 480 minutes.
    forecast = args(outcome, "update_forecast")
    assert (forecast["remaining_minutes"], forecast["finish_on"]) == (48_048, "2026-06-30")
    provenance = first(outcome, "update_forecast").provenance["remaining_minutes"]
    assert "event#roles/2/percent" in provenance.facts
    assert "update_forecast" not in tools(desk.run("psa.sow.approved", **{**SOW, "roles": []}))


def test_the_customer_is_welcomed_with_grounded_words_and_only_at_a_contact_on_record(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **SOW)
    letter, message = first(outcome, "send_customer_message"), args(outcome, "send_customer_message")
    assert letter.ungrounded == []
    assert "Lea Brandt leads the project" in message["body"]
    assert "Harbour data hub" in message["body"]
    for contact in [key for key in desk.firm.records if key.startswith("contact/")]:
        desk.firm.change(contact, authors={"*": "customer/mail"})
    assert "send_customer_message" not in tools(desk.run("psa.sow.approved", **SOW))


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


def test_a_statement_of_work_that_ends_before_it_starts_sets_up_nothing(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **(SOW | {"end_on": "2026-03-15"}))
    assert outcome.proposals == []
    assert "before it starts" in str(outcome.nothing_because)


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


def test_hours_that_a_shorter_week_does_not_hold_are_told(desk: Desk) -> None:
    desk.firm.change("person/per-ann", skills=[])
    desk.firm.change("person/per-bob", weekly_minutes=1_920)
    booking = first(desk.run("psa.sow.approved", **{**SOW, "roles": SOW["roles"][:1]}), "assign_person")
    # 77 days of 192 minutes are asked for; 40 % of a day of 384 are 153.
    assert "196.35 h of work leave" in booking.rationale
    assert "Of 246.4 h asked, 50.05 h are lost to holidays, leave or a shorter week." in booking.rationale
    assert booking.ungrounded == []


def test_a_booking_tells_its_margin_alternatives_and_weeks(desk: Desk) -> None:
    outcome = desk.run("psa.sow.approved", **{**SOW, "roles": SOW["roles"][:1]})
    booking = first(outcome, "assign_person")
    # 77 working days at 192 minutes; the contract pays 120 an hour and Bob costs 50.
    assert "246.4 h of work leave a margin of EUR 17,248.00" in booking.rationale
    # A rate is shown in its currency, which the evidence has to hold.
    assert {"person/per-bob#cost_rate_minor", "person/per-bob#currency"} <= set(booking.evidence)
    assert "goes from 0 % to 40 % booked" in booking.rationale
    assert "No plan for these seats costs less." in booking.rationale
    assert "Lea Brandt, has to agree" in booking.rationale
    # Ann is a level above what is asked, 3.00 an hour, and a tenth of her week above what is full, 6.00 an hour.
    assert booking.alternatives[0].startswith("Ann Okoro: Python at level 4, EUR 1,108.80 more than Bob Vance")
    (weeks,) = booking.loads
    assert (weeks.person_id, weeks.first_on.isoformat(), len(weeks.before)) == ("per-bob", "2026-03-16", 16)
    assert set(weeks.before) == {0}
    assert set(weeks.after) == {40}
    assert "person/per-bob#cost_rate_minor" in booking.evidence


def test_why_others_do_not_have_the_seat_is_told(desk: Desk) -> None:
    desk.firm.change("assignment/asg-1", percent=80)
    outcome = desk.run("psa.sow.approved", **{**SOW, "roles": SOW["roles"][:1]})
    (told,) = [one for one in first(outcome, "assign_person").alternatives if one.startswith("Not Ann Okoro")]
    assert "80 % of 16 March 2026 are booked (asg-1), asked are 40 %" in told


def test_without_a_calendar_nobody_is_guessed_to_be_free(desk: Desk) -> None:
    desk.firm.change("person/per-bob", calendar_id=None)
    desk.firm.change("person/per-ann", calendar_id="gone")
    outcome = desk.run("psa.sow.approved", **{**SOW, "roles": SOW["roles"][:1]})
    assert "assign_person" not in tools(outcome)
    why = first(outcome, "create_task").rationale
    assert "Bob Vance: there is no calendar" in why
    assert "Ann Okoro: there is no usable calendar gone" in why


def test_a_contract_without_a_rate_is_told_and_nobody_proposed(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", hourly_rate_minor=0)
    outcome = desk.run("psa.sow.approved", **{**SOW, "roles": SOW["roles"][:1]})
    told = [one.rationale for one in outcome.proposals if one.action.tool == "create_task"]
    assert told[0] == "The signed contract on record says EUR 0.00 for the hourly rate."
    assert "hourly_rate_minor: EUR 0.00 is no rate" in told[1]


def test_another_unit_s_people_are_proposed_where_a_rule_lends_them(desk: Desk) -> None:
    for name in ("ann", "bob"):
        desk.firm.change(f"person/per-{name}", unit="South")
    one = {**SOW, "roles": SOW["roles"][:1]}
    assert "assign_person" not in tools(desk.run("psa.sow.approved", **one))
    desk.firm.put(LendingRule(id="lend", authors={"*": "system/hr"}, from_unit="South", to_unit="Nord"))
    assert args(desk.run("psa.sow.approved", **one), "assign_person")["person_id"] == "per-bob"


def test_terms_that_differ_are_put_in_order_before_the_work_is_set_up(desk: Desk) -> None:
    desk.firm.change("contract/ctr-one", erp_payment_days=14, language="fr")
    outcome = desk.run("psa.sow.approved", **SOW)
    assert tools(outcome)[:3] == ["sync_contract_terms", "create_task", "create_project"]
    assert args(outcome, "sync_contract_terms") == {
        "contract_id": "ctr-one", "system": "erp", "term": "payment_days", "value": 30
    }  # fmt: skip
    assert [one.kind for proposal in outcome.proposals for one in proposal.findings] == [
        "terms_differ", "language_unread"
    ]  # fmt: skip
