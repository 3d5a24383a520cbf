"""Ground: checks what was drafted against the facts, leaves out what must not be said, and ends the run."""

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.grounding import Grounds
from agents.nodes.assess import by_type
from agents.situation import Situation
from agents.state import Run, TriageState
from agents.steps import Earlier, Step, proposals
from agents.wording import line
from tools.proposals import Outcome

if TYPE_CHECKING:
    from langgraph.runtime import Runtime


def ground(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
    situation, plan = state["situation"], state["plan"]
    assessment = situation.assessment or by_type(situation).model_copy(
        update={"category": None, "confidence": 0, "abstained": plan.nothing_because, "evidence": []}
    )
    kept, refused = _checked(situation, plan.steps)
    made = proposals(kept, runtime.context.new_proposal_id)
    because = plan.nothing_because
    if not made and because is None:
        because = "; ".join(refused) or "nothing was planned"
    summary = " ".join([plan.summary, *(f"Left out: {reason}." for reason in refused)])
    outcome = Outcome(
        assessment=assessment, proposals=made, nothing_because=line(because) if because else None, summary=summary
    )
    return {"outcome": outcome}


def _checked(situation: Situation, steps: tuple[Step, ...]) -> tuple[list[Step], list[str]]:
    """The steps that may be proposed, each with what could not be traced; and why the others are left out."""
    grounds = Grounds(situation)
    kept: list[Step] = []
    refused: list[str] = []
    gone: set[str] = set()
    for step in steps:
        foreign = grounds.foreign(step)
        if foreign is None and any(isinstance(arg, Earlier) and arg.step in gone for arg in step.args.values()):
            foreign = "it depends on a step that was left out"
        if foreign is not None:
            gone.add(step.name)
            refused.append(f"{step.name}, because {foreign}")
            continue
        kept.append(replace(step, ungrounded=(*step.ungrounded, *grounds.untraced(step))))
    return kept, refused
