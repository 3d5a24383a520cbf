"""A candidate ruleset over the past, and why a decision came out as it did."""

from typing import Any

import pytest

from policies.engine import Engine
from policies.examples import request_of
from policies.explain import explain
from policies.risk import Doubt, score
from policies.ruleset import RULES, load_ruleset, read_ruleset
from policies.simulate import Recorded, simulate

SHIPPED = load_ruleset()


def recorded(ident: str, given_: dict[str, int | str], **more: Any) -> Recorded:
    request, doubt = request_of(given_)
    now = Engine(SHIPPED).judge(request, doubt, "auto")
    return Recorded(
        id=ident, request=request, doubt=doubt, mode="auto", effect=now.effect, requirements=now.requirements, **more
    )


PAST = [
    recorded("dec-1", {"tool": "create_task"}),
    recorded("dec-2", {"tool": "update_forecast", "outside_hours": 1}, verdict="approved"),
    recorded("dec-3", {"tool": "update_forecast", "outside_hours": 1}, verdict="rejected"),
    recorded("dec-4", {"tool": "write_off", "amount_minor": 5_000}, verdict="approved"),
    recorded("dec-5", {"tool": "create_task", "cross_customer": 1}),
]


def texts(**changed: tuple[str, str]) -> dict[str, str]:
    """The shipped files, one text in some of them replaced."""
    found = {path.name: path.read_text() for path in RULES.glob("*.yaml")}
    for name, (old, new) in changed.items():
        assert old in found[f"{name}.yaml"]
        found[f"{name}.yaml"] = found[f"{name}.yaml"].replace(old, new)
    return found


def test_the_same_rules_change_nothing() -> None:
    result = simulate(SHIPPED, PAST)
    assert (result.total, result.same, result.changed, result.against_people) == (5, 5, [], [])
    assert result.moves == {"auto>auto": 1, "review>review": 3, "deny>deny": 1}
    assert result.ruleset_digest == SHIPPED.digest


def test_what_would_run_alone_is_held_against_what_people_said() -> None:
    candidate = read_ruleset(texts(alone=("outside_hours: {at_most: 0}", "outside_hours: {at_most: 1}")))
    result = simulate(candidate, PAST)
    assert [(change.id, change.shift, change.after) for change in result.changed] == [
        ("dec-2", "looser", "auto"), ("dec-3", "looser", "auto"),
    ]  # fmt: skip
    assert (result.against_people, result.saved_reviews) == (["dec-3"], 1)


def test_what_would_be_refused_though_people_approved() -> None:
    candidate = read_ruleset(texts(thresholds=("write_off: {auto_below: 0, two_from: 55}",
                                               "write_off: {auto_below: 0, two_from: 1, deny_from: 1}")))  # fmt: skip
    result = simulate(candidate, PAST)
    assert [(change.id, change.shift) for change in result.changed] == [("dec-4", "stricter")]
    assert result.against_people == ["dec-4"]


def test_other_people_are_neither_stricter_nor_looser() -> None:
    candidate = read_ruleset(texts(money=(
        "[write_off, reverse_write_off]\n  effect: require_approval\n  approval: {roles: [finance, cfo]",
        "[write_off, reverse_write_off]\n  effect: require_approval\n  approval: {roles: [delivery_lead]",
    ), approvals=("money: {roles: [finance, cfo]", "money: {roles: [head_of_delivery]")))  # fmt: skip
    (change,) = simulate(candidate, PAST).changed
    assert (change.id, change.shift, change.before, change.after) == ("dec-4", "other_people", "review", "review")


def test_records_keep_their_mode_and_thresholds() -> None:
    past = recorded("dec-1", {"tool": "create_task"}).model_copy(update={"mode": "propose"})
    assert simulate(SHIPPED, [past]).moves == {"auto>review": 1}


def test_explained_conditions_are_those_that_decided() -> None:
    request, doubt = request_of({"tool": "write_off", "amount_minor": 2_000_000, "possible_duplicates": 1})
    explained = explain(SHIPPED, request, score(request, doubt, SHIPPED.weights))
    matched = {rule.id for rule in explained.rules if rule.matched}
    assert matched == {rule for rule in explained.decision.rules if "." not in rule}
    large = next(rule for rule in explained.rules if rule.id == "large-write-off")
    assert [(c.attribute, c.value, c.holds) for c in large.conditions] == [
        ("tool", "write_off", True), ("amount_minor", 2_000_000, True),
    ]  # fmt: skip
    task = next(rule for rule in explained.rules if rule.id == "internal-tasks")
    assert not task.matched
    assert [c.holds for c in task.conditions] == [False, True, True, False]
    assert "records changed: at most 10" in task.conditions[2].wants


def test_what_cedar_cannot_read_is_not_explained() -> None:
    request, _ = request_of({"tool": "create_task"})
    risk = score(request, Doubt(), SHIPPED.weights)
    with pytest.raises(ValueError, match="does not exist"):
        explain(SHIPPED, request.model_copy(update={"tool": "nope"}), risk)
