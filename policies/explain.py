"""Explains a decision: every rule, and which of its conditions hold for this request."""

from policies.attributes import ATTRIBUTES
from policies.cedar import conditions_held
from policies.decision import Decision
from policies.engine import Engine, cedar_context
from policies.request import PolicyRequest
from policies.risk import RiskScore
from policies.rules import Rule, RuleEffect
from policies.ruleset import Ruleset
from tools.values import Value


class ConditionHeld(Value):
    """One condition: the attribute's value, what the rule wants of it, and whether that holds, as Cedar sees it."""

    attribute: str
    value: int | str
    wants: str
    holds: bool


class RuleExplained(Value):
    """One rule. `matched`: all of its conditions hold."""

    id: str
    title: str
    effect: RuleEffect
    file: str
    line: int
    matched: bool
    conditions: list[ConditionHeld]


class Explanation(Value):
    """The decision in mode `auto`, and each rule's part in it, those that matched first."""

    decision: Decision
    rules: list[RuleExplained]


def explain(ruleset: Ruleset, request: PolicyRequest, risk: RiskScore) -> Explanation:
    """Why the ruleset decides so. Raises ValueError when Cedar cannot read the request; the decision is then deny."""
    decision = Engine(ruleset).decide(request, risk, "auto")
    context = cedar_context(request, risk)
    held = conditions_held(ruleset.rules, request.tool, request.tenant, context)
    rules = [_explained(rule, held, context) for rule in ruleset.rules]
    rules.sort(key=lambda rule: (not rule.matched, rule.id))
    return Explanation(decision=decision, rules=rules)


def _explained(rule: Rule, held: set[tuple[str, int]], context: dict[str, int | str]) -> RuleExplained:
    conditions = [
        ConditionHeld(
            attribute=name, value=context[name], wants=f"{ATTRIBUTES[name].words}: {wants}",
            holds=(rule.id, index) in held,
        )
        for index, (name, wants) in enumerate(_wants(rule))
    ]  # fmt: skip
    return RuleExplained(
        id=rule.id, title=rule.title, effect=rule.effect, file=rule.file, line=rule.line,
        matched=all(condition.holds for condition in conditions), conditions=conditions,
    )  # fmt: skip


def _wants(rule: Rule) -> list[tuple[str, str]]:
    """Attribute and demand of each part of a rule, in the order of `cedar.parts`."""
    scopes = (("tool", rule.tools), ("unit", rule.units), ("workflow", rule.workflows))
    wants = [(name, f"one of {', '.join(names)}") for name, names in scopes if names]
    for condition in rule.conditions:
        demand = ", ".join(condition.names) if condition.names else str(condition.bound)
        wants.append((condition.attribute, f"{condition.operator.replace('_', ' ')} {demand}"))
    return wants
