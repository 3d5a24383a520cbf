"""Runs the examples that stand beside the rules: each must come out as its author said."""

from collections.abc import Mapping

from policies.attributes import ATTRIBUTES, DOUBTS, RECORD_FACTORS
from policies.decision import Effect
from policies.engine import Engine
from policies.request import PolicyRequest, tool_attributes
from policies.risk import Doubt
from policies.ruleset import Ruleset
from tools.values import Value


class ExampleResult(Value):
    """One example. `ok`: the effect is as expected, and the rule is among the reasons, or not, as `matches` says."""

    rule: str
    number: int
    file: str
    line: int
    expected: Effect
    got: Effect
    matched: bool
    ok: bool
    rules: list[str]
    score: int


def run_examples(ruleset: Ruleset) -> list[ExampleResult]:
    """Every example of every rule, judged by the whole ruleset in mode `auto`."""
    engine = Engine(ruleset)
    results: list[ExampleResult] = []
    for rule in ruleset.rules:
        for number, example in enumerate(rule.examples, 1):
            request, doubt = request_of(example.given)
            decision = engine.judge(request, doubt, "auto")
            matched = rule.id in decision.rules
            results.append(ExampleResult(
                rule=rule.id, number=number, file=rule.file, line=example.line, expected=example.then,
                got=decision.effect, matched=matched, rules=decision.rules, score=decision.risk.score,
                ok=decision.effect == example.then and example.matches in (None, matched),
            ))  # fmt: skip
    return results


def request_of(given: Mapping[str, int | str]) -> tuple[PolicyRequest, Doubt]:
    """A harmless request of `given["tool"]`, with what else is given. Attributes of the tool come from the registry.

    Raises KeyError (no or an unknown tool) and pydantic.ValidationError (a value that an attribute cannot have).
    """
    tool = str(given["tool"])
    plain: dict[str, object] = {name: next(iter(ATTRIBUTES[name].levels), 0) for name in RECORD_FACTORS}
    plain |= {
        "tenant": "ten_example", "unit": "", "workflow": "example", "base_currency": "EUR", "records_touched": 1,
        **tool_attributes(tool)._asdict(),
    }  # fmt: skip
    attributes = {name: value for name, value in given.items() if name not in DOUBTS}
    doubt = {name: value for name, value in given.items() if name in DOUBTS}
    return PolicyRequest.model_validate({**plain, **attributes}), Doubt.model_validate(doubt)
