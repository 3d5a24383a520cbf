"""The firm fails as it was told to: so often, there, and for every process that opens its file."""

from pathlib import Path

import pytest

from tests.unit.tools.conftest import SetClock
from tools.actions import parse_action
from tools.connectors.sandbox import Sandbox
from tools.connectors.sandbox.faults import FAULTS
from tools.ports import SourceUnavailable
from tools.records import Notice, Project
from tools.write_port import Refused, Uncertain

POST = parse_action("notify_channel", {"channel": "#all", "text": "hello"})
TASK = parse_action("create_task", {"title": "t", "assignee_id": "per-01", "due_on": "2026-04-01"})


def test_a_refusal_lasts_as_many_calls_as_it_was_told(firm: Sandbox) -> None:
    firm.fault("refuse", "notify_channel", count=2)
    for _ in range(2):
        with pytest.raises(Refused):
            firm.apply(POST, "k")
    firm.apply(TASK, "task")
    firm.apply(POST, "k")
    assert [(entry["key"], entry["count"]) for entry in firm.ledger()] == [("task", 1), ("k", 1)]
    assert firm.due_faults() == []


def test_what_took_effect_is_not_refused_afterwards(firm: Sandbox) -> None:
    receipt = firm.apply(POST, "k")
    firm.fault("refuse")
    assert firm.apply(POST, "k") == receipt


def test_every_process_meets_a_fault_until_it_is_cleared(firm: Sandbox, tmp_path: Path, clock: SetClock) -> None:
    firm.fault("timeout_before_apply")
    with Sandbox(tmp_path / "firm.db", clock) as other:
        for _ in range(3):
            with pytest.raises(Uncertain):
                other.apply(POST, "k")
        firm.clear_faults()
        other.apply(POST, "k")


def test_slow_takes_its_seconds_on_either_side(firm: Sandbox, clock: SetClock) -> None:
    started = clock.now
    firm.fault("slow", "notify_channel", count=1, seconds=2.5)
    firm.apply(POST, "k")
    firm.fault("slow", "read", count=2, seconds=4)
    assert firm.get(Project, "prj-01") is not None
    assert firm.find(Project, {}) != []
    assert firm.get(Project, "prj-01") is not None
    assert (clock.now - started).total_seconds() == 2.5 + 4 + 4


def test_unavailable_reads_teach_nothing_and_leave_writes_alone(firm: Sandbox) -> None:
    firm.fault("unavailable", "read", count=3)
    with pytest.raises(SourceUnavailable):
        firm.get(Project, "prj-01")
    with pytest.raises(SourceUnavailable):
        firm.find(Project, {})
    receipt = firm.apply(POST, "k")
    with pytest.raises(Uncertain):
        firm.lookup("k")
    assert firm.lookup("k") == receipt


def test_a_whole_outage_leaves_a_write_uncertain_and_undone(firm: Sandbox) -> None:
    firm.fault("unavailable")
    with pytest.raises(Uncertain):
        firm.apply(POST, "k")
    with pytest.raises(SourceUnavailable):
        firm.get(Notice, "ntc-001")
    firm.clear_faults()
    assert firm.lookup("k") is None
    assert firm.ledger() == []


def test_a_lie_is_kept_up_when_asked_again(firm: Sandbox) -> None:
    firm.fault("lie", count=1)
    receipt = firm.apply(POST, "k")
    assert firm.lookup("k") == receipt == firm.apply(POST, "k")
    assert firm.get(Notice, str(receipt.result["notice_id"])) is None
    assert firm.ledger()[0]["count"] == 0


def test_two_faults_of_one_name_are_met_one_after_the_other(firm: Sandbox) -> None:
    firm.fault("refuse", "notify_channel", count=1)
    firm.fault("refuse", "*", count=1)
    for _ in range(2):
        with pytest.raises(Refused):
            firm.apply(POST, "k")
    firm.apply(POST, "k")


@pytest.mark.parametrize(
    ("args", "naming"),
    [
        (("explode",), "fault is one of"),
        (("refuse", "no_such_tool"), "scope is a tool"),
        (("refuse", "read"), "concerns writes"),
        (("lie", "read"), "concerns writes"),
        (("refuse", "*", 0), "at least 1"),
        (("slow",), "takes seconds"),
        (("slow", "*", None, 301), "takes seconds"),
        (("refuse", "*", None, 2), "only slow"),
    ],
)
def test_an_order_that_makes_no_sense(firm: Sandbox, args: tuple[object, ...], naming: str) -> None:
    with pytest.raises(ValueError, match=naming):
        firm.fault(*args)  # type: ignore[arg-type]
    assert firm.due_faults() == []


def test_faults_are_listed_in_order(firm: Sandbox) -> None:
    for fault in FAULTS:
        firm.fault(fault, seconds=1.0 if fault == "slow" else 0.0)
    assert [due["fault"] for due in firm.due_faults()] == list(FAULTS)
