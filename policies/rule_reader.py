"""Reads rules from their YAML. Refuses what would let more risk have less oversight, so that no such rule exists."""

from collections.abc import Mapping
from typing import cast, get_args

import yaml

from policies.attributes import APPROVER_ROLES, ATTRIBUTES, RELATIONS, Attribute
from policies.decision import PARTIES, Effect, Party
from policies.reading import Reading, line_of, seconds
from policies.rules import (
    EFFECTS,
    FROM_THE_RISKY_SIDE,
    FROM_THE_SAFE_SIDE,
    NAMES,
    ApprovalTerms,
    Condition,
    Example,
    Operator,
    Rule,
    RuleEffect,
)
from tools.registry import TOOLS

_FIELDS = ("id", "title", "when", "effect", "approval", "tools", "units", "workflows", "examples")
_ID = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
"""Ids of rules have no dot; those with one (`threshold.two_from`) are the engine's own."""
_APPROVAL_FIELDS = ("roles", "approvers", "within", "escalate_to", "exclude")
_DEFAULT_WITHIN_S = 86_400
_GIVEN = tuple(name for name in ATTRIBUTES if name != "risk_score")


def read_rules(reading: Reading, root: yaml.Node) -> list[Rule]:
    """The rules of one file that are right; what is wrong is noted in `reading`."""
    rules: list[Rule] = []
    for node in reading.items(root, None):
        reading.rule = None
        rule = _rule(reading, node)
        if rule is not None:
            rules.append(rule)
    reading.rule = None
    return rules


def _rule(reading: Reading, node: yaml.Node) -> Rule | None:
    reading.rule = _named(node)
    fields = reading.mapping(node, None, _FIELDS, needed=("id", "title", "effect"))
    if fields is None:
        return None
    ident = reading.text(fields["id"], "id", _ID, 80) if "id" in fields else None
    title = reading.text(fields["title"], "title") if "title" in fields else None
    named = reading.choice(fields["effect"], "effect", EFFECTS) if "effect" in fields else None
    effect = cast(RuleEffect | None, named)
    tools = _names(reading, fields, "tools", tuple(sorted(TOOLS)))
    units, workflows = _names(reading, fields, "units", None), _names(reading, fields, "workflows", None)
    conditions = _conditions(reading, fields.get("when"), effect)
    approval = _rule_approval(reading, node, fields.get("approval"), effect)
    examples = _examples(reading, fields.get("examples"))
    if effect == "permit" and not tools:
        reading.refuse(node, "tools", "a permitting rule must name its tools", tuple(sorted(TOOLS)))
    if effect in ("require_approval", "deny") and not (tools or units or workflows or conditions):
        reading.refuse(node, "when", "the rule applies to everything; give it a condition or a scope")
    if ident is None or title is None or effect is None:
        return None
    return Rule(
        id=ident, title=title, effect=effect, conditions=conditions, tools=tools, units=units, workflows=workflows,
        approval=approval, examples=examples, file=reading.file, line=line_of(node),
    )  # fmt: skip


