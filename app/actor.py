"""Actor: who acts, with what authority, as it stood at that moment. Every workflow function that decides takes one."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.errors import Problem

Role = Literal[
    "viewer", "reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo", "compliance",
    "auditor", "admin",
]  # fmt: skip
Surface = Literal["api", "web", "slack", "cli", "worker", "schedule", "source"]
READS_ALL: frozenset[str] = frozenset({"auditor", "admin", "compliance"})
CHANGES_NOTHING: frozenset[str] = frozenset({"viewer", "auditor"})


@dataclass(frozen=True)
class Grant:
    """A role held, in one unit or in all ("" is all).

    `from_id` names who delegated it, and `limit_minor` is then the most that they may approve themselves.
    """

    role: str
    unit: str = ""
    from_id: str | None = None
    limit_minor: int | None = None


@dataclass(frozen=True)
class Actor:
    """A principal acting through a surface. Made anew for each request from the database, never from a cookie's claims.

    `limit_minor` bounds what the actor may approve, in the tenant's base currency. `record_id` is the actor's own
    person record, by which a beneficiary is known.
    """

    principal_id: str
    tenant: str
    name: str
    kind: str
    grants: tuple[Grant, ...]
    surface: Surface
    limit_minor: int | None = None
    record_id: str | None = None
    signed_in_how: str = "token"
    signed_in_at: datetime | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)

    def roles(self, unit: str | None = None) -> frozenset[str]:
        """Roles that hold in `unit` (tenant-wide ones always)."""
        return frozenset(grant.role for grant in self.grants if grant.unit in ("", unit or ""))

    def require(self, roles: Collection[str], unit: str | None = None) -> None:
        """Raises Problem `not_permitted` unless one of `roles` is held in `unit`."""
        if not self.roles(unit) & set(roles):
            which = "the role" if len(roles) == 1 else "one of the roles"
            raise Problem("not_permitted", f"This needs {which} {', '.join(sorted(roles))}.")

    def require_change(self) -> None:
        """Raises Problem `not_permitted` for who holds no role that may change anything."""
        if {grant.role for grant in self.grants} <= CHANGES_NOTHING:
            raise Problem("not_permitted", "Your roles let you read, not change.")

    def require_scope(self, scope: str) -> None:
        """Raises Problem `not_permitted` where the token has scopes and `scope` is not among them."""
        if self.scopes and scope not in self.scopes:
            raise Problem("not_permitted", f"This token has no scope {scope}.")


def with_relation(roles: frozenset[str], record_id: str | None, line_manager: str | None) -> frozenset[str]:
    """`roles`, and that of a line manager for whose own record this is, if one of the roles changes something.

    Only to find out whom to tell: whether they may is looked at when they speak (app/workflow/authority.py).
    """
    asked = line_manager is not None and record_id == line_manager and not roles <= CHANGES_NOTHING
    return roles | {"line_manager"} if asked else roles


def system_actor(tenant: str, name: str) -> Actor:
    """The service itself, named after the step that acts (`worker`, `sweep`); it holds no role and approves nothing."""
    return Actor(f"system/{name}", tenant, name, "system", (), "worker", signed_in_how="process")
