"""Sender: makes Slack say what the rows of messages say, one call at a time, and learns what became of each call.

Claim (committed), call, record where the claim is still mine. Of a call whose answer was lost Slack is asked first, by
the message's id, before it is made again: so a card is posted once.
"""

import json
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import Session, col, select

from app import tenancy
from app.context import Context
from app.errors import Problem
from app.slack import outbox, routing, workspaces
from app.slack.api import SlackApi, SlackAway, SlackBusy, SlackRefused
from app.slack.calm import IN_PERSON, wait
from app.slack.finding import find, mark
from app.slack.telling import Told, told
from app.slack.workspaces import GONE, Workspace
from app.store.engine import read_only, unit_of_work
from app.store.models import Review, SlackLink, SlackMessage, SlackShown

_log = logging.getLogger(__name__)

LOST_AFTER: Final = timedelta(seconds=60)
"""A claim as old as this belongs to a process that is gone."""
_AWAY_WAIT: Final = timedelta(seconds=10)
_BROKEN_WAIT: Final = timedelta(minutes=5)
_THREAD_WAIT: Final = timedelta(seconds=5)
_AT_ONCE: Final = 50
_DELETED: Final[dict[str, Any]] = {
    "ts": None, "channel": None, "content": None, "attempted_at": None, "posted_at": None, "stale": True,
}  # fmt: skip
"""Of a message that somebody deleted in Slack: it is posted anew where it still says something."""


@dataclass
class Round:
    """One pass over what is due in a workspace. `held`: calls that Slack wants later, by method and place."""

    ctx: Context
    workspace: Workspace
    api: SlackApi
    held: dict[tuple[str, str], datetime] = field(default_factory=dict)
    sent: int = 0


def send_all(ctx: Context) -> int:
    """Takes up the logs of all connected firms and sends what is due; answers how many calls changed something."""
    sent = 0
    for workspace in workspaces.workspaces(ctx):
        try:
            while outbox.follow(ctx, workspace):
                pass
            if workspace.held_until is None or workspace.held_until <= ctx.clock():
                sent += _send(ctx, workspace)
        except Exception as error:  # noqa: BLE001 - one firm's trouble is not the others'; the next round is the retry
            _log.error("Slack could not be told what is new", exc_info=error)
    return sent


def _send(ctx: Context, workspace: Workspace) -> int:
    this = Round(ctx, workspace, workspace.api(ctx))
    try:
        while rows := _due(this):
            for row in rows:
                _bring_up(this, row)
    except SlackAway as away:
        _log.warning("Slack is away: %s", away)
        workspaces.hold(ctx, workspace.team_id, ctx.clock() + _AWAY_WAIT)
    except SlackRefused as refused:
        if refused.code not in GONE:
            raise
        _log.warning("the workspace %s took the app away: %s", workspace.team_id, refused.code)
        workspaces.disconnect(ctx, workspace.tenant, workspace.team_id, refused.code)
    return this.sent


def _due(this: Round) -> list[SlackMessage]:
    now = this.ctx.clock()
    query = select(SlackMessage).where(
        col(SlackMessage.tenant) == this.workspace.tenant, col(SlackMessage.team_id) == this.workspace.team_id,
        col(SlackMessage.due_at) <= now, _open(now),
    )  # fmt: skip
    with read_only(this.ctx.engine) as session:
        return list(session.exec(query.order_by(col(SlackMessage.due_at), col(SlackMessage.id)).limit(_AT_ONCE)))


def _open(now: datetime) -> ColumnElement[bool]:
    """Stale and nobody's, or claimed by a process that is gone."""
    return or_(
        col(SlackMessage.stale) & col(SlackMessage.claim).is_(None),
        col(SlackMessage.claim).is_not(None) & (col(SlackMessage.claimed_at) <= now - LOST_AFTER),
    )


