"""The firm that is measured: a service of its own in a folder, one tenant on a sandbox firm, one signed source."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import col, select
from standardwebhooks import Webhook

from app.bootstrap import Service, TenantConnectors, build
from app.durable.port import WorkItem
from app.identity.principals import machine_actor
from app.identity.sources import add_source
from app.identity.tenants import add_tenant
from app.store.engine import read_only
from app.store.models import TriageRun
from app.workflow import ingest, triage
from evals.bench.site import Home
from tools.actions import ACTIONS

TENANT = "bench"
SEED = 7


@dataclass(frozen=True)
class Firm:
    """`slug` and `secret` are those of its one source, which may emit every type."""

    service: Service
    slug: str
    secret: str

    def signed(self, event: Any) -> tuple[dict[str, str], bytes]:
        """Headers and body of one delivery, or of a batch where `event` is a list."""
        batch = "-batch" if isinstance(event, list) else ""
        body = json.dumps(event, ensure_ascii=False)
        ident, now = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
        headers = {
            "content-type": f"application/cloudevents{batch}+json",
            "webhook-id": ident,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(ident, now, body),
        }
        return headers, body.encode()

    def events(self, count: int) -> list[dict[str, Any]]:
        """`count` things that happen in the firm, of every type by their usual weights.

        No text comes twice, so none is answered from the encoder's cache of texts it has read before.
        """
        happened = _connectors(self.service).sandbox(TENANT).emit(None, count)
        for event in happened:
            if "text" in event["data"]:
                event["data"]["text"] += f" Our reference is {event['id']}."
        return happened


@contextmanager
def firm(home: Home, *, mode: str = "propose") -> Iterator[Firm]:
    """A new firm whose workflows are all in `mode`. Its worker is not started."""
    service = build(home.settings)
    try:
        connectors = dict.fromkeys(ACTIONS, "sandbox") | {"records": "sandbox"}
        add_tenant(service.context, TENANT, "Bench", connectors=connectors, settings={"mode": mode})
        _connectors(service).sandbox(TENANT).reset(SEED)
        slug, secret = add_source(service.context, machine_actor(TENANT), "bench", verifier="standard-webhooks")
        yield Firm(service, slug, secret)
    finally:
        service.drain()
        service.close()


def work_off(one: Firm, count: int) -> None:
    """Has `count` events accepted and decided about, one after the other, without the queue's workers."""
    context = one.service.context
    for event in one.events(count):
        ingest.accept(context, one.slug, *one.signed(event))
    with read_only(context.engine) as session:
        waiting = list(session.exec(select(TriageRun.id).where(col(TriageRun.status) == "waiting")))
    for run_id in waiting:
        triage.handle(context, WorkItem(kind=ingest.TRIAGE_WORK, row=run_id, partition=TENANT))


def _connectors(service: Service) -> TenantConnectors:
    assert isinstance(service.connectors, TenantConnectors)
    return service.connectors
