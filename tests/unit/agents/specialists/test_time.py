from datetime import date, timedelta

import pytest

from agents.specialists import time
from tests.unit.agents.small_firm import ERP, Desk, after, args, tools
from tools.records import Leave, TimeEntry

MONDAY = date(2026, 2, 23)
WEEK = {"person_id": "per-ann", "week_start_on": MONDAY.isoformat()}


def entry(ident: str, minutes: int, day: date = MONDAY, project: str = "prj-one") -> TimeEntry:
    return TimeEntry(
        id=ident, authors=ERP, project_id=project, person_id="per-ann", day=day, minutes=minutes, rate_minor=12_000,
        currency="EUR", status="approved",
    )  # fmt: skip


def test_a_sound_week_is_left_alone(desk: Desk) -> None:
    desk.firm.put(*(entry(f"tim-{n}", 480, MONDAY + timedelta(days=n)) for n in range(5)))
    outcome = desk.run("psa.timesheet.approved", **WEEK)
    assert outcome.proposals == []
    assert "nothing out of order" in str(outcome.nothing_because)


def test_an_impossible_day_a_repetition_and_a_strange_project_are_flagged(desk: Desk) -> None:
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    desk.firm.put(
        entry("tim-1", 1500), entry("tim-2", 480, tuesday), entry("tim-3", 480, tuesday),
        entry("tim-4", 60, wednesday, "prj-two"), entry("tim-5", 420, wednesday),
    )  # fmt: skip
    outcome = desk.run("psa.timesheet.approved", **WEEK)
    flagged = {p.action.args()["time_entry_id"]: p.action.args()["reason"] for p in outcome.proposals}
    assert flagged.keys() == {"tim-1", "tim-3", "tim-4"}
    assert "25 h" in flagged["tim-1"]
    assert "tim-2" in flagged["tim-3"]
    assert "not booked" in flagged["tim-4"]


def test_of_more_faults_than_are_flagged_one_by_one_somebody_hears(desk: Desk) -> None:
    desk.firm.put(*(entry(f"tim-{n:03}", 60) for n in range(100)))
    outcome = desk.run("psa.timesheet.approved", **WEEK)
    assert tools(outcome) == ["flag_time_entry"] * time.MAX_FLAGS + ["create_task"]
    task = args(outcome, "create_task")
    assert task["assignee_id"] == "per-lead"
    assert "70 more entries are out of order" in task["description"]
    assert outcome.proposals[-1].ungrounded == []


def test_two_customers_on_one_long_day_do_not_read_of_each_other(desk: Desk) -> None:
    desk.firm.put(entry("tim-1", 600), entry("tim-2", 500, project="prj-two"))
    outcome = desk.run("psa.timesheet.approved", **WEEK)
    assert tools(outcome) == ["flag_time_entry", "flag_time_entry"]
    for proposal, other in zip(outcome.proposals, ("tim-2", "tim-1"), strict=True):
        assert not any(other in fact for fact in proposal.evidence)


def test_flagged_and_written_off_entries_are_not_flagged_again(desk: Desk) -> None:
    desk.firm.put(entry("tim-1", 1500).model_copy(update={"status": "flagged"}))
    assert desk.run("psa.timesheet.approved", **WEEK).proposals == []


def test_what_is_billed_already_is_for_the_projects_lead_to_look_at(desk: Desk) -> None:
    desk.firm.put(entry("tim-1", 1500).model_copy(update={"status": "invoiced"}))
    outcome = desk.run("psa.timesheet.approved", **WEEK)
    assert tools(outcome) == ["create_task"]
    assert args(outcome, "create_task")["assignee_id"] == "per-lead"
    assert "tim-1" in args(outcome, "create_task")["description"]
    assert outcome.proposals[0].ungrounded == []
    desk.firm.change("project/prj-one", lead_id="per-who-left")
    assert "billed already" in str(desk.run("psa.timesheet.approved", **WEEK).nothing_because)


def test_a_missing_sheet_is_asked_for_unless_there_is_a_reason(desk: Desk) -> None:
    outcome = desk.run("psa.timesheet.missing", **WEEK)
    assert [p.action.args()["assignee_id"] for p in outcome.proposals] == ["per-ann"]
    late = desk.run("psa.timesheet.missing", person_id="per-ann", week_start_on="2026-02-09")
    assert [p.action.args()["assignee_id"] for p in late.proposals] == ["per-ann", "per-lead"]
    desk.firm.put(
        Leave(id="lea-1", authors=ERP, person_id="per-ann", start_on=MONDAY, end_on=after(20), status="approved")
    )
    assert "leave" in str(desk.run("psa.timesheet.missing", **WEEK).nothing_because)
    desk.firm.put(entry("tim-1", 480))
    assert "recorded by now" in str(desk.run("psa.timesheet.missing", **WEEK).nothing_because)
    assert args(outcome, "create_task")["due_on"] == "2026-03-03"


def test_of_more_time_than_is_read_at_once_nothing_is_claimed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "MOST_TIME", 3)
    for number in range(3):
        desk.firm.put(entry(f"tim-{number}", 60 + 20 * number))
    for kind in ("psa.timesheet.approved", "psa.timesheet.missing"):
        outcome = desk.run(kind, **WEEK)
        assert args(outcome, "create_task")["assignee_id"] == "per-lead"
        assert "more time entries than are read at once" in args(outcome, "create_task")["description"]
        assert outcome.proposals[0].ungrounded == []
