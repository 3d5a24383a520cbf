"""Learn: approved and corrected classifications become precedents, read from the log.

Precedents sharpen what the reasoner says; no decision is ever looser for them. Thresholds only people change.

Each process that reads texts has a copy of the precedents, and feeds it from the log by itself. How far it has come is
a mark in the copy, so that both are there or neither: the place of the next entry and the digest of the last one. A
mark that does not fit the log belongs to another past of it, as after a restore, and the copy is made anew.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from sqlmodel import Session, col, select

from agents.memory import MemoryUnavailable
from agents.reasoners.embedded.encoder import EncoderUnavailable
from agents.slots import Slots
from app.audit.leaf import Entry
from app.audit.vault import PayloadErased
from app.context import Context
from app.settings import Settings
from app.store.engine import read_only
from app.store.models import AuditEntry, Case, Event, Payload, Tenant, TriageRun
from app.workflow.faults import fault_point
from tools.proposals import Level

_AT_ONCE = 500
_ERASED = "payload.erased"
_BEGUN = "0 "
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


def copies(settings: Settings) -> Slots:
    """Where the processes of this machine have their copies."""
    return Slots(settings.cache_dir / "precedents")


def learn(ctx: Context, over: Callable[[], bool] = lambda: False) -> None:
    """Takes up what the log says since last time, tenant by tenant, until it has come to the end or it is `over`.

    What fails is tried again at the next call.
    """
    if ctx.learner is None:
        return
    for tenant in _tenants(ctx):
        try:
            while not over() and _learn_some(ctx, tenant):
                pass
        except (MemoryUnavailable, EncoderUnavailable):
            continue  # the mark stays where it is
    with suppress(MemoryUnavailable):
        ctx.learner.tidy()


def forget_erased(ctx: Context) -> None:
    """Forgets what was erased while nobody held this copy: to be called before anything is recalled from it.

    Raises MemoryUnavailable.
    """
    if ctx.learner is None:
        return
    for tenant in _tenants(ctx):
        mark = ctx.learner.mark(tenant)
        if not mark:
            continue  # there is nothing yet
        start = _place(mark)[0]
        query = select(AuditEntry.leaf).where(
            col(AuditEntry.tenant) == tenant, col(AuditEntry.seq) >= start, col(AuditEntry.kind) == _ERASED
        )
        with read_only(ctx.engine) as session:
            leaves = list(session.exec(query))
        for leaf in leaves:
            _forget_erased(ctx, tenant, Entry.from_leaf(leaf))


def relearn(ctx: Context, tenant: str) -> None:
    """Forgets a tenant's precedents and learns them again from the database. Raises MemoryUnavailable."""
    if ctx.learner is None:
        return
    ctx.learner.set_mark(tenant, _BEGUN)
    fault_point("learn.rewound")
    ctx.learner.clear(tenant)
    fault_point("learn.cleared")
    while _learn_some(ctx, tenant):
        pass


def label_of(kind: str) -> str | None:
    """The category that a person means who says that a case is of that kind; None where a kind says nothing of it."""
    return _LABEL_OF_KIND.get(kind)


def precedents_of(session: Session, case_ids: list[str]) -> list[str]:
    """Ids of the precedents that come from these cases' texts."""
    return list(session.exec(select(TriageRun.id).where(col(TriageRun.case_id).in_(case_ids))))


def _tenants(ctx: Context) -> list[str]:
    with read_only(ctx.engine) as session:
        return list(session.exec(select(Tenant.id)))


def _learn_some(ctx: Context, tenant: str) -> bool:
    assert ctx.learner is not None
    mark = ctx.learner.mark(tenant)
    if not mark:
        ctx.learner.set_mark(tenant, _BEGUN)  # before the first is learned: what is unmarked was not learned here
    start, last = _place(mark)
    with read_only(ctx.engine) as session:
        # With the entry before, which the mark must fit.
        query = select(AuditEntry.seq, AuditEntry.kind, AuditEntry.leaf).where(
            col(AuditEntry.tenant) == tenant, col(AuditEntry.seq) >= start - 1
        )
        rows = list(session.exec(query.order_by(col(AuditEntry.seq)).limit(_AT_ONCE)))
    if start:
        if not rows or _digest(rows[0][2]) != last:
            ctx.learner.clear(tenant)
            ctx.learner.set_mark(tenant, _BEGUN)
            return True
        del rows[0]
    for _, kind, leaf in rows:
        if kind in ("verdict.given", "case.corrected"):
            _learn_entry(ctx, tenant, Entry.from_leaf(leaf))
        elif kind == _ERASED:
            _forget_erased(ctx, tenant, Entry.from_leaf(leaf))
    if not rows:
        return False
    fault_point("learn.learned")
    ctx.learner.set_mark(tenant, f"{rows[-1][0] + 1} {_digest(rows[-1][2])}")
    fault_point("learn.moved")
    return len(rows) >= _AT_ONCE - 1


def _digest(leaf: bytes) -> str:
    return sha256(leaf).hexdigest()


def _place(mark: str) -> tuple[int, str]:
    """The next entry's place and the last one's digest; a mark that cannot be read fits no log."""
    seq, _, digest = mark.partition(" ")
    if not mark:
        return 0, ""
    return (int(seq), digest) if seq.isdecimal() else (1, "")


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
        label = label_of(case.kind) if corrected else run.category
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
    """Whoever erased forgot in a copy of their own; what came of the erased texts in this one goes here."""
    assert ctx.learner is not None
    erased = col(Payload.data_subject) == entry.refs.get("data_subject")
    query = select(TriageRun.id).join(Event, col(Event.id) == col(TriageRun.event_id))
    query = query.join(Payload, col(Payload.id) == col(Event.payload)).where(col(Event.tenant) == tenant, erased)
    with read_only(ctx.engine) as session:
        precedents = list(session.exec(query))
    ctx.learner.forget(tenant, precedents)


def _level(text: str | None) -> Level:
    return "low" if text == "low" else "high" if text == "high" else "medium"
