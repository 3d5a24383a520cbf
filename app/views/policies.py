"""Policies as people read them: each rule in words, what it did, and the rules that no file holds."""

from collections import Counter
from typing import Any, Final

from sqlmodel import col, select

from app.actor import Actor
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Decision
from app.views.sight import require_any_role
from app.views.words import spoken
from policies.attributes import ATTRIBUTES
from policies.cedar import GUARDS
from policies.rules import Condition, Rule
from policies.ruleset import Ruleset

MOST_COUNTED: Final = 2_000
_SAID: Final = {
    "more_than": "more than {}", "at_least": "at least {}", "at_most": "at most {}", "less_than": "less than {}",
    "equals": "{}", "in": "{}",
}  # fmt: skip
_ALWAYS: Final = (
    ("threshold.auto_below", "From a risk on, each action needs a person"),
    ("threshold.two_from", "From a higher risk on, it needs two people"),
    ("threshold.deny_from", "From the highest risk on, nobody may run it"),
    ("mode.propose", "A workflow that only proposes leaves everything to people"),
    ("default.no-permit", "What no rule permits to run by itself waits for a person"),
)


def rules(ground: Ground, actor: Actor, ruleset: Ruleset) -> dict[str, Any]:
    """`{"rules", "always", "counted"}`: rules with conditions in words and what each did in the newest decisions."""
    require_any_role(actor)
    did, counted = _did(ground, actor.tenant)
    return {
        "rules": [_described(rule) | {"did": did.get(rule.id, {})} for rule in ruleset.rules],
        "always": [
            {"id": name, "title": title, "did": did.get(name, {})}
            for name, title in [*((name, title) for name, (_, title) in GUARDS.items()), *_ALWAYS]
        ],
        "counted": counted,
    }  # fmt: skip


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id, "title": rule.title, "effect": rule.effect, "tools": rule.tools, "units": rule.units,
        "workflows": rule.workflows, "conditions": [_condition(each) for each in rule.conditions],
        "approval": rule.approval, "place": f"{rule.file.rpartition('/')[2]}, line {rule.line}",
        "examples": [
            {"given": ", ".join(f"{spoken(name)} {value}" for name, value in each.given.items()), "then": each.then}
            for each in rule.examples
        ],
    }  # fmt: skip


def _condition(condition: Condition) -> str:
    """One condition in words: `money at stake: more than 500000`, `reach: at most “reaches a customer”`."""
    attribute = ATTRIBUTES[condition.attribute]
    if condition.names:
        return f"{attribute.words}: {' or '.join(spoken(name) for name in condition.names)}"
    bound = condition.bound or 0
    if attribute.most == 1:
        holds = condition.operator in ("more_than", "at_least")
        return attribute.said[1] if holds and attribute.said else f"not: {attribute.words}"
    if 1 < len(attribute.said) <= 3:
        short = attribute.words.partition(":")[0]
        return f"{short}: {_SAID[condition.operator].format(f'“{attribute.said[bound]}”')}"
    if condition.operator == "at_most" and bound == 0:
        return f"no {attribute.words}"
    if condition.operator == "more_than" and bound == 0:
        return f"any {attribute.words}"
    value = f"{bound / 100:,.2f}" if condition.attribute.endswith("_minor") else str(bound)
    value = f"{bound / 100:g} %" if condition.attribute.endswith("_bp") else value
    return f"{attribute.words}: {_SAID[condition.operator].format(value)}"


def _did(ground: Ground, tenant: str) -> tuple[dict[str, dict[str, int]], int]:
    """Rule id → effect → how many of the newest first decisions it was among the reasons of, and how many those are."""
    query = (
        select(Decision.rules, Decision.effect)
        .where(col(Decision.tenant) == tenant, col(Decision.stage) == "propose")
        .order_by(col(Decision.id).desc())
        .limit(MOST_COUNTED)
    )  # fmt: skip
    with read_only(ground.engine) as session:
        decided = session.exec(query).all()
    counts = Counter((name, effect) for names, effect in decided for name in names)
    found: dict[str, dict[str, int]] = {}
    for (name, effect), count in counts.items():
        found.setdefault(name, {})[effect] = count
    return found, len(decided)
