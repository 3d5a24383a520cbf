"""Planning: messages that time brings about: reminders before a deadline, the day's exceptions for executives."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app import tenancy
from app.context import Context
from app.notices import Notices
from app.slack import outbox, routing
from app.slack.workspaces import Workspace, workspaces
from app.store.engine import unit_of_work
from app.store.models import Case, Review, SlackMessage

SOON: Final = timedelta(hours=1)
"""So long before a review escalates those who may decide are reminded; at most half of the time that it has."""
_AT_ONCE: Final = 200


def plan(ctx: Context) -> None:
    """Notes what is to be reminded of in every connected firm."""
    for each in workspaces(ctx):
        with unit_of_work(ctx.engine) as session:
            _remind(ctx, session, each)
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
            col(Review.tenant) == workspace.tenant, col(Review.status) == "pending", col(Review.escalated_at).is_(None),
            col(Review.due_at) > now, col(Review.due_at) <= now + SOON,
        )
        .order_by(col(Review.due_at))
        .limit(_AT_ONCE)
    ).all()  # fmt: skip
    near = [review for review in near if review.due_at - now <= (review.due_at - review.asked_at) / 2]
    if not near:
        return
    people = routing.people(session, workspace.tenant, workspace.team_id, now)
    for review in near:
        _nudge(session, workspace, review, now)
        case = session.get_one(Case, review.case_id)
        told_too = Notices(direct="always", routes=[]) if notices.direct != "never" else notices
        for place, person in routing.places(session, told_too, case, [review], people, now).items():
            if person is not None:
                hour = review.due_at.replace(minute=0, second=0, microsecond=0).isoformat()
                _once(session, workspace, now, place=place, kind="reminder", about=hour, principal_id=person)


def _nudge(session: Session, workspace: Workspace, review: Review, now: datetime) -> None:
    """In the thread of each card in a channel, once for each time that it is asked."""
    cards = select(SlackMessage).where(
        col(SlackMessage.team_id) == workspace.team_id, col(SlackMessage.case_id) == review.case_id,
        col(SlackMessage.kind) == "case", col(SlackMessage.principal_id).is_(None), col(SlackMessage.ts).is_not(None),
    )  # fmt: skip
    for card in session.exec(cards).all():
        about = f"{review.id}/{int(review.asked_at.timestamp())}"
        _once(
            session, workspace, now, place=card.place, kind="nudge", about=about, case_id=review.case_id,
            thread_of=card.id,
        )  # fmt: skip


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
