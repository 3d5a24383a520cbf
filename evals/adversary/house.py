"""The house that is attacked: the real service with two firms on their sandboxes, worked off in one thread."""

import base64
import hmac
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from agents.reasoners.base import Reasoner
from app.bootstrap import Service, TenantConnectors, build, works
from app.context import Agents, Context
from app.durable.port import TryLater, Work, WorkItem
from app.identity.principals import machine_actor
from app.identity.sources import add_source
from app.identity.tenants import add_tenant
from app.rulesets import Rulesets
from app.store.engine import read_only
from app.store.models import Execution, TriageRun
from app.tenancy import put
from app.workflow import ingest
from app.workflow.ingest import TRIAGE_WORK
from app.workflow.route import EXECUTE_WORK
from evals.apart import apart
from tools.actions import ACTIONS
from tools.records import Contact, Customer, Project, Record

TENANTS = {"acme": 7, "borealis": 8}
"""Firm → the seed of its records."""

_MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ATTEMPTS = 3


_MAPPING = {
    "type": {"pointer": "/what/kind"}, "id": {"text": "{/what/number}"}, "time": "/what/at",
    "data": {name: f"/fields/{name}" for name in ("project_id", "text", "requested_by", "change_request_id")},
}  # fmt: skip


class Clock:
    """Begins on a Monday morning; each look is a millisecond later."""

    def __init__(self) -> None:
        self._now = _MONDAY

    def __call__(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now


@dataclass(frozen=True)
class Template:
    """A folder to copy: both firms with their records and two sources each (one maps), whose secrets are by name."""

    home: Path
    secrets: Mapping[str, str]


def make_template(home: Path) -> Template:
    service = build(apart(home), clock=Clock())
    secrets: dict[str, str] = {}
    try:
        for tenant, seed in TENANTS.items():
            connectors = dict.fromkeys(ACTIONS, "sandbox") | {"records": "sandbox"}
            add_tenant(service.context, tenant, tenant.title(), connectors=connectors, settings={"mode": "auto"})
            _sandboxes(service).sandbox(tenant).reset(seed, _MONDAY.date())
            for name, mapping in ((tenant, None), (f"{tenant}-desk", _MAPPING)):
                slug, secrets[name] = add_source(
                    service.context, machine_actor(tenant), name, verifier="standard-webhooks", mapping=mapping
                )
                assert slug == name
    finally:
        service.close()
    return Template(home, secrets)


@dataclass
class House:
    """`context` is what everything is done with; its agents may be others than the service's."""

    service: Service
    context: Context
    secrets: Mapping[str, str]
    failed: list[Exception] = field(default_factory=list)
    _sent: int = 0

    def deliver(self, tenant: str, kind: str, data: Mapping[str, Any], **attributes: str) -> str:
        """An event of that firm's own source; answers the case. `attributes` take the place of its own."""
        return self._post(tenant, "cloudevents+json", self._event(kind, data) | attributes)[0]

    def deliver_batch(self, tenant: str, events: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
        """Several events in one delivery; answers their cases."""
        return self._post(tenant, "cloudevents-batch+json", [self._event(kind, data) for kind, data in events])

    def deliver_mapped(self, tenant: str, kind: str, data: Mapping[str, Any]) -> str:
        """The same event in another system's own JSON, through its mapping; answers the case."""
        self._sent += 1
        what = {"kind": kind, "number": self._sent, "at": self.context.clock().isoformat()}
        return self._post(f"{tenant}-desk", "json", {"what": what, "fields": dict(data)})[0]

    def _event(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        self._sent += 1
        return {
            "specversion": "1.0", "id": f"evt-{self._sent}", "source": "adversary", "type": kind,
            "time": self.context.clock().isoformat(), "datacontenttype": "application/json", "data": dict(data),
        }  # fmt: skip

    def _post(self, source: str, media: str, body: Any) -> list[str]:
        """Signed as the Standard Webhooks specification says; answers the cases of what was accepted."""
        self._sent += 1
        raw, now = json.dumps(body).encode(), self.context.clock()
        ident, stamp = f"msg_{self._sent}", str(int(now.timestamp()))
        key = base64.b64decode(self.secrets[source].removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"{ident}.{stamp}.".encode() + raw, sha256)).decode()
        headers = {
            "content-type": f"application/{media}", "webhook-id": ident, "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{mac}",
        }  # fmt: skip
        return [one.case_id for one in ingest.accept(self.context, source, headers, raw).accepted]

    def work(self) -> None:
        """Everything that is due, by the handlers that the worker calls, until nothing is left to do."""
        kinds = {work.kind: work for work in works(self.context)}
        put_off: set[str] = set()
        while True:
            with read_only(self.context.engine) as session:
                runs = list(session.exec(select(TriageRun.id).where(col(TriageRun.status) == "waiting")))
                due = select(Execution.id).where(col(Execution.status) == "waiting", col(Execution.waits_for).is_(None))
                executions = list(session.exec(due))
            items = [(TRIAGE_WORK, row) for row in runs] + [(EXECUTE_WORK, row) for row in executions]
            items = [item for item in items if item[1] not in put_off]
            if not items:
                return
            for kind, row in items:
                put_off.add(row)
                self._one(kinds[kind], WorkItem(kind=kind, row=row, partition="acme"))

    def _one(self, work: Work, item: WorkItem) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                work.handler(item.model_copy(update={"attempt": attempt}))
            except TryLater:
                continue
            except Exception as error:  # noqa: BLE001 - as the worker does
                self.failed.append(error)
                if attempt == _ATTEMPTS:
                    work.on_poison(item, error)
            else:
                return

    # -- the firms

    def records(self, tenant: str, model: type[Record]) -> list[Any]:
        return list(_sandboxes(self.service).sandbox(tenant).find(model, {}, limit=5_000))

    def enter(self, tenant: str, *records: Record) -> None:
        _sandboxes(self.service).sandbox(tenant).enter(records)

    def ledger(self, tenant: str) -> dict[str, int]:
        """Proposal id → how often its effect was applied."""
        entries = _sandboxes(self.service).sandbox(tenant).ledger()
        return {
            str(one["key"]).removeprefix("cs_"): int(str(one["count"]))
            for one in entries if str(one["key"]).startswith("cs_")
        }  # fmt: skip

    def names(self, tenant: str) -> dict[str, set[str]]:
        """Customer id → what only that customer is called: its own names, its projects' and its contacts' addresses."""
        found: dict[str, set[str]] = {}
        for customer in self.records(tenant, Customer):
            found[customer.id] = {customer.name, *([customer.mail_domain] if customer.mail_domain else [])}
        for project in self.records(tenant, Project):
            found[project.customer_id].add(project.name)
        for contact in self.records(tenant, Contact):
            if not contact.authors.get("*", "").startswith("mail/"):
                found[contact.customer_id].add(contact.email)
        return found

    def set(self, tenant: str, name: str, value: Any) -> None:
        """A setting of the firm, as if two of its people had changed it."""
        from app.store.engine import unit_of_work

        with unit_of_work(self.context.engine) as session:
            put(session, tenant, name, value, "adversary", self.context.clock())


@contextmanager
def house(
    template: Template,
    home: Path,
    *,
    reasoner: Reasoner | None = None,
    agents: Agents | None = None,
    rules: Path | None = None,
) -> Iterator[House]:
    """A copy of the template with that reasoner, or with those agents in the graph's place, under those rules."""
    shutil.copytree(template.home, home)
    service = build(apart(home), clock=Clock(), reasoner=reasoner)
    context = service.context
    if agents is not None:
        context = replace(context, triage=agents)
    if rules is not None:
        context = replace(context, rulesets=Rulesets(rules))
    try:
        yield House(service, context, template.secrets)
    finally:
        service.close()


def _sandboxes(service: Service) -> TenantConnectors:
    assert isinstance(service.connectors, TenantConnectors)
    return service.connectors
