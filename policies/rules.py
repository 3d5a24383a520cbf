"""Rules as they stand once read: conditions on attributes, an effect, and whose approval they ask for."""

from typing import Literal

from policies.decision import Party
from tools.values import Value

RuleEffect = Literal["permit", "require_approval", "deny"]
Operator = Literal["more_than", "at_least", "at_most", "less_than", "equals", "in"]

FROM_THE_RISKY_SIDE: tuple[Operator, ...] = ("more_than", "at_least")
FROM_THE_SAFE_SIDE: tuple[Operator, ...] = ("at_most", "less_than")
NAMES: tuple[Operator, ...] = ("equals", "in")
EFFECTS: tuple[RuleEffect, ...] = ("permit", "require_approval", "deny")


class Condition(Value):
    """`bound` belongs to a number's operator, `names` to `equals` (one) and `in`."""

    attribute: str
    operator: Operator
    bound: int | None = None
    names: list[str] = []


class ApprovalTerms(Value):
    """What an approval must be, see Requirement; `excluded` are the parties that may not give it."""

    roles: list[str]
    approvers: int
    within_s: int
    escalate_to: str | None
    excluded: list[Party]


class Example(Value):
    """A request and what the whole ruleset must say of it; `matches` whether this rule must be among the reasons."""

    given: dict[str, int | str]
    then: Literal["auto", "review", "deny"]
    matches: bool | None
    line: int


class Rule(Value):
    """One rule. Every condition must hold; an empty `tools`, `units` or `workflows` means all of them."""

    id: str
    title: str
    effect: RuleEffect
    conditions: list[Condition]
    tools: list[str] = []
    units: list[str] = []
    workflows: list[str] = []
    approval: ApprovalTerms | None = None
    examples: list[Example] = []
    file: str
    line: int

    def canonical(self) -> dict[str, object]:
        """What the rule decides and says, without its place in a file and its examples."""
        return self.model_dump(mode="json", exclude={"examples", "file", "line"})
