"""A candidate ruleset over recorded decisions: what would change, and against what people decided."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from policies.decision import Decision, Effect, Mode, Requirement, stricter
from policies.engine import Engine
from policies.request import PolicyRequest
from policies.risk import Doubt
from policies.ruleset import Ruleset
from policies.thresholds import Thresholds
from tools.values import Line, Value

Verdict = Literal["approved", "rejected"]
Shift = Literal["same", "looser", "stricter", "other_people"]


class Recorded(Value):
    """One decision of the past, with all it looked at. `verdict` is how its review ended, None if nobody decided it."""

    id: Line
    request: PolicyRequest
    doubt: Doubt
    mode: Mode
    effect: Effect
    requirements: list[Requirement] = []
    verdict: Verdict | None = None
    thresholds: Thresholds | None = None


class Changed(Value):
    """One decision that would come out differently. `other_people`: still a review, by other people."""

    id: str
    tool: str
    shift: Shift
    before: Effect
    after: Effect
    rules: list[str]
    verdict: Verdict | None


class Simulation(Value):
    """`against_people`: what people rejected and the candidate would run alone, or approved and it would refuse.

    `saved_reviews`: what people approved and the candidate would run alone. `moves`: count by `before>after`.
    """

    total: Annotated[int, Field(ge=0)]
    same: Annotated[int, Field(ge=0)]
    moves: dict[str, int]
    changed: list[Changed]
    against_people: list[str]
    saved_reviews: int
    ruleset_digest: str


def simulate(candidate: Ruleset, recorded: Iterable[Recorded]) -> Simulation:
    """Judges every recorded request again, in the mode and with the tenant's thresholds of its time."""
    engine = Engine(candidate)
    moves: dict[str, int] = {}
    changed: list[Changed] = []
    against: list[str] = []
    total = saved = 0
    for past in recorded:
        total += 1
        now = engine.judge(past.request, past.doubt, past.mode, past.thresholds)
        moves[f"{past.effect}>{now.effect}"] = moves.get(f"{past.effect}>{now.effect}", 0) + 1
        saved += past.verdict == "approved" and past.effect == "review" and now.effect == "auto"
        if (past.verdict == "rejected" and now.effect == "auto") or (
            past.verdict == "approved" and now.effect == "deny"
        ):
            against.append(past.id)
        shift = _shift(past, now)
        if shift != "same":
            changed.append(Changed(
                id=past.id, tool=past.request.tool, shift=shift, before=past.effect, after=now.effect,
                rules=now.rules, verdict=past.verdict,
            ))  # fmt: skip
    return Simulation(
        total=total, same=total - len(changed), moves=moves, changed=changed, against_people=against,
        saved_reviews=saved, ruleset_digest=candidate.digest,
    )  # fmt: skip


def _shift(past: Recorded, now: Decision) -> Shift:
    then = now.model_copy(update={"effect": past.effect, "requirements": past.requirements})
    up, down = stricter(now, then), stricter(then, now)
    if up and down:
        return "other_people"
    return "stricter" if up else "looser" if down else "same"
