"""Decisions: what policy says of one action, by which rules, and who must say yes."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field

from policies.risk import RiskScore
from policies.thresholds import Thresholds
from tools.values import Line, Text, Value

Effect = Literal["auto", "review", "deny"]
Mode = Literal["observe", "propose", "auto"]
Party = Literal["requester", "beneficiary", "editor"]

PARTIES: tuple[Party, ...] = ("requester", "beneficiary", "editor")

_ORDER: Mapping[Effect, int] = {"auto": 0, "review": 1, "deny": 2}


class Requirement(Value):
    """`approvers` distinct people, each with one of `roles`, none of them an excluded party, within `within_s` seconds.

    `rule` is the id of the rule that asks for it. `escalate_to` is the role that may approve too once it escalated.
    """

    roles: Annotated[list[Line], Field(min_length=1)]
    approvers: Annotated[int, Field(ge=1, le=9)]
    excluded: list[Party]
    within_s: Annotated[int, Field(ge=60, le=90 * 86_400)]
    escalate_to: Line | None = None
    rule: Line

    def escalated(self) -> "Requirement":
        """The same requirement, which the role it escalates to may now meet as well."""
        if self.escalate_to is None or self.escalate_to in self.roles:
            return self
        return self.model_copy(update={"roles": [*self.roles, self.escalate_to]})

    def covers(self, other: "Requirement") -> bool:
        """Whether whatever meets this one meets `other` too."""
        return (
            set(self.roles) <= set(other.roles)
            and self.approvers >= other.approvers
            and set(self.excluded) >= set(other.excluded)
        )


class Decision(Value):
    """What policy says. `rules` are the ids that said so; `reasons` the same in sentences, one for each.

    `observe`: the workflow only watches, so nothing of this is carried out, whatever `effect` says.
    `amount_minor` is what an approver's limit must cover, in the base currency; None: no record says how much.
    """

    effect: Effect
    rules: list[Line]
    reasons: list[Text]
    requirements: list[Requirement]
    risk: RiskScore
    thresholds: Thresholds
    ruleset_digest: Line
    mode: Line
    observe: bool
    amount_minor: int | None


class Approval(Value):
    """One person's yes, with the roles and the limit they had when they gave it.

    `limit_minor`: most they may approve, None for no limit of their own. `approved_minor`: what they approved already
    in the window on which their limit is counted. Both in minor units of the base currency. `lent`: role → who lent it,
    of the roles that are not their own.
    """

    principal: Line
    roles: list[str]
    lent: dict[str, Line] = {}
    limit_minor: int | None = None
    approved_minor: Annotated[int, Field(ge=0)] = 0


def stricter(now: Decision, then: Decision) -> bool:
    """Whether `now` asks for anything that `then` did not: what was approved under `then` may no longer run."""
    if now.observe and not then.observe:
        return True
    if now.effect != then.effect:
        return _ORDER[now.effect] > _ORDER[then.effect]
    return any(not any(old.covers(new) for old in then.requirements) for new in now.requirements)


def unmet(
    requirements: Collection[Requirement],
    approvals: Collection[Approval],
    *,
    parties: Mapping[Party, Collection[str]],
    amount_minor: int | None,
) -> list[Requirement]:
    """The requirements that these approvals do not meet yet.

    One person may count towards several requirements, never twice towards one; who speaks in a lent role speaks for its
    lender, so that the two together are one. `parties` names who is requester,
    beneficiary and editor, by principal. Whose limit does not cover the amount counts for nothing; no limit covers an
    unknown amount.
    """
    able = [approval for approval in approvals if _within_limit(approval, amount_minor)]
    return [requirement for requirement in requirements if not _met(requirement, able, parties)]


def _within_limit(approval: Approval, amount_minor: int | None) -> bool:
    if approval.limit_minor is None or amount_minor == 0:
        return True
    return amount_minor is not None and approval.approved_minor + amount_minor <= approval.limit_minor


def _met(requirement: Requirement, approvals: Collection[Approval], parties: Mapping[Party, Collection[str]]) -> bool:
    barred = {name for party in requirement.excluded for name in parties.get(party, ())}
    roles = set(requirement.roles)
    counted = {_speaks_for(a, roles) for a in approvals if a.principal not in barred and not roles.isdisjoint(a.roles)}
    return len(counted - barred) >= requirement.approvers


def _speaks_for(approval: Approval, roles: set[str]) -> str:
    """The approver, if one of `roles` is their own, else who lent it."""
    held = sorted(roles.intersection(approval.roles))
    lenders = [approval.lent[role] for role in held if role in approval.lent]
    return lenders[0] if len(lenders) == len(held) else approval.principal
