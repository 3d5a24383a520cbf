"""Outbox: reads on in a firm's log and notes which messages are to be posted or no longer say what is so.

Nothing is sent here: one transaction moves the cursor and makes or marks the rows, so that whatever happens is told
in the end, however long Slack or this service was away.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from app import tenancy
from app.context import Context
from app.ids import new_id
from app.slack import routing
from app.slack.routing import Reachable
from app.slack.workspaces import Workspace
from app.store.engine import read_only, unit_of_work
from app.store.models import AuditEntry, AuditHead, Case, CaseClaim, Cursor, Execution, Review, SlackMessage, Verdict

READER: Final = "slack"
_AT_ONCE: Final = 300
_TELLING: Final = ("decision.", "verdict.given", "review.", "execution.", "case.", "triage.", "task.", "undo.")
_RESULTS: Final = ("succeeded", "failed", "unknown", "undone")


def follow(ctx: Context, workspace: Workspace) -> bool:
    """Takes up what is new for the workspace's firm; whether there may be more."""
    reader = f"{READER}/{workspace.team_id}"
    with read_only(ctx.engine) as session:
        size = session.exec(select(AuditHead.size).where(col(AuditHead.tenant) == workspace.tenant)).first() or 0
        known = session.get(Cursor, (reader, workspace.tenant))
        if known is not None and known.seq >= size:
            return False
    with unit_of_work(ctx.engine) as session:
        cursor = session.get(Cursor, (reader, workspace.tenant), with_for_update=True)
        if cursor is None:
            # Of what happened before the workspace was connected only that is told which still waits.
            session.add(Cursor(reader=reader, tenant=workspace.tenant, seq=size))
            _note(ctx, session, workspace, _waiting(session, workspace.tenant))
            return True
        query = (
            select(AuditEntry.seq, AuditEntry.kind, AuditEntry.case_id)
            .where(col(AuditEntry.tenant) == workspace.tenant, col(AuditEntry.seq) >= cursor.seq)
            .order_by(col(AuditEntry.seq))
            .limit(_AT_ONCE)
        )
        entries = session.exec(query).all()
        if not entries:
            return False
        touched = {case for _, kind, case in entries if case and kind.startswith(_TELLING)}
        if any(kind == "payload.erased" for _, kind, _ in entries):
            touched |= _posted(session, workspace)
        cursor.seq = entries[-1][0] + 1
        session.add(cursor)
        _note(ctx, session, workspace, touched)
        return len(entries) == _AT_ONCE


def want(
    session: Session, workspace: Workspace, now: datetime, *, place: str, kind: str, about: str,
    case_id: str | None = None, principal_id: str | None = None, thread_of: str | None = None,
) -> SlackMessage:  # fmt: skip
    """The message of that place, kind and subject, made where there is none, to be brought up to date."""
    query = select(SlackMessage).where(
        col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.place) == place,
        col(SlackMessage.kind) == kind, col(SlackMessage.about) == about,
    )  # fmt: skip
    row = session.exec(query).first()
    if row is None:
        row = SlackMessage(
            id=new_id("msg", now), tenant=workspace.tenant, team_id=workspace.team_id, place=place, kind=kind,
            about=about, case_id=case_id, principal_id=principal_id, thread_of=thread_of, due_at=now, created_at=now,
        )  # fmt: skip
    elif not row.stale:
        row.stale, row.due_at = True, now
    session.add(row)
    return row


def _note(ctx: Context, session: Session, workspace: Workspace, case_ids: Iterable[str]) -> None:
    now = ctx.clock()
    notices = tenancy.read(session, workspace.tenant).notices
    known: list[Reachable] | None = None
    for ident in sorted(case_ids):
        case = session.get(Case, ident)
        if case is None:
            continue
        session.exec(
            update(SlackMessage)
            .where(
                col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.case_id) == ident,
                col(SlackMessage.stale).is_(False),
            )
            .values(stale=True, due_at=now)
        )  # fmt: skip
        pending = session.exec(
            select(Review).where(col(Review.case_id) == ident, col(Review.status) == "pending")
        ).all()
        if pending:
            known = routing.people(session, workspace.tenant, workspace.team_id, now) if known is None else known
            for place, person in routing.places(session, notices, case, pending, known, now).items():
                want(session, workspace, now, place=place, kind="case", about=ident, case_id=ident, principal_id=person)
        session.flush()
        _note_thread(session, workspace, case, now)


def _note_thread(session: Session, workspace: Workspace, case: Case, now: datetime) -> None:
    """Under each card: how executions ended, and what people said beside their verdicts. In person only to who said
    something there or took the case: for the others the card itself tells enough."""
    cards = session.exec(
        select(SlackMessage).where(
            col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.case_id) == case.id,
            col(SlackMessage.kind) == "case",
        )
    ).all()  # fmt: skip
    if not cards:
        return
    ended = session.exec(
        select(Execution.id).where(col(Execution.case_id) == case.id, col(Execution.status).in_(_RESULTS))
    ).all()
    spoke = set(
        session.exec(
            select(Verdict.principal_id)
            .join(Review, col(Review.id) == col(Verdict.review_id))
            .where(col(Review.case_id) == case.id)
        )
    )
    if (claim := session.get(CaseClaim, case.id)) is not None:
        spoke.add(claim.principal_id)
    said = session.exec(
        select(Verdict.id)
        .join(Review, col(Review.id) == col(Verdict.review_id))
        .where(col(Review.case_id) == case.id, col(Verdict.verdict).in_(("respond", "edit")))
    ).all()
    answered = session.exec(
        select(Verdict.id)
        .join(Review, col(Review.id) == col(Verdict.review_id))
        .where(col(Review.case_id) == case.id, col(Verdict.answered_at).is_not(None))
    ).all()
    below = [("remark", each) for each in said] + [("answer", each) for each in answered]
    below += [("result", each) for each in ended]
    for card in [card for card in cards if card.principal_id is None or card.principal_id in spoke]:
        for place, (kind, ident) in enumerate(below):
            # Each a moment before the next, so that they are posted in this order.
            moment = now - timedelta(milliseconds=len(below) - place)
            want(
                session, workspace, moment, place=card.place, kind=kind, about=ident, case_id=case.id,
                principal_id=card.principal_id, thread_of=card.id,
            )  # fmt: skip


def _waiting(session: Session, tenant: str) -> Sequence[str]:
    query = select(Review.case_id).where(col(Review.tenant) == tenant, col(Review.status) == "pending")
    return session.exec(query.distinct()).all()


def _posted(session: Session, workspace: Workspace) -> set[str]:
    """Cases of which something is in Slack; after an erasure each is looked at again."""
    query = select(SlackMessage.case_id).where(
        col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.case_id).is_not(None)
    )
    return {ident for ident in session.exec(query.distinct()) if ident}