def _bring_up(this: Round, row: SlackMessage) -> None:
    method = "chat.update" if row.ts else "chat.postMessage"
    key = (method, "" if row.ts else row.place)
    now = this.ctx.clock()
    if (until := this.held.get(key)) is not None:
        _put_off(this, row, until)
        return
    if row.ts is None and row.kind in IN_PERSON and row.principal_id and not row.attempted_at and _calmed(this, row):
        return
    claimed = _claim(this, row, now)
    if claimed is None:
        return
    try:
        said = told(this.ctx, claimed)
        if said is None:
            _end(this, claimed, {})
        elif claimed.ts is None:
            _post(this, claimed, said, maybe_there=row.attempted_at)
        else:
            _update(this, claimed, said)
    except SlackBusy as busy:
        this.held[key] = now + timedelta(seconds=busy.after_s)
        _again(this, claimed, this.held[key])
    except SlackAway:
        _again(this, claimed, now + _AWAY_WAIT)
        raise
    except SlackRefused as refused:
        if refused.code in GONE:
            _again(this, claimed, now)
            raise
        _refused(this, claimed, refused)
    except Problem as problem:
        # The case is gone, or its content erased while it was read; whatever changes next marks the row again.
        _end(this, claimed, {"error": problem.code})
    except Exception as error:  # noqa: BLE001 - one message that cannot be made must not keep the others back
        _log.error("a message to %s could not be made", row.place, exc_info=error)
        _again(this, claimed, now + _BROKEN_WAIT)


def _calmed(this: Round, row: SlackMessage) -> bool:
    """Puts a message in person off where it is to wait; what is folded stands in the person's next summary instead."""
    now, workspace = this.ctx.clock(), this.workspace
    with unit_of_work(this.ctx.engine) as session:
        link = session.get(SlackLink, (row.team_id, row.place))
        if link is None:
            return False
        later = wait(session, tenancy.read(session, row.tenant), link, row, now)
        if later is None:
            return False
        kept = session.get_one(SlackMessage, row.id)
        if kept.claim is not None:
            return True
        kept.stale, kept.due_at = not later.folded, later.until
        session.add(kept)
        if later.folded:
            about = later.until.isoformat()
            summary = outbox.want(
                session, workspace, now, place=row.place, kind="queue", about=about, principal_id=row.principal_id
            )
            summary.due_at = later.until
        return True


def _claim(this: Round, row: SlackMessage, now: datetime) -> SlackMessage | None:
    """Not stale any more from here on: what changes during the call marks it again."""
    with unit_of_work(this.ctx.engine) as session:
        mine = secrets.token_hex(8)
        done = session.connection().execute(
            update(SlackMessage)
            .where(col(SlackMessage.id) == row.id, _open(now))
            .values(stale=False, claim=mine, claimed_at=now, attempts=col(SlackMessage.attempts) + 1)
        )
        return session.get(SlackMessage, row.id) if done.rowcount == 1 else None


def _post(this: Round, row: SlackMessage, said: Told, maybe_there: datetime | None) -> None:
    thread = _thread(this, row)
    if row.thread_of and thread is None:
        _again(this, row, this.ctx.clock() + _THREAD_WAIT)
        return
    found = find(this.api, row, thread, maybe_there) if maybe_there else None
    if found is None:
        found = _posted(this, row, said, thread)
    else:
        # It may say what was so at the former attempt.
        this.api.call("chat.update", channel=found[0], ts=found[1], text=said.text, blocks=said.blocks)
    channel, ts = found
    _end(
        this, row,
        {"channel": channel, "ts": ts, "content": _digest(said), "error": None, "posted_at": this.ctx.clock()}, said,
    )  # fmt: skip
    this.sent += 1


def _posted(this: Round, row: SlackMessage, said: Told, thread: str | None) -> tuple[str, str]:
    """Channel and time of the new message. What Slack said no to did not take effect, and is not looked for later."""
    _attempt(this, row, this.ctx.clock())
    try:
        answer = this.api.call(
            "chat.postMessage", channel=row.place, text=said.text, blocks=said.blocks, metadata=mark(row),
            unfurl_links=False, unfurl_media=False, **({"thread_ts": thread} if thread else {}),
        )  # fmt: skip
    except (SlackBusy, SlackRefused):
        _attempt(this, row, None)
        raise
    return str(answer["channel"]), str(answer["ts"])


