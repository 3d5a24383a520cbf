"""The rules in plain Python, read from their YAML alone: what the engine must agree with. Shares no code with it."""

from functools import lru_cache
from typing import Any

import yaml

# Of libyaml where there is one: examples are many.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LEVELS = {"contract_type", "customer_tier", "lending", "line_manager"}
MONEY = {
    "amount_minor", "share_bp", "cumulated_contract_minor", "cumulated_customer_minor", "cumulated_tool_minor",
    "cumulated_principal_minor",
}  # fmt: skip
GUARDED = (
    "untrusted_arguments", "unsupported_arguments", "edited_arguments", "tainted_trigger", "missing_records",
    "amount_unknown", "recipients_unknown", "cross_customer",
)  # fmt: skip


def matching(text: str, request: dict[str, Any]) -> dict[str, list[str]]:
    """Effect → ids of the rules that hold for the request's attributes (doubt and score among them)."""
    found: dict[str, list[str]] = {"permit": [], "require_approval": [], "deny": []}
    for rule in _rules(text):
        if _holds(rule, request):
            found[rule["effect"]].append(rule["id"])
    return found


@lru_cache(maxsize=4)
def _rules(text: str) -> list[dict[str, Any]]:
    return yaml.load(text, Loader=_LOADER) or []


def _holds(rule: dict[str, Any], request: dict[str, Any]) -> bool:
    for scope, attribute in (("tools", "tool"), ("units", "unit"), ("workflows", "workflow")):
        if scope in rule and not _named(request, attribute, rule[scope], rule["effect"]):
            return False
    for attribute, tests in rule.get("when", {}).items():
        for operator, bound in tests.items():
            if not _test(request, attribute, operator, bound, rule["effect"]):
                return False
    return True


def _named(request: dict[str, Any], attribute: str, names: list[str], effect: str) -> bool:
    return request[attribute] in names or (effect != "permit" and attribute == "unit" and request["unit"] == "")


def _test(request: dict[str, Any], attribute: str, operator: str, bound: Any, effect: str) -> bool:
    value = request[attribute]
    if operator in ("equals", "in"):
        return _named(request, attribute, [bound] if operator == "equals" else bound, effect)
    if effect != "permit" and attribute in MONEY and request["amount_unknown"]:
        return True
    return bool({
        "more_than": value > bound, "at_least": value >= bound, "at_most": value <= bound, "less_than": value < bound,
    }[operator])  # fmt: skip


def decide(text: str, request: dict[str, Any], mode: str, bounds: tuple[int, int, int]) -> tuple[str, set[str]]:
    """Effect, and the ids of the rules that ask for approval when it is a review."""
    auto_below, _, deny_from = bounds
    found = matching(text, request)
    score = request["risk_score"]
    if found["deny"] or score >= deny_from:
        return "deny", set()
    guarded = any(request[name] > 0 for name in GUARDED)
    alone = found["permit"] and not found["require_approval"] and not guarded
    if alone and score < auto_below and mode != "propose":
        return "auto", set()
    return "review", set(found["require_approval"])
