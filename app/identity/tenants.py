"""Tenants: a firm, with the settings it starts with."""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from app import tenancy
from app.errors import FieldError, Problem
from app.ground import Ground
from app.identity.entries import put_on_record
from app.identity.principals import machine_actor
from app.store.engine import unit_of_work
from app.store.models import Tenant

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def add_tenant(
    ground: Ground, tenant: str, name: str, *, base_currency: str = "EUR", time_zone: str | None = None,
    connectors: Mapping[str, str] | None = None, settings: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """A new firm, set up on the machine; its first settings need no second person.

    Raises Problem `conflict`, `invalid_body`.
    """
    zone, now = time_zone or ground.settings.timezone, ground.clock()
    if not _ID.fullmatch(tenant):
        raise _invalid("/tenant", "must be lower-case letters, digits and dashes, at most 40")
    if not re.fullmatch(r"[A-Z]{3}", base_currency):
        raise _invalid("/base_currency", "must be an ISO 4217 code")
    if zone not in available_timezones():
        raise _invalid("/time_zone", "must be an IANA time zone")
    with unit_of_work(ground.engine) as session:
        if session.get(Tenant, tenant) is not None:
            raise Problem("conflict", f"There is a tenant {tenant} already.")
        session.add(
            Tenant(
                id=tenant, name=name, base_currency=base_currency, time_zone=zone, connectors=dict(connectors or {}),
                created_at=now,
            )
        )  # fmt: skip
        session.flush()
        actor = machine_actor(tenant)
        for each, value in (settings or {}).items():
            tenancy.put(session, tenant, each, value, actor.principal_id, now)
        put_on_record(
            ground, session, actor, "tenant.added",
            payloads={"tenant": ("tenant", {"name": name, "settings": dict(settings or {})})},
        )  # fmt: skip


def _invalid(pointer: str, detail: str) -> Problem:
    return Problem("invalid_body", f"{pointer[1:]} {detail}.", errors=[FieldError(pointer=pointer, detail=detail)])
