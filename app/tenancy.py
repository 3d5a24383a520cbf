"""Tenancy: a tenant's settings as data. Read as one typed value; changed only by two people.

A setting's name is its kind, and after a slash what it is for: `mode/<workflow>`, `thresholds/unit/<unit>`,
`thresholds/tool/<tool>`, `hours/<unit>`, `assignee/<tool>`; the bare name is the tenant's default. `trust`,
`window_days`, `channels`, `slack`, `look_at` have no second part. `unexplained` is what a restore left: `<tool>:<args
digest>` of each effect under a key that the restored database does not know; the same once more counts as a possible
duplicate. `restored_at` is when that was: an event of before may have been acted upon already in a way that is
forgotten, so people are asked about it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from app.errors import FieldError, Problem, field_errors
from app.notices import Notices
from app.store.models import Setting
from app.store.models import Tenant as TenantRow
from policies.thresholds import Thresholds, lowest
from tools.actions import Action
from tools.facts import DEFAULT_TRUST, Trust
from tools.values import Moment, Value

Mode = Literal["observe", "propose", "auto"]


class Hours(Value):
    """Working hours: ISO weekdays (1 is Monday), local wall-clock times `HH:MM`, IANA zone (None: the tenant's)."""

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)] = [1, 2, 3, 4, 5]
    start: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"
    end: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "18:00"
    zone: Annotated[str, Field(max_length=64)] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must lie after start")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError) as unknown:
                raise ValueError("zone is not an IANA time zone") from unknown
        return self

    def open_at(self, moment: datetime, zone: str) -> bool:
        """Whether `moment` lies in working hours; `zone` counts where the hours name none."""
        local = moment.astimezone(ZoneInfo(self.zone or zone))
        begins, ends = time.fromisoformat(self.start), time.fromisoformat(self.end)
        return local.isoweekday() in self.days and begins <= local.time() < ends


TrustMap = dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")], Trust]

KINDS: Mapping[str, TypeAdapter[Any]] = {
    "mode": TypeAdapter(Mode),
    "thresholds": TypeAdapter(Thresholds),
    "hours": TypeAdapter(Hours),
    "trust": TypeAdapter(TrustMap),
    "window_days": TypeAdapter(Annotated[int, Field(ge=1, le=365, strict=True)]),
    "channels": TypeAdapter(list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,78}$")]]),
    "unexplained": TypeAdapter(list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}:sha256:[0-9a-f]{64}$")]]),
    "restored_at": TypeAdapter(Moment),
    "slack": TypeAdapter(Notices),
    "look_at": TypeAdapter(Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):00$")]),
    "assignee": TypeAdapter(Annotated[str, Field(pattern=r"^pri_[0-9a-z]{26}$")]),
}
_WHOLE = frozenset({"trust", "window_days", "channels", "unexplained", "restored_at", "slack", "look_at"})


class SettingInvalid(ValueError):
    """A stored setting is not of its type: nothing may be decided with it."""


@dataclass(frozen=True)
class Tenancy:
    """Everything that is set for one tenant, as it stood when it was read. `versions` says which value each was."""

    tenant: str
    base_currency: str
    time_zone: str
    connectors: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)

    def mode(self, workflow: str) -> Mode:
        """`observe`, `propose` or `auto`; a workflow that nobody has set, and a tenant without a default, proposes."""
        found: Mode = self.settings.get(f"mode/{workflow}", self.settings.get("mode", "propose"))
        return found

    def thresholds(self, unit: str | None, tool: str) -> Thresholds | None:
        """The unit's and the tool's, the stricter of each where both are; else the tenant's; None: the ruleset's."""
        by_unit = self.settings.get(f"thresholds/unit/{unit}") if unit else None
        by_tool = self.settings.get(f"thresholds/tool/{tool}")
        if isinstance(by_unit, Thresholds) and isinstance(by_tool, Thresholds):
            return lowest([by_unit, by_tool])
        found: Thresholds | None = by_unit or by_tool or self.settings.get("thresholds")
        return found

    def trust(self) -> dict[str, Trust]:
        """Author kind → trust. Kinds not named are the customer's (tools.facts.trust_of_author)."""
        return dict(self.settings.get("trust", DEFAULT_TRUST))

    def hours(self, unit: str | None) -> Hours:
        found: Hours = self.settings.get(f"hours/{unit}", self.settings.get("hours", Hours()))
        return found

    @property
    def window_days(self) -> int:
        """Days over which money is cumulated and duplicates are looked for."""
        return int(self.settings.get("window_days", 30))

    @property
    def channels(self) -> list[str]:
        """Internal channels beside those of the projects, without `#`; posting elsewhere is for people to decide."""
        return list(self.settings.get("channels", ()))

    def unexplained(self, action: Action) -> int:
        """How many effects of this very action nothing here accounts for."""
        found: list[str] = self.settings.get("unexplained", [])
        return found.count(f"{action.tool}:{action.digest()}") if found else 0

    def perhaps_done(self, action: Action, happened: datetime | None) -> bool:
        """Whether a restore may have lost that this was done, in these words or in others about what `happened` then.

        `happened`: None for an execution, whose key tells whether it ran.
        """
        restored_at: datetime | None = self.settings.get("restored_at")
        forgotten = happened is not None and restored_at is not None and happened <= restored_at
        return forgotten or self.unexplained(action) > 0

    @property
    def notices(self) -> Notices:
        found: Notices = self.settings.get("slack", Notices())
        return found

    @property
    def look_at(self) -> str | None:
        """The hour in the firm's zone, as `06:00`, at which its books are looked through each day; None: never."""
        found: str | None = self.settings.get("look_at")
        return found

    def assignee(self, tool: str) -> str | None:
        """The principal who does by hand what no connector can; None where nobody was named."""
        found: str | None = self.settings.get(f"assignee/{tool}", self.settings.get("assignee"))
        return found


