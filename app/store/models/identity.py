"""Who there is: tenants, people and services, their roles, and how they prove who they are."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from app.store.columns import json_field, optional_time_field, time_field
from app.store.row import Row


class Tenant(Row, table=True):
    """A firm or a partner's client. `connectors` maps a tool to a connector's name; without one it is done by hand.

    `brand` is how the pages look for its people: see app/branding.py.
    """

    id: str = Field(primary_key=True)
    name: str
    base_currency: str = "EUR"
    time_zone: str = "UTC"
    connectors: dict[str, str] = json_field(dict)
    brand: dict[str, str] | None = json_field()
    created_at: datetime = time_field()


class Logo(Row, table=True):
    """A firm's logo; `digest` is that of `image`, of the media type `type`."""

    tenant: str = Field(primary_key=True)
    digest: str
    type: str
    image: bytes


class Principal(Row, table=True):
    """A person or a service of one tenant. `limit_minor` bounds what the person may approve (None: no bound).

    `record_id` is the person's id in the system of record, by which a beneficiary and a line manager are recognised.
    """

    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    kind: str  # person | service
    name: str
    email: str | None = None
    record_id: str | None = None
    unit: str | None = None
    limit_minor: int | None = Field(default=None, sa_type=BigInteger)
    password_hash: str | None = None
    active: bool = True
    created_at: datetime = time_field()


class RoleGrant(Row, table=True):
    """A role of a principal, tenant-wide or in one unit ("" is every unit)."""

    __tablename__ = "role_grant"

    principal_id: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    unit: str = Field(default="", primary_key=True)
    tenant: str = Field(index=True)
    granted_by: str
    granted_at: datetime = time_field()


class Delegation(Row, table=True):
    """`to_id` may act in `role` for `from_id` between two moments; the log names both."""

    id: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    from_id: str
    to_id: str = Field(index=True)
    role: str
    starts_at: datetime = time_field()
    ends_at: datetime = time_field()


class Token(Row, table=True):
    """A bearer token, kept only as its SHA-256; scopes narrow what its principal's roles allow."""

    digest: str = Field(primary_key=True)
    tenant: str = Field(index=True)
    principal_id: str = Field(index=True)
    name: str
    scopes: list[str] = json_field(list)
    created_at: datetime = time_field()
    expires_at: datetime | None = optional_time_field()
    revoked_at: datetime | None = optional_time_field()


class SignInLink(Row, table=True):
    """A link that signs its principal in once."""

    __tablename__ = "sign_in_link"

    digest: str = Field(primary_key=True)
    tenant: str
    principal_id: str
    expires_at: datetime = time_field()
    used_at: datetime | None = optional_time_field()


class WebSession(Row, table=True):
    """A browser's session, kept as the digest of its cookie. `csrf` is the token its forms carry."""

    __tablename__ = "web_session"

    digest: str = Field(primary_key=True)
    tenant: str
    principal_id: str = Field(index=True)
    csrf: str
    method: str  # how the person signed in: link | password | oidc
    signed_in_at: datetime = time_field()
    expires_at: datetime = time_field()
    ended_at: datetime | None = optional_time_field()
