from datetime import date
from typing import Any

from tests.unit.agents.small_firm import ERP, Desk, after, args, person, tools
from tools.records import Leave


def leave(**more: Any) -> Leave:
    values: dict[str, Any] = {
        "id": "lea-1", "authors": ERP, "person_id": "per-ann", "start_on": after(7), "end_on": after(18),
        "status": "approved",
    }  # fmt: skip
    return Leave(**(values | more))


def event(one: Leave) -> dict[str, str]:
    return {
        "leave_id": one.id, "person_id": one.person_id, "start_on": one.start_on.isoformat(),
        "end_on": one.end_on.isoformat(),
    }  # fmt: skip


def test_a_new_colleague_is_made_welcome_by_the_manager(desk: Desk) -> None:
    outcome = desk.run("hr.person.joined", person_id="per-bob", starts_on=after(14).isoformat())
    assert tools(outcome) == ["create_onboarding_tasks"]
    tasks = args(outcome, "create_onboarding_tasks")
    assert (tasks["about_kind"], tasks["about"]) == ("person", "per-bob")
    assert {task["assignee_id"] for task in tasks["tasks"]} == {"per-lead", "per-bob"}
    assert "settle which holds" in outcome.proposals[0].rationale


def test_of_a_new_colleague_without_a_manager_whoever_leads_most_of_the_unit_hears(desk: Desk) -> None:
    desk.firm.change("person/per-bob", manager_id=None)
    desk.firm.put(person("per-cem", "Cem Aydin", manager_id="per-lead"))
    joined = {"person_id": "per-bob", "starts_on": after(14).isoformat()}
    outcome = desk.run("hr.person.joined", **joined)
    assert tools(outcome) == ["create_task"]
    assert (args(outcome, "create_task")["assignee_id"], outcome.proposals[0].ungrounded) == ("per-lead", [])
    desk.firm.change("person/per-lead", ends_on=after(-1))
    assert args(desk.run("hr.person.joined", **joined), "create_task")["assignee_id"] == "per-boss"
    desk.firm.change("person/per-bob", unit=None)
    assert "no manager" in str(desk.run("hr.person.joined", **joined).nothing_because)


def test_leave_is_covered_by_a_free_colleague_with_the_skill(desk: Desk) -> None:
    desk.firm.put(leave())
    outcome = desk.run("hr.leave.approved", **event(leave()))
    assert args(outcome, "assign_person") == {
        "project_id": "prj-one", "person_id": "per-bob", "role": "Engineer", "start_on": after(7).isoformat(),
        "end_on": after(18).isoformat(), "percent": 60, "status": "tentative",
    }  # fmt: skip


def test_without_a_stand_in_the_lead_gets_a_task(desk: Desk) -> None:
    desk.firm.change("person/per-bob", ends_on=date(2026, 3, 10))
    desk.firm.put(leave())
    outcome = desk.run("hr.leave.approved", **event(leave()))
    assert tools(outcome) == ["create_task"]
    assert args(outcome, "create_task")["assignee_id"] == "per-lead"


def test_short_unapproved_or_untouched_leave_changes_nothing(desk: Desk) -> None:
    short = leave(start_on=after(7), end_on=after(8))
    desk.firm.put(short)
    assert "fewer than" in str(desk.run("hr.leave.approved", **event(short)).nothing_because)
    desk.firm.put(leave(status="declined"))
    assert "declined" in str(desk.run("hr.leave.approved", **event(leave())).nothing_because)
    desk.firm.put(leave())
    desk.firm.change("assignment/asg-1", status="released")
    assert "no booking" in str(desk.run("hr.leave.approved", **event(leave())).nothing_because)
