"""Timeline: entries of the log in sentences, for people who were not there."""

from collections.abc import Callable, Mapping
from typing import Any

from app.views.words import spoken
from tools.registry import TOOLS

_SAID: Mapping[str, str] = {
    "approve": "approved", "reject": "rejected", "edit": "changed the arguments of", "respond": "asked about",
    "withdraw": "withdrew",
}  # fmt: skip
_EFFECTS: Mapping[str, str] = {"auto": "may run by itself", "review": "waits for people", "deny": "is refused"}
_PLAIN: Mapping[str, str] = {
    "event.accepted": "It came in", "event.received": "It came in", "event.refused": "A delivery was refused",
    "case.opened": "A case was opened", "triage.finished": "The assistant read it",
    "triage.superseded": "The reading was replaced by a newer one", "triage.failed": "The assistant could not read it",
    "review.escalated": "Nobody decided in time; it went further up", "review.expired": "The time to decide ran out",
    "review.superseded": "The review was replaced", "review.unresolved": "Nobody decided; it stays open",
    "review.answered": "The assistant answered", "case.claimed": "Somebody sees to it",
    "case.snoozed": "Put off for one person", "case.corrected": "A person said what it really is",
    "tenant.named": "The firm got its name", "tenant.branded": "The looks of the pages were changed",
    "export.made": "A list was exported",
    "session.started": "Signed in", "session.ended": "Signed out", "control.paused": "Something was paused",
    "control.resumed": "Something goes on again", "setting.proposed": "A setting was proposed",
    "setting.confirmed": "A setting was confirmed", "undo.asked": "Somebody asked to take it back",
    "execution.claimed": "It is being carried out",
    "task.opened": "It became a task for a person",
    "task.closed": "The task was closed",
    "execution.overtaken": "Others changed the record before it was read back; that it took effect the system says",
    "execution.unresolved": "Whether it took effect could not be established",
}  # fmt: skip


KINDS = (
    "verdict.given", "verdict.refused", "decision.made", "execution.succeeded", "execution.failed",
    "execution.unknown", "case.corrected", "undo.asked", "review.escalated", "review.expired", "setting.proposed",
    "setting.confirmed", "control.paused", "control.resumed", "session.started", "event.accepted", "event.refused",
    "payload.erased",
)  # fmt: skip
"""Kinds of entries that are asked for by name; there are others."""


def told(entry: Mapping[str, Any]) -> str:
    """One entry, as views.cases or views.audit gives it, in a sentence without a full stop."""
    teller = _TELLERS.get(entry["kind"])
    if teller is not None:
        return teller(entry["details"])
    return _PLAIN.get(entry["kind"], spoken(entry["kind"]).capitalize())


def _decided(details: Mapping[str, Any]) -> str:
    effect = str(details.get("effect"))
    risk = f", risk {details['risk']}" if details.get("risk") is not None else ""
    return f"Policy: “{_title(details)}” {_EFFECTS.get(effect, effect)}{risk}"


def _verdict(details: Mapping[str, Any]) -> str:
    verdict = str(details.get("verdict"))
    return f"{_SAID.get(verdict, verdict).capitalize()} “{_title(details)}”"


def _refused(details: Mapping[str, Any]) -> str:
    return f"A verdict was refused: {spoken(str(details.get('code')))}"


def _execution(ended: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda details: f"“{_title(details)}” {ended}"


def _title(details: Mapping[str, Any]) -> str:
    tool = str(details.get("tool", ""))
    return TOOLS[tool].title if tool in TOOLS else spoken(tool) or "it"


_TELLERS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "decision.made": _decided, "verdict.given": _verdict, "verdict.refused": _refused,
    "execution.succeeded": _execution("took effect"), "execution.failed": _execution("failed"),
    "execution.started": _execution("is being carried out"), "execution.void": _execution("was called off"),
    "execution.unknown": _execution("may have taken effect; that is being found out"),
    "execution.undone": _execution("was taken back"),
}  # fmt: skip
