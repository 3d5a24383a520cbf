"""Slack: the workspaces of firms, whose accounts they are, what was posted where and what it showed."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from app.store.columns import optional_time_field, time_field
from app.store.row import Row


class SlackWorkspace(Row, table=True):
    """A workspace that is connected to a firm. `bot_token` is encrypted.

    `ended_at`: it removed the app, or the firm ended it. `held_until`: Slack is to be left alone until then.
    """

    __tablename__ = "slack_workspace"

    team_id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    name: str
    bot_user_id: str
    bot_token: str
    connected_by: str
    connected_at: datetime = time_field()
    ended_at: datetime | None = optional_time_field()
    held_until: datetime | None = optional_time_field()


class SlackCode(Row, table=True):
    """A code, kept as its digest, that a person was shown where they had signed in, to be typed once in Slack."""

    __tablename__ = "slack_code"

    digest: str = Field(primary_key=True)
    tenant: str
    principal_id: str
    expires_at: datetime = time_field()
    used_at: datetime | None = optional_time_field()


class SlackLink(Row, table=True):
    """Whose a Slack account is. It never becomes another person's; `ended_at`: it speaks for nobody now.

    `quiet_from` and `quiet_until` are `HH:MM` in `zone` (None: as the firm has it).
    """

    __tablename__ = "slack_link"
    __table_args__ = (Index("ix_slack_link_person", "tenant", "principal_id"),)

    team_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    tenant: str
    principal_id: str
    zone: str | None = None
    quiet_from: str | None = None
    quiet_until: str | None = None
    linked_at: datetime = time_field()
    ended_at: datetime | None = optional_time_field()


class SlackMessage(Row, table=True):
    """A message that is kept as it should be: once for each place, kind and thing that it is about.

    `place` is a channel or a person's account, `channel` and `ts` where Slack put it. `stale`: what it says has
    changed. `content` is the digest of what Slack has of it. `claim` fences: only its holder may record an attempt;
    `attempted_at` without `ts` tells of one whose outcome is not known. No text is kept here.
    """

    __tablename__ = "slack_message"
    __table_args__ = (
        UniqueConstraint("team_id", "place", "kind", "about"),
        Index("ix_slack_message_due", "tenant", "stale", "due_at"),
        Index("ix_slack_message_case", "case_id"),
        Index("ix_slack_message_found", "team_id", "channel", "ts"),
        Index("ix_slack_message_person", "principal_id", "posted_at"),
    )

    id: str = Field(primary_key=True)
    tenant: str
    team_id: str
    place: str
    kind: str
    about: str
    case_id: str | None = None
    principal_id: str | None = None
    thread_of: str | None = None
    channel: str | None = None
    ts: str | None = None
    content: str | None = None
    stale: bool = True
    due_at: datetime = time_field()
    attempts: int = 0
    attempted_at: datetime | None = optional_time_field()
    claim: str | None = None
    claimed_at: datetime | None = optional_time_field()
    error: str | None = None
    posted_at: datetime | None = optional_time_field()
    created_at: datetime = time_field()


class SlackShown(Row, table=True):
    """That all of what a review would run was displayed: in a message, or to one person (`viewer` is either's id)."""

    __tablename__ = "slack_shown"

    viewer: str = Field(primary_key=True)
    review_id: str = Field(primary_key=True)
    args_digest: str = Field(primary_key=True)
    tenant: str
    at: datetime = time_field()
