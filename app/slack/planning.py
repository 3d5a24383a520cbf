"""Planning: messages that time brings about: reminders before a deadline and of what was put off, the day's exceptions
for executives."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import case
from sqlmodel import Session, col, select

from app import tenancy
from app.context import Context
from app.notices import Notices
from app.slack import outbox, routing
from app.slack.workspaces import Workspace, workspaces
from app.store.engine import unit_of_work
from app.store.models import Case, Review, SlackLink, SlackMessage, Snooze

SOON: Final = timedelta(hours=1)
"""So long before a review escalates, and before it lapses, those who may decide are reminded; at most half of the time
that there is."""
_AT_ONCE: Final = 200
_NOT_OLDER: Final = timedelta(days=2)
"""What was put off until a time further back is told by its reminders alone."""
_NEXT: Final = case((col(Review.escalated_at).is_(None), col(Review.due_at)), else_=col(Review.expires_at))
"""When a review escalates, or lapses where it has escalated."""


def plan(ctx: Context) -> None:
    """Notes what is to be reminded of in every connected firm."""
    for each in workspaces(ctx):
        with unit_of_work(ctx.engine) as session:
            _remind(ctx, session, each)
            _wake(ctx, session, each)
            _summarise(ctx, session, each)


def _summarise(ctx: Context, session: Session, workspace: Workspace) -> None:
    """Once each of the firm's working days, from its hour on."""
    now, settings = ctx.clock(), tenancy.read(session, workspace.tenant)
    notices = settings.notices
    local = now.astimezone(ZoneInfo(settings.time_zone))
    due = local.isoweekday() in settings.hours(None).days and local.time() >= time.fromisoformat(notices.summary_at)
    if notices.executives is not None and due:
        day = local.date().isoformat()
        _once(session, workspace, now, place=notices.executives, kind="summary", about=day)


def _remind(ctx: Context, session: Session, workspace: Workspace) -> None:
    now = ctx.clock()
    notices = tenancy.read(session, workspace.tenant).notices
    near = session.exec(
        select(Review)
        .where(
            col(Review.tenant) == workspace.tenant, col(Review.status) == "pending", now < _NEXT, now + SOON >= _NEXT,
        )
        .order_by(_NEXT)
        .limit(_AT_ONCE)
    ).all()  # fmt: skip
    near = [review for review in near if _next(review) - now <= (_next(review) - _since(review)) / 2]
    if not near:
        return
    people = routing.people(session, workspace.tenant, workspace.team_id, now)
    for review in near:
        _nudge(session, workspace, review, now)
        about = session.get_one(Case, review.case_id)
        told_too = Notices(direct="always", routes=[]) if notices.direct != "never" else notices
        for place, person in routing.places(session, told_too, about, [review], people, now).items():
            if person is not None:
                hour = _next(review).replace(minute=0, second=0, microsecond=0).isoformat()
                _once(session, workspace, now, place=place, kind="reminder", about=hour, principal_id=person)


def _wake(ctx: Context, session: Session, workspace: Workspace) -> None:
    """Who put a case off is told of it again when that is over."""
    now = ctx.clock()
    theirs = (col(SlackLink.tenant) == col(Snooze.tenant)) & (col(SlackLink.principal_id) == col(Snooze.principal_id))
    over = (
        select(Snooze, SlackLink)
        .join(SlackLink, theirs)
        .where(
            col(Snooze.tenant) == workspace.tenant, col(Snooze.until) <= now, col(Snooze.until) > now - _NOT_OLDER,
            col(SlackLink.team_id) == workspace.team_id, col(SlackLink.ended_at).is_(None),
        )
    )  # fmt: skip
    for snooze, link in session.exec(over).all():
        about = f"{snooze.case_id}/{int(snooze.until.timestamp())}"
        _once(session, workspace, now, place=link.user_id, kind="snoozed", about=about, principal_id=link.principal_id)


def _nudge(session: Session, workspace: Workspace, review: Review, now: datetime) -> None:
    """In the thread of each card in a channel, once for each deadline."""
    cards = select(SlackMessage).where(
        col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.case_id) == review.case_id,
        col(SlackMessage.kind) == "case", col(SlackMessage.principal_id).is_(None), col(SlackMessage.ts).is_not(None),
    )  # fmt: skip
    for card in session.exec(cards).all():
        about = f"{review.id}/{int(_next(review).timestamp())}"
        _once(
            session, workspace, now, place=card.place, kind="nudge", about=about, case_id=review.case_id,
            thread_of=card.id,
        )  # fmt: skip


def _next(review: Review) -> datetime:
    return review.expires_at if review.escalated_at else review.due_at


def _since(review: Review) -> datetime:
    return review.escalated_at or review.asked_at


def _once(
    session: Session, workspace: Workspace, now: datetime, *, place: str, kind: str, about: str,
    case_id: str | None = None, principal_id: str | None = None, thread_of: str | None = None,
) -> None:  # fmt: skip
    known = select(SlackMessage.id).where(
        col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.place) == place,
        col(SlackMessage.kind) == kind, col(SlackMessage.about) == about,
    )  # fmt: skip
    if session.exec(known).first() is None:
        outbox.want(
            session, workspace, now, place=place, kind=kind, about=about, case_id=case_id, principal_id=principal_id,
            thread_of=thread_of,
        )  # fmt: skip
