"""Assess: what the event means. A text is read by the reasoner; an event without one is what its type says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.case_records import CaseRecords
from agents.reasoners.base import Reading, Vocabulary
from agents.situation import Situation
from agents.state import Run, TriageState
from tools.events import ChangeRequestSubmitted, TicketOpened, TriageKind, TriageRequested
from tools.proposals import Assessment

if TYPE_CHECKING:
    from langgraph.runtime import Runtime

BY_TYPE = "event-type/1"
"""Stamp of assessments that follow from the event's type alone."""


# What a kind of request says about its category: it was chosen by whoever sent it, or by a colleague who corrected it.
_ODDS: Mapping[TriageKind, Mapping[str, float]] = {
    "staffing_request": {"staffing_change": 8.0},
    "billing_question": {"billing_dispute": 8.0},
    "change_request": {"scope_addition": 2.0, "scope_reduction": 2.0, "schedule_change": 2.0},
}


def assess(state: TriageState, runtime: "Runtime[Run]") -> TriageState:
    run, situation = runtime.context, state["situation"]
    reading = _reading(situation)
    assessment = run.reasoner.assess(reading, run.journal) if reading else by_type(situation)
    return {"situation": replace(situation, assessment=assessment)}


def by_type(situation: Situation) -> Assessment:
    subject = situation.event.subject
    return Assessment(
        category=situation.event.type,
        confidence=100,
        evidence=[f"{subject}#id"] if subject else [],
        model=BY_TYPE,
    )


def _reading(situation: Situation) -> Reading | None:
    data, customer = situation.data, situation.customer()
    vocabulary: Vocabulary = "request"
    odds: Mapping[str, float] = {}
    evidence: tuple[str, ...] = ("event#text",)
    if isinstance(data, TicketOpened):
        vocabulary, text, evidence = "ticket", f"{data.title}\n{data.text}", ("event#title", "event#text")
    elif isinstance(data, TriageRequested):
        vocabulary, text = ("ticket" if data.kind == "ticket" else "request"), data.text
        odds = _ODDS.get(data.kind, {})
    elif isinstance(data, ChangeRequestSubmitted):
        text = data.text
    else:
        return None
    return Reading(
        text=text, vocabulary=vocabulary, tenant=situation.tenant, evidence=evidence,
        customer=customer.id if customer else None, language=customer.language if customer else None, odds=odds,
        records=CaseRecords(situation.lookups, situation.reached, situation.now),
    )  # fmt: skip