# Built once, and settings are typed once: every decision reads them.
_READ = (
    select(
        col(TenantRow.base_currency), col(TenantRow.time_zone), col(TenantRow.connectors),
        col(Setting.name), col(Setting.value), col(Setting.version),
    )
    .join_from(TenantRow, Setting, col(Setting.tenant) == col(TenantRow.id), isouter=True)
    .where(col(TenantRow.id) == bindparam("of"))
)  # fmt: skip


def read(session: Session, tenant: str) -> Tenancy:
    """The tenant's settings. Raises Problem `not_found` (no such tenant), SettingInvalid (a bad stored value)."""
    rows = session.connection().execute(_READ, {"of": tenant}).all()
    if not rows:
        raise Problem("not_found", f"There is no tenant {tenant}.")
    settings: dict[str, Any] = {}
    versions: dict[str, int] = {}
    for _, _, _, name, value, version in rows:
        if name is None:
            continue  # a tenant without settings
        try:
            settings[name] = _stored(name, json.dumps(value))
        except Problem as wrong:
            raise SettingInvalid(f"setting {name} of {tenant} is unusable: {wrong.detail}") from wrong
        versions[name] = version
    base_currency, time_zone, connectors = rows[0][:3]
    return Tenancy(tenant, base_currency, time_zone, connectors, settings, versions)


def parse(name: str, value: Any) -> Any:
    """The typed value of a setting's JSON value. Raises Problem `invalid_body` naming /name or the field of /value."""
    kind, slash, rest = name.partition("/")
    if kind not in KINDS or (slash and (kind in _WHOLE or not rest)) or len(name) > 200:
        known = ", ".join(sorted(KINDS))
        raise _invalid("/name", f"is not a setting; settings are {known}, some with /<what it is for>")
    if kind == "thresholds" and slash and not rest.startswith(("unit/", "tool/")):
        raise _invalid("/name", "must be thresholds, thresholds/unit/<unit> or thresholds/tool/<tool>")
    try:
        # Through JSON text, where strict validation still reads an enumeration from its name.
        return KINDS[kind].validate_json(json.dumps(value))
    except ValidationError as wrong:
        raise Problem(
            "invalid_body", f"The value of {name} is not valid.", errors=field_errors(wrong, "/value")
        ) from wrong


@lru_cache(maxsize=1024)
def _stored(name: str, text: str) -> Any:
    """`parse` of a value's JSON text. Values are frozen or copied before use, so equal texts may share one."""
    return parse(name, json.loads(text))


def plain(value: Any) -> Any:
    """A typed setting as JSON."""
    return TypeAdapter(Any).dump_python(value, mode="json")


def put(session: Session, tenant: str, name: str, value: Any, by: str, now: datetime) -> Setting:
    """Writes one setting without a second person: for a new tenant's defaults and for a confirmed change.

    Raises Problem `invalid_body`. The caller appends the log's entry.
    """
    typed = parse(name, value)
    row = session.get(Setting, (tenant, name))
    if row is None:
        row = Setting(tenant=tenant, name=name, value=plain(typed), version=1, set_by=by, set_at=now.astimezone(UTC))
    else:
        row.value, row.version, row.set_by, row.set_at = plain(typed), row.version + 1, by, now.astimezone(UTC)
    session.add(row)
    session.flush()
    return row


def version(session: Session, tenant: str, name: str) -> int:
    """The version of a setting now; 0 where it was never set."""
    row = session.get(Setting, (tenant, name))
    return row.version if row else 0


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
