"""What is wrong with time: rates, repetitions, hours, bookings, phases, months, approvals."""

import time
from datetime import date, timedelta
from typing import Any

import pytest

from tests.unit.tools.billing.small_books import contract, entry, found, kinds, milestone, person, project, seat
from tools.billing.checks import TIME
from tools.billing.limits import Limits
from tools.records import Leave
from tools.values import Money


def test_what_is_in_order_is_left_alone() -> None:
    assert found(TIME) == []


@pytest.mark.parametrize(
    ("more", "kind", "stake"),
    [
        ({"rate_minor": 11_000}, "rate_differs", 8_000),
        ({"rate_minor": 0}, "rate_not_positive", 96_000),
        ({"rate_minor": -12_000}, "rate_not_positive", 96_000),
        ({"currency": "USD"}, "currency_differs", 96_000),
        ({"minutes": 1_500}, "impossible_hours", 300_000),
        ({"day": date(2026, 1, 2)}, "wrong_project", 96_000),
        ({"status": "submitted", "day": date(2026, 1, 20)}, "closed_period", 96_000),
        ({"approved_by_id": "per-1"}, "approval_missing", 96_000),
    ],
)
def test_each_mistake_alone_is_one_finding(more: dict[str, Any], kind: str, stake: int) -> None:
    (only,) = found(TIME, entry(**more))
    assert (only.kind, only.record.id, only.stake) == (kind, "tim-1", Money(amount_minor=stake, currency="EUR"))
    assert all(one.startswith(("time_entry/", "contract/", "project/", "period/")) for one in only.evidence)
    assert only.says.endswith(".")
    assert only.remedy
    assert 0 < only.confidence < 100


def test_who_owns_the_correct_value_is_named() -> None:
    owner = {one.kind: one.owner_id for more in ({"rate_minor": 1}, {"minutes": 1_500}, {"day": date(2026, 1, 2)},
                                                 {"approved_by_id": "per-1"})
             for one in found(TIME, entry(**more))}  # fmt: skip
    assert owner == {
        "rate_differs": "per-owner", "impossible_hours": "per-1", "wrong_project": "per-lead",
        "approval_missing": "per-lead",
    }  # fmt: skip


def test_hours_before_a_new_rate_keep_the_old_one() -> None:
    raised = contract(hourly_rate_minor=13_000, rate_since_on=date(2026, 2, 11))
    assert found(TIME, raised) == []
    assert kinds(found(TIME, raised, entry(day=date(2026, 2, 11)))) == [("rate_differs", "tim-1")]


def test_repetitions_are_told_apart_by_their_notes_unless_they_are_long() -> None:
    short = [entry("tim-1", minutes=60, note="a"), entry("tim-2", minutes=60, note="b")]
    assert found(TIME, *short) == []
    assert kinds(found(TIME, *short, entry("tim-3", minutes=60, note="a"))) == [("duplicate_time", "tim-3")]
    long = [entry("tim-1", minutes=300, note="a"), entry("tim-2", minutes=300, note="b")]
    (repeated,) = found(TIME, *long)
    assert (repeated.kind, repeated.record.id) == ("duplicate_time", "tim-2")
    assert "time_entry/tim-1#minutes" in repeated.evidence


def test_the_same_note_repeats_an_entry_that_was_rounded_otherwise() -> None:
    short = [entry("tim-1", minutes=60, note="a"), entry("tim-2", minutes=75, note="a")]
    (repeated,) = found(TIME, *short)
    assert (repeated.record.id, repeated.says) == ("tim-2", "It repeats entry tim-1: same day, project and note.")
    assert found(TIME, short[0], entry("tim-2", minutes=76, note="a")) == []
    assert found(TIME, entry("tim-1", minutes=60), entry("tim-2", minutes=75)) == []  # no note to go by


def test_a_long_day_of_several_entries_tells_each_of_them_but_only_the_sum() -> None:
    other = [project("prj-2"), seat("asg-2", project_id="prj-2"), entry("tim-2", project_id="prj-2", minutes=600)]
    long = found(TIME, *other)
    assert kinds(long) == [("impossible_hours", "tim-1"), ("impossible_hours", "tim-2")]
    assert all("18 h" in one.says for one in long)
    assert not any("tim-2" in fact for fact in long[0].evidence)
    assert found(TIME, *other, limits=Limits(day_minutes=1_080)) == []


def test_time_written_off_counts_for_nothing() -> None:
    assert found(TIME, entry(minutes=1_500, rate_minor=0, status="written_off")) == []


def test_leave_and_project_are_looked_at_by_the_day() -> None:
    leave = Leave(id="lea-1", person_id="per-1", start_on=date(2026, 2, 9), end_on=date(2026, 2, 10), status="approved")
    assert kinds(found(TIME, leave)) == [("time_on_leave", "tim-1")]
    assert found(TIME, leave.model_copy(update={"status": "requested"})) == []
    assert found(TIME, leave, entry(day=date(2026, 2, 11))) == []
    assert kinds(found(TIME, seat(status="released"))) == [("wrong_project", "tim-1")]
    assert kinds(found(TIME, project(status="cancelled"))) == [("wrong_project", "tim-1")]


def test_phases() -> None:
    own, other = milestone(status="invoiced", due_on=date(2026, 1, 31)), milestone("mst-2", project_id="prj-2")
    assert found(TIME, own) == []
    assert kinds(found(TIME, own, entry(milestone_id="mst-1"))) == [("wrong_phase", "tim-1")]
    assert found(TIME, own, entry(milestone_id="mst-1", day=date(2026, 1, 30))) == []
    assert kinds(found(TIME, other, entry(milestone_id="mst-2"))) == [("wrong_phase", "tim-1")]


def test_a_source_that_names_no_approver_tells_nothing_by_it() -> None:
    assert found(TIME, entry(approved_by_id=None)) == []
    both = [entry(approved_by_id=None), entry("tim-2", day=date(2026, 2, 11))]
    assert kinds(found(TIME, *both)) == [("approval_missing", "tim-1")]


def test_an_entry_of_an_unknown_project_is_no_silent_guess() -> None:
    assert kinds(found(TIME, entry(project_id="prj-9"))) == [("wrong_project", "tim-1")]


def test_ten_thousand_entries_of_one_person_take_little_time() -> None:
    """Eight years of three entries a day. Measured 0.25 s of CPU; the bound leaves room for a busy machine."""
    first = date(2018, 1, 1)
    many = [
        entry(f"tim-{number}", day=first + timedelta(days=number // 3), minutes=120, note=f"part {number % 3}")
        for number in range(10_000)
    ]
    always = [project(start_on=first, end_on=date(2030, 1, 1)), seat(start_on=first, end_on=date(2030, 1, 1))]
    started = time.process_time()
    late = found(TIME, person(), *always, *many, entry("tim-10000", minutes=1_500))
    assert time.process_time() - started < 2.5
    assert kinds(late) == [("impossible_hours", "tim-10000")]
