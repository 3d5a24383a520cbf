"""Calm: when, and how often, a person is told something in person.

Nobody is told outside the firm's working hours as they are in the person's own zone, or in hours of their own. The
first few cases of a day come as cards; what comes then waits for the next even hour, in one message.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, func, select

from app.store.models import SlackLink, SlackMessage
from app.tenancy import Hours, Tenancy

IN_PERSON: Final = ("case", "queue", "reminder", "snoozed")
_REMINDERS: Final = 2
_SLOT: Final = timedelta(hours=2)
_LOOKED_AHEAD: Final = 10


@dataclass(frozen=True)
class Rhythm:
    """A person's day: their zone, the hours in which they are told, and the most messages of one day."""

    zone: str
    hours: Hours
    most: int

    @classmethod
    def of(cls, settings: Tenancy, link: SlackLink) -> "Rhythm":
        hours, zone = settings.hours(None), link.zone or settings.time_zone
        if link.quiet_from and link.quiet_until and link.quiet_until < link.quiet_from:
            hours = Hours(days=hours.days, start=link.quiet_until, end=link.quiet_from)
        else:
            hours = Hours(days=hours.days, start=hours.start, end=hours.end)
        return cls(zone, hours, settings.notices.most_a_day)

    @property
    def singles(self) -> int:
        """How many cases of a day come as cards of their own."""
        return max(1, self.most // 2)

    def today(self, now: datetime) -> datetime:
        """When their day began."""
        local = now.astimezone(ZoneInfo(self.zone))
        return datetime.combine(local.date(), time(), ZoneInfo(self.zone))

    def awake(self, now: datetime) -> bool:
        return self.hours.open_at(now, self.zone)

    def wakes(self, now: datetime) -> datetime:
        """When they are next told anything."""
        zone = ZoneInfo(self.zone)
        day = now.astimezone(zone).date()
        for ahead in range(_LOOKED_AHEAD):
            begins = datetime.combine(_later(day, ahead), time.fromisoformat(self.hours.start), zone)
            if begins > now and begins.isoweekday() in self.hours.days:
                return begins
        return now + timedelta(days=1)

    def slot(self, now: datetime) -> datetime:
        """The next even hour, or when they wake where that is later."""
        local = now.astimezone(ZoneInfo(self.zone))
        even = local.replace(hour=local.hour - local.hour % 2, minute=0, second=0, microsecond=0) + _SLOT
        return even if self.awake(even) else self.wakes(now)


@dataclass(frozen=True)
class Wait:
    """`until` then; `folded`: not by itself any more, but in the message of that time."""

    until: datetime
    folded: bool = False


def wait(session: Session, settings: Tenancy, link: SlackLink, row: SlackMessage, now: datetime) -> Wait | None:
    """Whether a message in person is to wait; None: now."""
    rhythm = Rhythm.of(settings, link)
    if not rhythm.awake(now):
        return Wait(rhythm.wakes(now))
    told = _told(session, row, rhythm.today(now))
    if sum(told.values()) >= rhythm.most:
        return Wait(rhythm.wakes(now), folded=row.kind != "queue")
    if row.kind == "case" and told.get("case", 0) >= rhythm.singles:
        return Wait(rhythm.slot(now), folded=True)
    if row.kind == "reminder" and told.get("reminder", 0) >= _REMINDERS:
        return Wait(rhythm.slot(now), folded=True)
    return None


def _told(session: Session, row: SlackMessage, since: datetime) -> dict[str, int]:
    """How many messages of each kind the person got since then."""
    query = (
        select(col(SlackMessage.kind), func.count())
        .where(
            col(SlackMessage.principal_id) == row.principal_id, col(SlackMessage.team_id) == row.team_id,
            col(SlackMessage.posted_at) >= since, col(SlackMessage.thread_of).is_(None),
        )
        .group_by(col(SlackMessage.kind))
    )  # fmt: skip
    return {kind: int(count) for kind, count in session.exec(query)}


def _later(day: date, days: int) -> date:
    return day + timedelta(days=days)
