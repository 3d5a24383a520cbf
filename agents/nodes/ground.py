"""Ground: checks what was drafted against the facts, leaves out what must not be said, and ends the run."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from agents.grounding import Grounds
from agents.nodes.assess import by_type
from agents.situation import Situation
from agents.state import Run, TriageState
from agents.steps import Earlier, Step, proposal
from agents.wording import line
from tools.proposals import Outcome, Proposal

if TYPE_CHECKING:
    from langgraph.runtime import Runtime

_log = logging.getLogger(__name__)


def ground(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
    situation, plan = state["situation"], state["plan"]
    assessment = situation.assessment or by_type(situation).model_copy(
        update={"category": None, "confidence": 0, "abstained": plan.nothing_because, "evidence": []}
    )
    made, refused = _made(situation, plan.steps, runtime.context)
    because = plan.nothing_because
    if not made and because is None:
        because = "; ".join(refused) or "nothing was planned"
    summary = " ".join([plan.summary, *(f"Left out: {reason}." for reason in refused)])
    outcome = Outcome(
        assessment=assessment, proposals=made, nothing_because=line(because) if because else None, summary=summary
    )
    return {"outcome": outcome}


def _made(situation: Situation, steps: Sequence[Step], run: Run) -> tuple[list[Proposal], list[str]]:
    """Proposals for the steps that may be made, each with what could not be traced; and why the others are left out."""
    grounds = Grounds(situation)
    made: list[Proposal] = []
    refused: list[str] = []
    ids: dict[str, str] = {}
    for step in steps:
        waits = any(isinstance(arg, Earlier) and arg.step not in ids for arg in step.args.values())
        why = grounds.foreign(step) or ("it depends on a step that was left out" if waits else None)
        if why is None:
            untraced = grounds.untraced(step)
            try:
                one = proposal(replace(step, ungrounded=(*step.ungrounded, *untraced)), ids, run.new_proposal_id())
            except ValidationError as error:
                # A record that no action can carry (a channel's odd name, a share of nothing) must not sink the rest.
                _log.warning("%s of %s does not fit its action: %s", step.name, situation.event.type, _field(error))
                why = f"a value on record does not fit {step.tool} ({_field(error)})"
            else:
                ids[step.name] = one.id
                made.append(one)
        if why is not None:
            refused.append(f"{step.name}, because {why}")
    return made, refused


def _field(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors()[0]["loc"][1:]) or "its arguments"
