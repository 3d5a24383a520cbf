"""The graph: gather → assess → a specialist plans → draft → ground → an Outcome. Nothing in it can write.

It is compiled once, keeps nothing between runs and needs no checkpointer: what a repeated run would pay for again is
in the journal, and nothing it does has an effect.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from agents.journal import Journal
from agents.nodes.assess import assess
from agents.nodes.draft import draft
from agents.nodes.gather import gather
from agents.nodes.ground import ground
from agents.nodes.plan import SPECIALISTS, asking, family
from agents.reasoners.base import Reasoner
from agents.state import Run, TriageState
from tools.billing.confidence import Learned
from tools.events import WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups
from tools.proposals import Outcome

if TYPE_CHECKING:
    from langgraph.graph import StateGraph
    from langgraph.graph.state import CompiledStateGraph

    Graph = CompiledStateGraph[TriageState, Run, TriageState, TriageState]


class Triage:
    """Turns events into outcomes. Safe to call from several threads; a run is synchronous."""

    def __init__(self, reasoner: Reasoner) -> None:
        self._reasoner = reasoner

    def load(self) -> None:
        """Loads now what the first run would load: the library of the graph, most of a second."""
        _ = self._compiled

    @cached_property
    def _compiled(self) -> tuple["Graph", "Callable[..., AbstractContextManager[None]]"]:
        from langsmith.run_helpers import tracing_context

        return wiring().compile(name="triage"), tracing_context

    def run(
        self,
        event: WorkflowEvent,
        *,
        tenant: str,
        now: datetime,
        lookups: Lookups,
        journal: Journal,
        trust: Mapping[str, Trust],
        new_proposal_id: Callable[[], str],
        learned: Callable[[], Learned] = Learned,
    ) -> Outcome:
        """What is proposed for this event, or nothing and why.

        `trust` is the trust in the event's fields by name; a field without an entry is a customer's word.
        `new_proposal_id` gives `prp_…` ids; `learned` answers what people's
        verdicts say of findings. Raises SourceUnavailable when the records cannot be read, and
        pydantic.ValidationError when the event's data is not of its type.
        """
        run = Run(event, tenant, now, lookups, journal, self._reasoner, trust, new_proposal_id, learned)
        # Whatever the environment says of tracing: a case's texts go to nobody but the configured model.
        graph, traced = self._compiled
        with traced(enabled=False):
            outcome = graph.invoke({}, context=run)["outcome"]
        assert isinstance(outcome, Outcome)
        return outcome


def wiring() -> "StateGraph[TriageState, Run, TriageState, TriageState]":
    """The nodes and what follows what, to be compiled."""
    # Imported here: it takes longer than being ready may wait for.
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(TriageState, context_schema=Run)
    graph.add_node("gather", gather)
    graph.add_node("assess", assess)
    graph.add_node("draft", draft)
    graph.add_node("ground", ground)
    graph.add_edge(START, "gather")
    graph.add_conditional_edges("gather", _planned, {"yes": "ground", "no": "assess"})
    graph.add_conditional_edges("assess", family, list(SPECIALISTS))
    for name, specialist in SPECIALISTS.items():
        graph.add_node(name, asking(specialist))
        graph.add_edge(name, "draft")
    graph.add_edge("draft", "ground")
    graph.add_edge("ground", END)
    return graph


def _planned(state: TriageState) -> str:
    return "yes" if "plan" in state else "no"
