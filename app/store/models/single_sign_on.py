"""Single sign-on: a firm's OpenID provider, and which of its accounts is whose."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from app.store.columns import optional_time_field, time_field
from app.store.row import Row


class IdentityProvider(Row, table=True):
    """The OpenID provider of a firm. `client_secret` is encrypted; None: a public client, by PKCE alone.

    `by_verified_email`: an account that nobody has linked counts as the person's of its verified e-mail address.
    """

    __tablename__ = "identity_provider"

    tenant: str = Field(primary_key=True)
    issuer: str
    client_id: str
    client_secret: str | None = None
    by_verified_email: bool = False
    set_at: datetime = time_field()


class LinkedIdentity(Row, table=True):
    """Whose an account of a provider is. It never becomes another person's; `ended_at`: it signs nobody in now."""

    __tablename__ = "linked_identity"
    __table_args__ = (Index("ix_linked_identity_person", "tenant", "principal_id"),)

    tenant: str = Field(primary_key=True)
    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    principal_id: str
    linked_at: datetime = time_field()
    ended_at: datetime | None = optional_time_field()
