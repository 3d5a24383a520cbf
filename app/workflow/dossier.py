"""Dossier: a filed proposal as it stands now, read again for judging it again: at a verdict, an edit, an execution."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app import tenancy
from app.audit.vault import PayloadErased
from app.context import Context
from app.errors import Problem
from app.store.engine import read_only
from app.store.models import Case, Decision, Event, Execution, Proposal, TriageRun
from app.workflow import decide
from app.workflow.hearing import Judged, Question
from app.workflow.material import Material, changed, event_facts, read_material, related_of
from app.workflow.trigger import Trigger, read_trigger
from policies.risk import Doubt
from tools import proposals as words
from tools.actions import Action
from tools.facts import Scalar

GONE = "gone"


@dataclass(frozen=True)
class Dossier:
    """`content` is what reviewers see; `editors` and `edited` come from earlier edits."""

    case: Case
    row: Proposal
    proposal: words.Proposal
    content: Mapping[str, Any]
    decision: Decision
    trigger: Trigger
    earlier: Mapping[str, Action]
    results: Mapping[str, Scalar]

    @property
    def action(self) -> Action:
        return self.proposal.action

    def edited_arguments(self, action: Action) -> list[str]:
        """Arguments of `action` that differ from what was first proposed."""
        original: Mapping[str, Any] = self.content.get("edited_from") or self.content["action"]["args"]
        args = action.args()
        return sorted(name for name in original.keys() | args.keys() if original.get(name) != args.get(name))

    def question(self, action: Action, *, editor: str | None = None, execution_id: str | None = None) -> Question:
        edited = self.edited_arguments(action)
        return Question(
            self.row.id, action, Doubt.model_validate(self.decision.doubt), self.earlier, self.results,
            editor=editor or (self.content.get("edited_by") if edited else None), edited=edited,
            evidence=self.proposal.evidence, execution_id=execution_id,
        )  # fmt: skip

    def material(self, ctx: Context, action: Action, now: datetime) -> Material:
        """Fresh records. Raises SourceUnavailable. No transaction may be open."""
        event = self.trigger.event
        return read_material(
            ctx.connectors.reader(self.case.tenant), event.subject, related_of(event.type, event.data), [action], now,
            cited=self.proposal.evidence,
        )  # fmt: skip


def read_dossier(ctx: Context, tenant: str, proposal_id: str) -> Dossier:
    """In a transaction of its own that only reads. Raises Problem `not_found`, `erased`."""
    with read_only(ctx.engine) as session:
        return dossier(ctx, session, tenant, proposal_id)


def dossier(ctx: Context, session: Session, tenant: str, proposal_id: str) -> Dossier:
    """Raises Problem `not_found`, `erased`."""
    row = session.exec(select(Proposal).where(col(Proposal.id) == proposal_id, col(Proposal.tenant) == tenant)).first()
    if row is None:
        raise Problem("not_found", f"There is no proposal {proposal_id}.")
    case = session.get_one(Case, row.case_id)
    try:
        proposal, content = decide.open_content(ctx, session, row)
        trigger = read_trigger(ctx, session, _event(session, row), tenancy.read(session, tenant).trust())
        earlier = {
            other.id: decide.open_content(ctx, session, other)[0].action
            for other in session.exec(
                select(Proposal).where(col(Proposal.id).in_(row.depends_on), col(Proposal.case_id) == row.case_id)
            )
        }
    except PayloadErased:
        raise Problem("erased", "The content of this proposal was erased; it cannot be decided any more.") from None
    results = decide.results_of(session, case.id) if row.depends_on else {}
    return Dossier(case, row, proposal, content, decide.latest(session, row.id), trigger, earlier, results)


def surprises(session: Session, found: Dossier, material: Material) -> list[str]:
    """What the decision rested on and is different now, but for what this very case's own executions made of it."""
    query = select(Execution.wrote).order_by(col(Execution.finished_at)).where(
        col(Execution.case_id) == found.case.id, col(Execution.status) == "succeeded",
        col(Execution.finished_at) >= found.row.created_at,
    )  # fmt: skip
    own = dict(entry.partition("@")[::2] for entries in session.exec(query) for entry in entries)
    return [ident for ident in changed(found.row.seen, material) if _stands(ident, material) != own.get(_key(ident))]


def _key(ident: str) -> str:
    return ident.partition("#")[0]


def _stands(ident: str, material: Material) -> str:
    """The version of the record, which rises with each change whoever makes it."""
    record = material.known.records.get(_key(ident))
    return str(record.version) if record else GONE


def renew(ctx: Context, session: Session, found: Dossier, judged: Judged, material: Material, now: datetime) -> None:
    """Puts the present facts and supports in the place of those that were shown, before people are asked again."""
    event = found.trigger.event
    facts = material.facts(found.proposal.evidence, event_facts(event.data, found.trigger.trust, event.source, now))
    found.row.seen = judged.seen
    found.row.content_payload = decide.seal_content(
        ctx, session, found.case, found.proposal, judged, now,
        evidence_facts=[fact.model_dump(mode="json") for fact in facts],
        edited_from=found.content.get("edited_from"), edited_by=found.content.get("edited_by"),
    )  # fmt: skip
    session.add(found.row)
    session.flush()


def _event(session: Session, row: Proposal) -> Event:
    """The event whose run proposed it; of an undo, that of what it takes back, to whatever case that belongs by now."""
    while row.undo_of is not None:
        row = session.get_one(Proposal, session.get_one(Execution, row.undo_of).proposal_id)
    return session.get_one(Event, session.get_one(TriageRun, row.run_id).event_id)
