"""What is set and switched: sources, settings as data, kill switches, idempotency keys of the API."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from app.store.columns import json_field, optional_time_field, time_field
from app.store.row import Row


class Source(Row, table=True):
    """A sender of events. The slug is global, so that the tenant follows from it.

    `types` is its allow-list (empty: none); `author` is what its structural fields count as written by
    (`system/<slug>`), `customer_fields` the data fields that carry a customer's words, `mapping` how its
    own JSON is read (app/workflow/mapping.py; None: it sends CloudEvents). Secrets are encrypted.
    """

    slug: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    verifier: str
    types: list[str] = json_field(list)
    author: str
    customer_fields: list[str] = json_field(list)
    mapping: dict[str, Any] | None = json_field()
    secret: str
    previous_secret: str | None = None
    previous_until: datetime | None = optional_time_field()
    created_at: datetime = time_field()


class Setting(Row, table=True):
    """A tenant's setting as data (modes, thresholds, trust, working hours), with who set it. Names: app/tenancy.py."""

    tenant: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: Any = json_field()
    version: int = 1
    set_by: str
    set_at: datetime = time_field()


class SettingChange(Row, table=True):
    """A change of a setting that waits for a second person. Status: pending | confirmed | withdrawn | superseded.

    `base_version` is the version it was proposed over (0: none yet); over another one it is no longer confirmed.
    """

    __tablename__ = "setting_change"

    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    name: str
    value: Any = json_field()
    base_version: int
    status: str
    proposed_by: str
    proposed_at: datetime = time_field()
    decided_by: str | None = None
    decided_at: datetime | None = optional_time_field()


class Pause(Row, table=True):
    """A kill switch that is on: scope `tenant`, `workflow`, `tool` or `agent`, and the name ("" for the tenant)."""

    tenant: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    name: str = Field(default="", primary_key=True)
    by: str
    at: datetime = time_field()


class IdempotencyKey(Row, table=True):
    """One POST under an `Idempotency-Key`, first made `at`; `status` is None while it is in flight.

    `held_at` says when the process that is at work on it last said so; None: nobody is.
    """

    __tablename__ = "idempotency_key"

    principal_id: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    tenant: str
    body_digest: str
    status: int | None = None
    headers: dict[str, str] = json_field(dict)
    response_payload: str | None = None
    at: datetime = time_field(index=True)
    held_at: datetime | None = optional_time_field()
