"""The order of the queue, and when a review is due, escalates and expires."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.store.models import Case, Decision, Review
from app.workflow.route import ask, priority, scopes
from tests.unit.policies.firm import books, reached_from
from tools.actions import Action, HoldInvoice, NotifyChannel, ShiftMilestone

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RISKS = st.integers(0, 100)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def decision(risk: int, *within_s: int) -> Decision:
    requirements = [
        {"roles": ["finance"], "approvers": 1, "excluded": [], "within_s": each, "escalate_to": "cfo", "rule": "r"}
        for each in within_s
    ]
    return Decision(
        id="dec_1", tenant="acme", proposal_id="prp_1", args_digest="sha256:new", effect="review", risk_score=risk,
        requirements=requirements, mode="auto", ruleset_digest="r", stage="propose", at=NOW,
    )  # fmt: skip


def asked(made: Decision, now: datetime = NOW, **more: Any) -> Review:
    review = Review(
        id="rev_1", tenant="acme", case_id="cas_1", proposal_id="prp_1", decision_id="", tool="write_off",
        status="pending", args_digest="sha256:old", risk_score=0, priority=0, asked_at=now, due_at=now, expires_at=now,
        created_at=now, **more,
    )  # fmt: skip
    ask(review, made, now, manager=None)
    return review


# -- priority


@given(risk=RISKS, riskier=RISKS, due=MOMENTS, sooner=MOMENTS)
def test_more_risk_and_less_time_never_come_later(risk: int, riskier: int, due: datetime, sooner: datetime) -> None:
    low, high = sorted((risk, riskier))
    early, late = sorted((due, sooner))
    assert priority(high, early) >= priority(low, late)
    if high > low:
        assert priority(high, due) > priority(low, due)


@given(risk=RISKS, due=MOMENTS, points=st.integers(0, 50))
def test_a_point_of_risk_weighs_as_much_as_half_an_hour(risk: int, due: datetime, points: int) -> None:
    assert priority(risk + points, due) == priority(risk, due - points * timedelta(minutes=30))


@given(risk=RISKS, due=MOMENTS)
def test_it_fits_the_databases_integers(risk: int, due: datetime) -> None:
    assert -(2**31) <= priority(risk, due) < 2**31


# -- asking


@given(risk=RISKS, within=st.lists(st.integers(60, 30 * 86_400), min_size=1, max_size=4))
def test_the_shortest_time_counts_and_as_much_is_left_after_escalation(risk: int, within: list[int]) -> None:
    review = asked(decision(risk, *within))
    assert review.due_at - NOW == timedelta(seconds=min(within))
    assert review.expires_at - review.due_at == review.due_at - NOW
    assert review.priority == priority(risk, review.due_at)
    assert [item["within_s"] for item in review.required] == within


def test_without_a_requirement_there_is_a_day() -> None:
    assert asked(decision(5)).due_at - NOW == timedelta(days=1)


def test_asking_again_starts_anew() -> None:
    later = NOW + timedelta(hours=3)
    review = asked(decision(5, 3600), escalated_at=NOW, editor_ids=["pri_1"])
    again = decision(70, 7200)
    ask(review, again, later, manager=None)
    assert (review.asked_at, review.escalated_at, review.risk_score) == (later, None, 70)
    assert (review.decision_id, review.args_digest) == ("dec_1", "sha256:new")
    assert review.due_at == later + timedelta(hours=2)
    assert review.editor_ids == ["pri_1"]  # who edited stays known
    assert review.required == again.requirements
    assert review.required is not again.requirements  # the decision's own list never changes with the review's


# -- scopes


def case(**more: Any) -> Case:
    return Case(
        id="cas_1", tenant="acme", workflow="w", kind="k", status="open", data_subject="sub_1", opened_at=NOW,
        updated_at=NOW, **more,
    )  # fmt: skip


def found(action: Action, about: Case, subject: str | None = "project/prj-a") -> dict[str, str]:
    return dict(scopes(about, action, reached_from(subject, books())))


def test_money_is_summed_under_contract_customer_tool_and_requester() -> None:
    about = case(customer_id="cus-a", requester_id="pri_1", requested_by="sub_9")
    assert found(HoldInvoice(invoice_id="inv-a", reason="x"), about) == {
        "tool": "hold_invoice", "customer": "cus-a", "contract": "ctr-a", "requester": "pri_1",
    }  # fmt: skip


def test_a_milestones_money_is_its_projects_contracts() -> None:
    shift = ShiftMilestone(milestone_id="mil-a", due_on=date(2026, 5, 1), reason="x")
    assert found(shift, case())["contract"] == "ctr-a"


def test_the_records_named_say_whose_money_it_is_before_the_case_does() -> None:
    assert found(HoldInvoice(invoice_id="inv-a", reason="x"), case(customer_id="cus-b"))["customer"] == "cus-a"


def test_what_names_no_customer_is_summed_under_the_cases() -> None:
    post = NotifyChannel(channel="ops", text="x")
    assert found(post, case(customer_id="cus-b", requested_by="sub_9")) == {
        "tool": "notify_channel", "customer": "cus-b", "requester": "sub_9",
    }  # fmt: skip
    assert found(post, case(), None) == {"tool": "notify_channel"}
