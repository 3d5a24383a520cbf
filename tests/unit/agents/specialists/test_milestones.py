from tests.unit.agents.small_firm import Desk, after, args, first, tools


def test_a_slip_moves_what_hangs_on_it_and_is_told_to_the_customer(desk: Desk) -> None:
    outcome = desk.run("psa.milestone.slipped", milestone_id="mil-1", expected_on=after(17).isoformat())
    assert tools(outcome) == ["shift_milestone"] * 3 + ["update_forecast", "send_customer_message"]
    moved = {p.action.args()["milestone_id"]: p.action.args()["due_on"] for p in outcome.proposals[:3]}
    assert moved == {ident: after(days).isoformat() for ident, days in (("mil-1", 17), ("mil-2", 47), ("mil-3", 67))}
    assert args(outcome, "update_forecast") == {
        "project_id": "prj-one", "remaining_minutes": 30_000, "finish_on": after(67).isoformat()
    }  # fmt: skip
    message = first(outcome, "send_customer_message")
    assert message.action.args()["recipient"] == "carla@harbour.example"
    assert "19 March 2026" in message.action.args()["body"]
    # The dates that follow may be refused while the letter is approved: it tells none of them.
    assert "Whether it moves" in message.action.args()["body"]
    assert "also moves" not in message.action.args()["body"]
    assert all(proposal.ungrounded == [] for proposal in outcome.proposals)


def test_an_earlier_date_or_a_done_milestone_is_no_slip(desk: Desk) -> None:
    early = {"milestone_id": "mil-1", "expected_on": after(3).isoformat()}
    assert "not later" in str(desk.run("psa.milestone.slipped", **early).nothing_because)
    desk.firm.change("milestone/mil-1", status="completed")
    late = {"milestone_id": "mil-1", "expected_on": after(30).isoformat()}
    assert "already completed" in str(desk.run("psa.milestone.slipped", **late).nothing_because)


def test_milestones_that_wait_for_each_other_are_told_and_not_moved_along(desk: Desk) -> None:
    desk.firm.change("milestone/mil-1", after_id="mil-3")
    outcome = desk.run("psa.milestone.slipped", milestone_id="mil-1", expected_on=after(17).isoformat())
    assert tools(outcome).count("shift_milestone") == 1
    task = args(outcome, "create_task")
    assert (task["assignee_id"], "mil-1, mil-2, mil-3" in task["description"]) == ("per-lead", True)
    assert all(proposal.ungrounded == [] for proposal in outcome.proposals)


def test_completion_asks_for_the_invoice_and_tells_the_team(desk: Desk) -> None:
    outcome = desk.run("erp.milestone.completed", milestone_id="mil-1", completed_on=after(-1).isoformat())
    assert tools(outcome) == ["create_task", "notify_channel"]
    assert "EUR 5,000.00" in args(outcome, "create_task")["description"]
    assert args(outcome, "notify_channel")["channel"] == "#one"
    desk.firm.change("milestone/mil-1", status="invoiced")
    again = desk.run("erp.milestone.completed", milestone_id="mil-1", completed_on=after(-1).isoformat())
    assert again.proposals == []
