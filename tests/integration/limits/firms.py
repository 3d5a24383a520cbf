"""Several firms on one service in this process, each with a source and a sandbox firm that things happen in."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select
from standardwebhooks import Webhook

from app.bootstrap import Service, TenantConnectors, build
from app.identity.principals import machine_actor
from app.identity.sources import add_source
from app.identity.tenants import add_tenant
from app.settings import Settings
from app.store.engine import read_only
from app.store.models import Event, TriageRun
from app.workflow import ingest
from tools.actions import ACTIONS

PLAIN = ("psa.timesheet.missing", "psa.milestone.slipped", "erp.invoice.drafted")
"""Types of event that hold no text to be read by the encoder."""


class Firm:
    """One tenant in mode `propose`."""

    def __init__(self, service: Service, name: str) -> None:
        connectors = dict.fromkeys(ACTIONS, "sandbox") | {"records": "sandbox"}
        add_tenant(service.context, name, name.title(), connectors=connectors, settings={"mode": "propose"})
        assert isinstance(service.connectors, TenantConnectors)
        self.name, self._service, self._sandbox = name, service, service.connectors.sandbox(name)
        self._sandbox.reset(7)
        self._slug, self._secret = add_source(
            service.context, machine_actor(name), name, verifier="standard-webhooks"
        )  # fmt: skip

    def happen(self, count: int) -> list[dict[str, Any]]:
        """Events of several types, in turn."""
        each = -(-count // len(PLAIN))
        found = [self._sandbox.emit(kind, each) for kind in PLAIN]
        return [event for events in zip(*found, strict=True) for event in events][:count]

    def deliver(self, events: list[dict[str, Any]]) -> None:
        body = json.dumps(events)
        ident, now = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
        headers = {
            "content-type": "application/cloudevents-batch+json", "webhook-id": ident,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._secret).sign(ident, now, body),
        }  # fmt: skip
        ingest.accept(self._service.context, self._slug, headers, body.encode())

    def waits(self) -> int:
        """Runs of this firm that nobody has finished."""
        with read_only(self._service.context.engine) as session:
            return session.exec(
                select(func.count()).where(
                    col(TriageRun.tenant) == self.name, col(TriageRun.status).in_(("waiting", "running"))
                )
            ).one()

    def took(self, events: Sequence[dict[str, Any]]) -> list[float]:
        """Seconds from the acceptance of each of these to the end of its decisions."""
        wanted = [each["id"] for each in events]
        with read_only(self._service.context.engine) as session:
            rows = session.exec(
                select(Event.received_at, TriageRun.finished_at)
                .join(TriageRun, col(TriageRun.event_id) == col(Event.id))
                .where(col(Event.tenant) == self.name, col(Event.event_id).in_(wanted))
            ).all()
        spent = [(done - begun).total_seconds() for begun, done in rows if done is not None]
        assert len(spent) == len(wanted), f"{len(wanted) - len(spent)} are not decided"
        return spent


@contextmanager
def serving(home: Path) -> Iterator[Service]:
    """The service, whose worker a test starts; the sentence encoder is not warmed up."""
    service = build(Settings(home=home))
    try:
        yield service
    finally:
        service.drain()
        service.close()


def p95(spent: Sequence[float]) -> float:
    return sorted(spent)[ceil(0.95 * len(spent)) - 1]
