"""A fresh database with one firm, and a clock that the test moves."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.actor import Actor, Grant
from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.ground import Groundwork
from app.identity.principals import add_principal, machine_actor
from app.identity.tenants import add_tenant
from app.identity.tokens import actor_of_token, create_token
from app.secret_box import SecretBox
from app.settings import Settings
from tests.engines import create_tables, shared_engine


@dataclass
class Hand:
    """A clock's hand."""

    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def ground(tmp_path: Path, hand: Hand, database_url: str) -> Iterator[Groundwork]:
    settings = Settings(home=tmp_path)
    engine = shared_engine(database_url)
    create_tables(engine)
    key = b"k" * 32
    made = Groundwork(settings, hand, engine, Vault(key), SecretBox(key), Log(SigningKey(bytes(range(32)))))
    add_tenant(made, "acme", "Acme Consulting")
    yield made
    engine.dispose()


@pytest.fixture
def machine() -> Actor:
    return machine_actor("acme")


def signed_in(ground: Groundwork, name: str, *roles: str, tenant: str = "acme") -> Actor:
    """A new person with these roles, as the API sees them."""
    grants = [Grant(role) for role in roles]
    row = add_principal(ground, machine_actor(tenant), name=name, kind="person", roles=grants)
    return actor_of_token(ground, create_token(ground, machine_actor(tenant), row.id, "test"), "api")