def _update(this: Round, row: SlackMessage, said: Told) -> None:
    digest = _digest(said)
    if digest != row.content:
        this.api.call("chat.update", channel=row.channel, ts=row.ts, text=said.text, blocks=said.blocks)
        this.sent += 1
    _end(this, row, {"content": digest, "error": None}, said)


def _thread(this: Round, row: SlackMessage) -> str | None:
    if row.thread_of is None:
        return None
    with read_only(this.ctx.engine) as session:
        parent = session.get(SlackMessage, row.thread_of)
        return parent.ts if parent else None


def _refused(this: Round, row: SlackMessage, refused: SlackRefused) -> None:
    if refused.code == "message_not_found":
        _end(this, row, _DELETED | {"due_at": this.ctx.clock()})
        return
    if refused.code == "thread_not_found":
        with unit_of_work(this.ctx.engine) as session:
            card = update(SlackMessage).where(col(SlackMessage.id) == row.thread_of)
            session.connection().execute(card.values(**_DELETED, due_at=this.ctx.clock()))
        _again(this, row, this.ctx.clock() + _THREAD_WAIT)
        return
    _log.error("a message to %s cannot be sent: %s", row.place, refused)
    _end(this, row, {"error": refused.code})
    if row.kind == "case" and row.principal_id is None:
        _tell_in_person(this, row)


def _tell_in_person(this: Round, row: SlackMessage) -> None:
    """A channel that takes nothing leaves nobody untold: those who may decide are told themselves."""
    now, workspace = this.ctx.clock(), this.workspace
    with unit_of_work(this.ctx.engine) as session:
        waiting = session.exec(
            select(Review).where(col(Review.case_id) == row.case_id, col(Review.status) == "pending")
        ).all()
        for person in routing.people(session, workspace.tenant, workspace.team_id, now):
            if any(person.may_be_asked(review) for review in waiting):
                outbox.want(
                    session, workspace, now, place=person.user_id, kind="case", about=row.about, case_id=row.case_id,
                    principal_id=person.principal_id,
                )  # fmt: skip


def _attempt(this: Round, row: SlackMessage, at: datetime | None) -> None:
    with unit_of_work(this.ctx.engine) as session:
        _mine(session, row, {"attempted_at": at})


def _again(this: Round, row: SlackMessage, at: datetime) -> None:
    with unit_of_work(this.ctx.engine) as session:
        _mine(session, row, {"stale": True, "due_at": at, "claim": None})


def _put_off(this: Round, row: SlackMessage, until: datetime) -> None:
    with unit_of_work(this.ctx.engine) as session:
        session.connection().execute(
            update(SlackMessage)
            .where(col(SlackMessage.id) == row.id, col(SlackMessage.claim).is_(None))
            .values(due_at=until)
        )


def _end(this: Round, row: SlackMessage, changes: dict[str, Any], said: Told | None = None) -> None:
    now = this.ctx.clock()
    with unit_of_work(this.ctx.engine) as session:
        if not _mine(session, row, {"claim": None} | changes):
            return
        for review, digest in (said.whole if said else {}).items():
            shown(session, row.tenant, row.id, review, digest, now)


def _mine(session: Session, row: SlackMessage, changes: dict[str, Any]) -> bool:
    mine = col(SlackMessage.id) == row.id, col(SlackMessage.claim) == row.claim
    return session.connection().execute(update(SlackMessage).where(*mine).values(**changes)).rowcount == 1


def shown(session: Session, tenant: str, viewer: str, review_id: str, digest: str, now: datetime) -> None:
    """On record: all of it was displayed there. The first time counts."""
    if session.get(SlackShown, (viewer, review_id, digest)) is None:
        session.add(SlackShown(viewer=viewer, review_id=review_id, args_digest=digest, tenant=tenant, at=now))


def _digest(said: Told) -> str:
    return sha256(json.dumps([said.blocks, said.text], sort_keys=True).encode()).hexdigest()
