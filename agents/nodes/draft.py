"""Draft: the letters of a plan get their words."""

from typing import TYPE_CHECKING

from agents.situation import Situation
from agents.state import Run, TriageState
from agents.steps import Given, Letter, Step
from agents.wording import line

if TYPE_CHECKING:
    from langgraph.runtime import Runtime


def draft(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
    plan = state["plan"]
    if not any(step.letter for step in plan.steps):
        return {}
    situation, run = state["situation"], runtime.context
    steps = tuple(_worded(step, step.letter, situation, run) if step.letter else step for step in plan.steps)
    return {"plan": type(plan)(plan.summary, steps, plan.nothing_because)}


def _worded(step: Step, letter: Letter, situation: Situation, run: Run) -> Step:
    seen = [fact for fact in situation.facts_named(letter.facts) if fact.trust.trusted]
    wording = run.reasoner.word(letter, seen, run.journal)
    method = f"worded by {wording.stamp}"
    return step.with_args(
        subject=Given(line(wording.subject), letter.facts, method),
        body=Given(wording.body, letter.facts, method),
        language=Given(letter.language, method="the language the letter is written in"),
    )
