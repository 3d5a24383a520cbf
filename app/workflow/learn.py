"""Learn: approved and corrected classifications become precedents, read from the log behind a cursor of its own.

Precedents sharpen what the reasoner says; no decision is ever looser for them. Thresholds only people change.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from agents.memory import MemoryUnavailable
from agents.reasoners.embedded.encoder import EncoderUnavailable
from app.audit.leaf import Entry
from app.audit.vault import PayloadErased
from app.context import Context
from app.store.engine import read_only, unit_of_work
from app.store.models import AuditEntry, Case, Cursor, Event, Payload, Tenant, TriageRun
from app.workflow.faults import fault_point
from tools.proposals import Level

READER = "precedents"
_AT_ONCE = 500
_LABEL_OF_KIND: Mapping[str, str] = {
    "ticket": "defect", "staffing_request": "staffing_change", "billing_question": "billing_dispute", "other": "other",
}  # fmt: skip


@dataclass(frozen=True)
class _Lesson:
    """A text that was classified, with its salted digest and what people say it is."""

    run: TriageRun
    text: str
    digest: str
    label: str
    customer: str | None


def learn(ctx: Context) -> None:
    """Takes up what the log says since last time, tenant by tenant; what fails is tried again at the next call."""
    if ctx.learner is None:
        return
    with read_only(ctx.engine) as session:
        tenants = list(session.exec(select(Tenant.id)))
    for tenant in tenants:
        try:
            while _learn_some(ctx, tenant):
                pass
        except (MemoryUnavailable, EncoderUnavailable):
            continue  # another process owns the memory, or it is down: the cursor stays where it is


def relearn(ctx: Context, tenant: str) -> None:
    """Forgets a tenant's precedents and learns them again from the database. Raises MemoryUnavailable."""
    if ctx.learner is None:
        return
    ctx.learner.clear(tenant)
    fault_point("learn.cleared")
    with unit_of_work(ctx.engine) as session:
        session.merge(Cursor(reader=READER, tenant=tenant, seq=0))
    fault_point("learn.rewound")
    while _learn_some(ctx, tenant):
        pass


def precedents_of(session: Session, case_ids: list[str]) -> list[str]:
    """Ids of the precedents that come from these cases' texts."""
    return list(session.exec(select(TriageRun.id).where(col(TriageRun.case_id).in_(case_ids))))


def _learn_some(ctx: Context, tenant: str) -> bool:
    with read_only(ctx.engine) as session:
        cursor = session.get(Cursor, (READER, tenant))
        start = cursor.seq if cursor else 0
        query = select(AuditEntry.seq, AuditEntry.kind, AuditEntry.leaf).where(
            col(AuditEntry.tenant) == tenant, col(AuditEntry.seq) >= start
        )
        rows = list(session.exec(query.order_by(col(AuditEntry.seq)).limit(_AT_ONCE)))
    for _, kind, leaf in rows:
        if kind in ("verdict.given", "case.corrected"):
            _learn_entry(ctx, tenant, Entry.from_leaf(leaf))
        elif kind == "payload.erased":
            _forget_erased(ctx, tenant, Entry.from_leaf(leaf))
    if not rows:
        return False
    fault_point("learn.learned")
    with unit_of_work(ctx.engine) as session:
        session.merge(Cursor(reader=READER, tenant=tenant, seq=rows[-1][0] + 1))
    fault_point("learn.moved")
    return len(rows) == _AT_ONCE


def _learn_entry(ctx: Context, tenant: str, entry: Entry) -> None:
    assert ctx.learner is not None
    corrected = entry.kind == "case.corrected"
    with read_only(ctx.engine) as session:
        lessons = _lessons(ctx, session, tenant, entry)
    # No transaction is open while a text is embedded and stored.
    for each in lessons:
        ctx.learner.learn(
            tenant, each.run.id, each.text, text_digest=each.digest, label=each.label, urgency=_level(each.run.urgency),
            impact=_level(each.run.impact), customer=each.customer, corrected=corrected, at=entry.at,
        )  # fmt: skip


def _lessons(ctx: Context, session: Session, tenant: str, entry: Entry) -> list[_Lesson]:
    case = session.get(Case, entry.refs.get("case"))
    corrected = entry.kind == "case.corrected"
    if case is None or (not corrected and entry.details.get("verdict") != "approve"):
        return []
    found = []
    for run in session.exec(
        select(TriageRun).where(col(TriageRun.case_id) == case.id, col(TriageRun.status) == "done")
    ):
        label = _LABEL_OF_KIND.get(case.kind) if corrected else run.category
        event = session.get_one(Event, run.event_id)
        payload = session.get_one(Payload, event.payload)
        try:
            text = ctx.vault.open(session, tenant, event.payload)["data"].get("text")
        except PayloadErased:
            continue
        if label is None or "." in label or not isinstance(text, str):
            continue  # not a text that was classified
        found.append(_Lesson(run, text, payload.digest, label, case.customer_id))
    return found


def _forget_erased(ctx: Context, tenant: str, entry: Entry) -> None:
    """Whoever erased may not have owned the memory; its owner forgets what came of the erased texts here."""
    assert ctx.learner is not None
    erased = col(Payload.data_subject) == entry.refs.get("data_subject")
    query = select(TriageRun.id).join(Event, col(Event.id) == col(TriageRun.event_id))
    query = query.join(Payload, col(Payload.id) == col(Event.payload)).where(col(Event.tenant) == tenant, erased)
    with read_only(ctx.engine) as session:
        precedents = list(session.exec(query))
    ctx.learner.forget(tenant, precedents)


def _level(text: str | None) -> Level:
    return "low" if text == "low" else "high" if text == "high" else "medium"
