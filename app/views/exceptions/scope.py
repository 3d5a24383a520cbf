"""Scope: for whom a summary is made, of which time, and how its moments and amounts are written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement
from sqlmodel import Session

from agents.summaries import Ref, RefKind, Section, Statement
from agents.wording import money
from app.actor import Actor
from app.ground import Ground
from app.tenancy import Tenancy
from app.views.pages import invalid_query
from app.views.sight import in_sight
from tools.registry import TOOLS

DETAILED = 8
"""So many are told one by one, the most pressing first; the others together, with their number."""

MOST_REFS = 20
_LONGEST = timedelta(days=92)


@dataclass
class Scope:
    """`names`: customer id → name, as the firm's records say it now; an id that is not there is its own name."""

    ground: Ground
    session: Session
    actor: Actor
    settings: Tenancy
    since: datetime
    now: datetime
    zone: ZoneInfo
    names: Mapping[str, str]
    _made: dict[str, int] = field(default_factory=dict)

    @property
    def tenant(self) -> str:
        return self.actor.tenant

    @property
    def sees_all(self) -> bool:
        """Whether what belongs to no unit is in sight: the log's entries about the firm as a whole."""
        return any(grant.unit == "" for grant in self.actor.grants)

    def sight(self, unit: Any) -> list[ColumnElement[bool]]:
        return in_sight(self.actor, unit)

    def moment(self, at: datetime) -> str:
        """`2 March, 10:05`, in the reader's zone; with the year where it is another."""
        local, now = at.astimezone(self.zone), self.now.astimezone(self.zone)
        year = f" {local.year}" if local.year != now.year else ""
        return f"{local.day} {local:%B}{year}, {local:%H:%M}"

    def amount(self, minor: int) -> str:
        return money(minor, self.settings.base_currency)

    def what(self, tool: str, customer: str | None, minor: int | None) -> str:
        """`“Release an invoice” for Harlow Insurance (EUR 6,720.00)`."""
        whom = f" for {self.called(customer)}" if customer else ""
        return f"“{TOOLS[tool].title}”{whom}" + (f" ({self.amount(minor)})" if minor else "")

    def called(self, customer: str) -> str:
        return self.names.get(customer, f"customer {customer}")

    def statement(
        self, section: Section, says: str, refs: Iterable[Ref], *, count: int = 1, amount_minor: int | None = None
    ) -> Statement:
        self._made[section] = self._made.get(section, 0) + 1
        kept = tuple(refs)[:MOST_REFS]
        return Statement(f"{section}-{self._made[section]}", section, says, kept, count, amount_minor)


def refs(kind: RefKind, idents: Iterable[Any]) -> list[Ref]:
    return [Ref(kind, str(ident)) for ident in idents]


def zone_of(wanted: str | None, settings: Tenancy) -> ZoneInfo:
    """Raises Problem `invalid_query`."""
    try:
        return ZoneInfo(wanted or settings.time_zone)
    except (KeyError, ValueError, OSError) as unknown:
        raise invalid_query("/zone", "is not an IANA time zone") from unknown


def since_of(wanted: str | None, settings: Tenancy, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment that was named (RFC 3339, or a day, which begins at its midnight in `zone`).

    Else the beginning of the last working day before today. Raises Problem `invalid_query`.
    """
    if wanted is None:
        return _last_working_day(settings, zone, now)
    try:
        if len(wanted) == len("2026-03-02"):
            found = datetime.combine(date.fromisoformat(wanted), datetime.min.time(), zone)
        else:
            found = datetime.fromisoformat(wanted)
    except ValueError as bad:
        raise invalid_query("/since", "must be a day or an RFC 3339 date and time") from bad
    if found.tzinfo is None:
        raise invalid_query("/since", "must name its offset from UTC")
    if not now - _LONGEST <= found <= now:
        raise invalid_query("/since", f"must lie in the last {_LONGEST.days} days")
    return found.astimezone(UTC)


def _last_working_day(settings: Tenancy, zone: ZoneInfo, now: datetime) -> datetime:
    day, days = now.astimezone(zone).date(), settings.hours(None).days
    for back in range(1, 8):
        if (day - timedelta(days=back)).isoweekday() in days:
            day -= timedelta(days=back)
            break
    return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
