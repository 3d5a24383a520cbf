"""Random rulesets and requests."""

import json
from typing import Any

from hypothesis import strategies as st

from policies.attributes import APPROVER_ROLES, ATTRIBUTES, FACTORS, RECORD_FACTORS
from policies.request import PolicyRequest, tool_attributes
from policies.risk import Doubt
from tools.registry import TOOLS

NAMES = ["north", "south", 'we"ird\\ {x}', "zürich ✓", "a\tb"]
TOOL_NAMES = sorted(TOOLS)
FEW_TOOLS = ["create_task", "notify_channel", "write_off", "send_customer_message"]
SMALL = st.sampled_from([0, 0, 1, 2, 3, 10, 1_000_000])


def _bound(name: str) -> st.SearchStrategy[int]:
    return SMALL.map(lambda value: min(value, ATTRIBUTES[name].most))


@st.composite
def rules(draw: st.DrawFn, ident: str) -> dict[str, Any]:
    effect = draw(st.sampled_from(["permit", "permit", "require_approval", "deny"]))
    factors = RECORD_FACTORS if effect == "permit" else (*FACTORS, "risk_score")
    when: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(factors), max_size=3, unique=True)):
        levels = ATTRIBUTES[name].levels
        if levels:
            place = draw(st.integers(0, len(levels) - 1))
            when[name] = {"in": list(levels[: place + 1] if effect == "permit" else levels[place:])}
        else:
            sides = ["at_most", "less_than"] if effect == "permit" else ["more_than", "at_least"]
            when[name] = {draw(st.sampled_from(sides)): draw(_bound(name))}
    if draw(st.booleans()):
        when["unit"] = {"in": draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))}
    rule: dict[str, Any] = {"id": ident, "title": f"Rule {ident}", "effect": effect, "when": when}
    if effect == "permit" or draw(st.booleans()):
        rule["tools"] = draw(st.lists(st.sampled_from(FEW_TOOLS), min_size=1, max_size=3, unique=True))
    if draw(st.integers(0, 3)) == 0:
        rule["units"] = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 3)) == 0:
        rule["workflows"] = ["w1", draw(st.sampled_from(NAMES))]
    if effect == "require_approval":
        roles = draw(st.lists(st.sampled_from(APPROVER_ROLES), min_size=1, max_size=2, unique=True))
        rule["approval"] = {"roles": roles, "approvers": draw(st.integers(1, 3))}
    if effect != "permit" and not (when or rule.keys() & {"tools", "units", "workflows"}):
        rule["tools"] = FEW_TOOLS
    return rule


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A rule file that the loader accepts; JSON is YAML."""
    count = draw(st.integers(1, 6))
    return json.dumps([draw(rules(f"r-{number}")) for number in range(count)])


@st.composite
def requests(draw: st.DrawFn) -> tuple[PolicyRequest, Doubt]:
    tool = draw(st.sampled_from(FEW_TOOLS))
    values: dict[str, Any] = {name: next(iter(ATTRIBUTES[name].levels), 0) for name in RECORD_FACTORS}
    values |= tool_attributes(tool)._asdict() | {"reach_level": 0, "reversibility_level": 0, "data_class_level": 0}
    values |= {
        "tenant": "ten_x", "base_currency": "EUR", "unit": draw(st.sampled_from(["", *NAMES])),
        "workflow": draw(st.sampled_from(["w1", "w2"])), "recipients_external": 0,
    }  # fmt: skip
    for name in draw(st.lists(st.sampled_from(RECORD_FACTORS), max_size=4, unique=True)):
        levels = ATTRIBUTES[name].levels
        values[name] = draw(st.sampled_from(levels)) if levels else draw(_bound(name))
    doubt = Doubt(low_confidence=draw(st.sampled_from([0, 1, 50])), novelty=draw(st.sampled_from([0, 80])))
    return PolicyRequest.model_validate(values), doubt


@st.composite
def raised(draw: st.DrawFn, request: PolicyRequest, doubt: Doubt) -> tuple[PolicyRequest, Doubt]:
    """The same with one factor higher."""
    name = draw(st.sampled_from(FACTORS))
    attribute = ATTRIBUTES[name]
    owner: PolicyRequest | Doubt = request if attribute.from_records else doubt
    value = getattr(owner, name)
    if attribute.levels:
        higher: int | str = draw(st.sampled_from(attribute.levels[attribute.levels.index(value) :]))
    else:
        higher = min(value + draw(st.sampled_from([1, 2, 10, 10_000_000])), attribute.most)
    changed = {**owner.model_dump(), name: higher}
    if isinstance(owner, PolicyRequest):
        return PolicyRequest.model_validate(changed), doubt
    return request, Doubt.model_validate(changed)