def _named(node: yaml.Node) -> str | None:
    """The id as written, so that every complaint about the rule can name it."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found = (value.value for key, value in pairs if key.value == "id" and isinstance(value, yaml.ScalarNode))
    return next((str(ident)[:80] for ident in found if ident), None)


def _names(reading: Reading, fields: Mapping[str, yaml.Node], field: str, allowed: tuple[str, ...] | None) -> list[str]:
    return list(reading.choices(fields[field], field, allowed) or ()) if field in fields else []


def _conditions(reading: Reading, node: yaml.Node | None, effect: RuleEffect | None) -> list[Condition]:
    named = reading.mapping(node, "when", tuple(ATTRIBUTES)) if node is not None else None
    found: list[Condition] = []
    for name, inner in (named or {}).items():
        attribute, field = ATTRIBUTES[name], f"when.{name}"
        if effect == "permit" and not attribute.from_records:
            reading.refuse(inner, field, "a model has a part in this; a permitting rule may use only what records say")
        operators = reading.mapping(inner, field, _operators(attribute, effect))
        if isinstance(inner, yaml.MappingNode) and not inner.value:
            reading.refuse(inner, field, "needs an operator", _operators(attribute, effect))
        for operator, value in (operators or {}).items():
            condition = _condition(reading, attribute, cast(Operator, operator), value, effect)
            if condition is not None:
                found.append(condition)
    return found


def _operators(attribute: Attribute, effect: RuleEffect | None) -> tuple[Operator, ...]:
    """A number may be bounded from one side only: by a permitting rule from above, by any other from below."""
    if attribute.kind != "number":
        return NAMES
    if effect is None:
        return (*FROM_THE_RISKY_SIDE, *FROM_THE_SAFE_SIDE)
    return FROM_THE_SAFE_SIDE if effect == "permit" else FROM_THE_RISKY_SIDE


def _condition(
    reading: Reading, attribute: Attribute, operator: Operator, node: yaml.Node, effect: RuleEffect | None
) -> Condition | None:
    field = f"when.{attribute.name}.{operator}"
    if attribute.kind == "number":
        bound = reading.integer(node, field, 0, attribute.most)
        return Condition(attribute=attribute.name, operator=operator, bound=bound) if bound is not None else None
    allowed = attribute.levels or None
    names: tuple[str, ...] | None
    if operator == "equals":
        name = reading.choice(node, field, allowed) if allowed else reading.text(node, field)
        names = (name,) if name is not None else None
    else:
        names = reading.choices(node, field, allowed)
    if names is None:
        return None
    if attribute.kind == "levels" and effect is not None:
        _check_direction(reading, attribute, names, node, field, effect)
    return Condition(attribute=attribute.name, operator=operator, names=list(names))


def _check_direction(
    reading: Reading, attribute: Attribute, names: tuple[str, ...], node: yaml.Node, field: str, effect: RuleEffect
) -> None:
    """Levels rise in risk: who permits one permits every lower one, who restricts one restricts every higher one."""
    places = [attribute.levels.index(name) for name in names]
    needed = attribute.levels[: max(places) + 1] if effect == "permit" else attribute.levels[min(places) :]
    if missing := [level for level in needed if level not in names]:
        side = "lower" if effect == "permit" else "higher"
        reading.refuse(node, field, f"must name every {side} level too, and leaves out {', '.join(missing)}", needed)


def _rule_approval(
    reading: Reading, rule: yaml.Node, node: yaml.Node | None, effect: RuleEffect | None
) -> ApprovalTerms | None:
    if effect == "require_approval" and node is None:
        reading.refuse(rule, "approval", "is missing: whose approval is required?")
    if effect in ("permit", "deny") and node is not None:
        reading.refuse(node, "approval", f"belongs to require_approval, not to {effect}")
    return read_approval(reading, node, "approval") if node is not None else None


def read_approval(reading: Reading, node: yaml.Node, field: str) -> ApprovalTerms | None:
    """Whose approval, how many, until when. The parties are excluded unless `exclude` lists fewer of them."""
    fields = reading.mapping(node, field, _APPROVAL_FIELDS, needed=("roles",))
    if fields is None or "roles" not in fields:
        return None
    roles = reading.choices(fields["roles"], f"{field}.roles", (*APPROVER_ROLES, *RELATIONS))
    if roles is not None and set(roles) <= set(RELATIONS):
        reading.refuse(fields["roles"], f"{field}.roles", "needs a role that stands in where nobody is so related")
    approvers = reading.integer(fields["approvers"], f"{field}.approvers", 1, 9) if "approvers" in fields else 1
    within_s: int | None = _DEFAULT_WITHIN_S
    if "within" in fields:
        text = reading.text(fields["within"], f"{field}.within")
        within_s = seconds(text) if text is not None else None
        if text is not None and (within_s is None or not 60 <= within_s <= 90 * 86_400):
            within_s = None
            reading.refuse(fields["within"], f"{field}.within", f"{text!r} is no time from 60s to 90d", ("30m", "4h"))
    escalate_to = None
    if "escalate_to" in fields:
        escalate_to = reading.choice(fields["escalate_to"], f"{field}.escalate_to", APPROVER_ROLES)
    excluded: tuple[str, ...] | None = PARTIES
    if "exclude" in fields:
        empty = isinstance(fields["exclude"], yaml.SequenceNode) and not fields["exclude"].value
        excluded = () if empty else reading.choices(fields["exclude"], f"{field}.exclude", PARTIES)
    if roles is None or approvers is None or within_s is None or excluded is None:
        return None
    return ApprovalTerms(
        roles=list(roles), approvers=approvers, within_s=within_s, escalate_to=escalate_to,
        excluded=[cast(Party, party) for party in excluded],
    )  # fmt: skip


def _examples(reading: Reading, node: yaml.Node | None) -> list[Example]:
    found: list[Example] = []
    for item in reading.items(node, "examples") if node is not None else []:
        fields = reading.mapping(item, "examples", ("given", "then", "matches"), needed=("given", "then"))
        if fields is None or not {"given", "then"} <= fields.keys():
            continue
        then = reading.choice(fields["then"], "examples.then", get_args(Effect))
        given = _given(reading, fields["given"])
        matches = reading.flag(fields["matches"], "examples.matches") if "matches" in fields else None
        if then is not None and given is not None:
            found.append(Example(given=given, then=cast(Effect, then), matches=matches, line=line_of(item)))
    return found


def _given(reading: Reading, node: yaml.Node) -> dict[str, int | str] | None:
    fields = reading.mapping(node, "examples.given", _GIVEN, needed=("tool",))
    given: dict[str, int | str] = {}
    for name, inner in (fields or {}).items():
        attribute, field = ATTRIBUTES[name], f"examples.given.{name}"
        value: int | str | None
        if attribute.kind == "number":
            value = reading.integer(inner, field, 0, attribute.most)
        elif attribute.levels:
            value = reading.choice(inner, field, attribute.levels)
        else:
            value = reading.text(inner, field)
        if value is not None:
            given[name] = value
    return given if fields is not None and len(given) == len(fields) and "tool" in given else None
