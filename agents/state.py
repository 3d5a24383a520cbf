"""What passes along the graph, and what each run gets from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from agents.journal import Journal
from agents.reasoners.base import Reasoner
from agents.situation import Situation
from agents.steps import Plan
from tools.billing.confidence import Learned
from tools.events import WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.proposals import Outcome


class TriageState(TypedDict, total=False):
    """Each node adds its own key; `situation` is replaced when the assessment is known."""

    situation: Situation
    plan: Plan
    outcome: Outcome


@dataclass(frozen=True)
class Run:
    """One run's surroundings. Nothing in it can write to the firm's systems."""

    event: WorkflowEvent
    tenant: str
    now: datetime
    lookups: Lookups
    journal: Journal
    reasoner: Reasoner
    trust: Mapping[str, Trust]
    new_proposal_id: Callable[[], str]
    learned: Callable[[], Learned]
