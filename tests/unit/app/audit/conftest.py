"""A log, a vault and an empty database in a home folder of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.actor import Actor, system_actor
from app.audit.export import export, snapshot
from app.audit.leaf import Entry, LoggedActor, Record
from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.audit.verify import Key, Result, verify
from app.store.engine import unit_of_work
from tests.engines import create_tables, shared_engine
from tests.postgres import DATABASE, contents

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class House:
    """What the composition root would put together."""

    home: Path
    engine: Engine
    log: Log
    vault: Vault

    def actor(self, tenant: str = "acme") -> Actor:
        return system_actor(tenant, "worker")

    def record(self, *payload_ids: str, case: str = "cas_1") -> Record:
        actor = LoggedActor.of(self.actor())
        return Record(kind="case.noted", actor=actor, surface="worker", refs={"case": case}, payload_ids=payload_ids)

    def append(self, count: int = 1, tenant: str = "acme") -> list[Entry]:
        """One transaction with that many entries, without payloads."""
        with unit_of_work(self.engine) as session:
            return self.log.append(session, tenant, NOW, *[self.record()] * count)

    def tell(self, about: str, content: Any, name: str = "text") -> Entry:
        """One entry with one payload about one person."""
        with unit_of_work(self.engine) as session:
            ident = self.vault.seal(session, "acme", self.vault.subject("acme", about), name, content, NOW)
            return self.log.append(session, "acme", NOW, self.record(ident))[0]

    def export(self, tenant: str = "acme") -> bytes:
        with snapshot(self.engine) as session:
            return b"".join(export(session, self.log, self.vault, tenant))

    def verify(self, since: str | None = None, tenant: str = "acme") -> Result:
        key = Key(str(self.log.verifier(tenant)))
        return verify(BytesIO(self.export(tenant)), key, {} if since is None else key.open_all(since))

    def files(self) -> bytes:
        """Every byte of every file of the home folder and of the database."""
        files = b"".join(path.read_bytes() for path in sorted(self.home.rglob("*")) if path.is_file())
        return files if DATABASE == "sqlite" else files + b"".join(contents(self.engine).values())


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    engine = shared_engine(database_url)
    create_tables(engine)
    yield House(tmp_path, engine, Log(SigningKey(bytes(range(32)))), Vault(b"a secret of at least 32 characters"))
    engine.dispose()
