"""Who must say yes, and whether they have."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import PARTIES, Approval, Decision, Party, Requirement, stricter, unmet
from policies.engine import Engine
from policies.examples import request_of
from policies.ruleset import load_ruleset

ROLES = ("finance", "cfo", "delivery_lead")


def needs(*roles: str, approvers: int = 1, excluded: tuple[str, ...] = PARTIES, rule: str = "r") -> Requirement:
    return Requirement.model_validate({
        "roles": list(roles), "approvers": approvers, "excluded": list(excluded), "within_s": 3600,
        "escalate_to": "head_of_delivery", "rule": rule,
    })  # fmt: skip


def yes(principal: str, *roles: str, limit: int | None = None, approved: int = 0) -> Approval:
    return Approval(principal=principal, roles=list(roles), limit_minor=limit, approved_minor=approved)


def open_after(
    required: list[Requirement], *approvals: Approval, amount: int | None = 0, barred: Mapping[Party, list[str]] = {}
) -> list[str]:
    return [r.rule for r in unmet(required, approvals, parties=barred, amount_minor=amount)]


def test_a_role_is_needed() -> None:
    assert open_after([needs("finance")]) == ["r"]
    assert open_after([needs("finance")], yes("ann", "viewer")) == ["r"]
    assert open_after([needs("finance", "cfo")], yes("ann", "cfo")) == []


def test_one_person_counts_for_several_requirements_but_once_in_each() -> None:
    both = [needs("finance", rule="a"), needs("cfo", rule="b")]
    assert open_after(both, yes("ann", "finance", "cfo")) == []
    two = [needs("finance", "cfo", approvers=2)]
    assert open_after(two, yes("ann", "finance", "cfo")) == ["r"]
    assert open_after(two, yes("ann", "finance"), yes("ann", "cfo")) == ["r"]
    assert open_after(two, yes("ann", "finance"), yes("bob", "cfo")) == []


@pytest.mark.parametrize("party", PARTIES)
def test_an_excluded_party_does_not_count(party: Party) -> None:
    barred = {party: ["ann"]}
    assert open_after([needs("finance")], yes("ann", "finance"), barred=barred) == ["r"]
    assert open_after([needs("finance", excluded=())], yes("ann", "finance"), barred=barred) == []
    assert open_after([needs("finance")], yes("ann", "finance"), yes("bob", "finance"), barred=barred) == []


def test_a_limit_must_cover_the_amount_and_what_was_approved_before() -> None:
    one = [needs("finance")]
    assert open_after(one, yes("ann", "finance", limit=100), amount=100) == []
    assert open_after(one, yes("ann", "finance", limit=100), amount=101) == ["r"]
    assert open_after(one, yes("ann", "finance", limit=100, approved=60), amount=41) == ["r"]
    assert open_after(one, yes("ann", "finance", limit=100), amount=None) == ["r"]
    assert open_after(one, yes("ann", "finance"), amount=None) == []
    assert open_after(one, yes("ann", "finance", limit=0), amount=0) == []


def test_ten_split_amounts_meet_the_limit_together() -> None:
    one = [needs("finance")]
    met = [not open_after(one, yes("ann", "finance", limit=100, approved=n * 20), amount=20) for n in range(10)]
    assert met == [True] * 5 + [False] * 5


def test_escalation_adds_a_role_and_nothing_else() -> None:
    before = needs("finance", approvers=2)
    after = before.escalated()
    assert after.roles == ["finance", "head_of_delivery"]
    assert after.escalated() == after
    assert before.covers(after)
    assert not after.covers(before)


def test_nothing_required_is_met() -> None:
    assert open_after([]) == []


approvals = st.lists(
    st.builds(
        Approval, principal=st.sampled_from("abcd"), roles=st.lists(st.sampled_from(ROLES), max_size=3),
        limit_minor=st.none() | st.integers(0, 10), approved_minor=st.integers(0, 5),
    ),
    max_size=6,
)  # fmt: skip
requirements = st.lists(
    st.builds(
        Requirement, roles=st.lists(st.sampled_from(ROLES), min_size=1, max_size=2), approvers=st.integers(1, 3),
        excluded=st.lists(st.sampled_from(PARTIES), unique=True), within_s=st.just(60), escalate_to=st.none(),
        rule=st.sampled_from(["r1", "r2"]),
    ),
    max_size=3,
)  # fmt: skip
parties = st.dictionaries(st.sampled_from(PARTIES), st.lists(st.sampled_from("abcd"), max_size=2))
amounts = st.none() | st.integers(0, 12)


@given(requirements, approvals, approvals, parties, amounts)
def test_another_approval_never_opens_a_requirement(
    required: list[Requirement], some: list[Approval], more: list[Approval], barred: Any, amount: int | None
) -> None:
    before = unmet(required, some, parties=barred, amount_minor=amount)
    after = unmet(required, some + more, parties=barred, amount_minor=amount)
    assert all(requirement in before for requirement in after)


@given(requirements, approvals, parties, st.integers(0, 12), st.integers(0, 12))
def test_a_larger_amount_never_needs_fewer(
    required: list[Requirement], some: list[Approval], barred: Any, one: int, other: int
) -> None:
    small = unmet(required, some, parties=barred, amount_minor=min(one, other))
    large = unmet(required, some, parties=barred, amount_minor=max(one, other))
    assert all(requirement in large for requirement in small)


@given(requirements, approvals, parties, amounts)
def test_nobody_alone_meets_what_needs_two(
    required: list[Requirement], some: list[Approval], barred: Any, amount: int | None
) -> None:
    alone = [approval.model_copy(update={"principal": "a"}) for approval in some]
    met = [r for r in required if r not in unmet(required, alone, parties=barred, amount_minor=amount)]
    assert all(requirement.approvers == 1 for requirement in met)
    excluded = {party: [*barred.get(party, []), "a"] for party in PARTIES}
    still = unmet(required, alone, parties=excluded, amount_minor=amount)
    assert all(requirement in still for requirement in required if requirement.excluded)


@given(requirements, requirements, approvals, parties, amounts)
def test_what_covers_another_is_met_only_with_it(
    ones: list[Requirement], others: list[Requirement], some: list[Approval], barred: Any, amount: int | None
) -> None:
    for one in ones:
        for other in others:
            if one.covers(other) and not unmet([one], some, parties=barred, amount_minor=amount):
                assert not unmet([other], some, parties=barred, amount_minor=amount)


# -- stricter

ENGINE = Engine(load_ruleset())


def review(*required: Requirement, effect: str = "review") -> Decision:
    decision = ENGINE.judge(*request_of({"tool": "create_task"}), "auto")
    return decision.model_copy(update={"effect": effect, "requirements": list(required)})


def test_stricter_effects() -> None:
    auto, asked, denied = review(effect="auto"), review(needs("finance")), review(effect="deny")
    ranked = [auto, asked, denied]
    for place, now in enumerate(ranked):
        for other, then in enumerate(ranked):
            assert stricter(now, then) == (place > other)


def test_stricter_requirements() -> None:
    base = review(needs("finance", "cfo"))
    for harder in (needs("cfo"), needs("finance", "cfo", approvers=2), needs("delivery_lead")):
        assert stricter(review(harder), base)
    assert stricter(review(needs("finance"), needs("cfo")), review(needs("finance")))
    for same_or_easier in (needs("finance", "cfo"), needs("finance", "cfo", excluded=())):
        assert not stricter(review(same_or_easier), base)
    assert not stricter(review(), base)


def test_to_watch_only_is_stricter_than_to_act() -> None:
    acting = review(effect="auto")
    assert stricter(acting.model_copy(update={"observe": True}), acting)
    assert not stricter(acting, acting.model_copy(update={"observe": True}))
