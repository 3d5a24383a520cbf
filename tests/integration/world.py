"""World: the real service over a copy of a template home, with a steerable clock, driven step by step."""

import base64
import hmac
import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel, col, select

from app import tenancy
from app.actor import Actor, Grant, Surface
from app.audit.export import export, snapshot
from app.audit.verify import Key, Result, verify
from app.bootstrap import TenantConnectors, compose, works
from app.context import Agents, Context
from app.durable.port import WorkItem
from app.errors import Code, Problem
from app.experience import Experience
from app.identity.principals import add_principal, grants_of, machine_actor
from app.identity.sources import add_source
from app.identity.tenants import add_tenant
from app.identity.tokens import actor_from
from app.rulesets import Rulesets
from app.settings import Settings
from app.store.engine import read_only, unit_of_work
from app.store.migrate import migrate
from app.store.models import Case, Decision, Event, Execution, Principal, Proposal, Review, TriageRun, Verdict
from app.workflow import ingest, review
from tests import postgres
from tests.engines import shared_engine
from tests.integration.fakes import FakeAgents, FakeClock, FakeQueue
from tools.actions import ACTIONS, Action
from tools.connectors.sandbox import Sandbox
from tools.records import Record

R = TypeVar("R", bound=Record)
Row = TypeVar("Row", bound=SQLModel)

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SEED = 7
TENANTS = ("acme", "borealis")
UNIT = "unit-none"

# Name → (roles, most that may be approved, person record).
PEOPLE: Mapping[str, tuple[Sequence[Grant], int | None, str | None]] = {
    "vera": ([Grant("viewer")], None, None),
    "rhea": ([Grant("reviewer")], None, None),
    "lena": ([Grant("delivery_lead")], None, None),
    "lars": ([Grant("delivery_lead")], None, None),
    "ruth": ([Grant("resource_manager")], None, "per-10"),
    "rolf": ([Grant("resource_manager")], None, None),
    "finn": ([Grant("finance")], None, None),
    "fred": ([Grant("finance")], None, None),
    "fiona": ([Grant("finance")], 300_000, None),
    "hal": ([Grant("head_of_delivery")], None, None),
    "cora": ([Grant("cfo")], None, None),
    "carl": ([Grant("compliance")], None, None),
    "abel": ([Grant("auditor")], None, None),
    "ada": ([Grant("admin")], None, None),
    "alan": ([Grant("admin")], None, None),
    "mona": ([], None, None),
}


@dataclass(frozen=True)
class Template:
    """A home folder to copy, with the secret of each tenant's source (its slug is the tenant's name).

    `database_url` names a database that is not in the folder; each world gets a copy of that one too.
    """

    home: Path
    database_url: str | None
    rulesets: Rulesets
    secrets: Mapping[str, str]
    start: datetime


def settings_of(home: Path, database_url: str | None) -> Settings:
    return Settings(home=home) if database_url is None else Settings(home=home, database_url=database_url)


def make_template(home: Path, database_url: str | None = None) -> Template:
    """Migrated, with two firms of equal records, their people and a source each. In mode `auto`."""
    settings, clock, rulesets = settings_of(home, database_url), FakeClock(MONDAY), Rulesets()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = shared_engine(settings.database_url)
    migrate(engine)
    queue = FakeQueue(engine, clock)
    connectors = TenantConnectors(engine, home / "sandbox", clock)
    ctx = compose(
        settings, engine, clock=clock, queue=queue, rulesets=rulesets, triage=FakeAgents(), learner=None,
        connectors=connectors,
    )  # fmt: skip
    secrets = {}
    for tenant in TENANTS:
        names = dict.fromkeys(ACTIONS, "sandbox") | {"records": "sandbox"}
        add_tenant(ctx, tenant, tenant.title(), connectors=names, settings={"mode": "auto"})
        machine = machine_actor(tenant)
        slug, secrets[tenant] = add_source(ctx, machine, tenant, verifier="standard-webhooks")
        assert slug == tenant
        for name, (grants, limit, record) in PEOPLE.items():
            add_principal(
                ctx, machine, name=name, kind="person", roles=grants, email=f"{name}@{tenant}.example",
                record_id=record, limit_minor=limit,
            )  # fmt: skip
        connectors.sandbox(tenant).reset(SEED, MONDAY.date())
    connectors.close()
    engine.dispose()
    return Template(home, database_url, rulesets, secrets, clock())


@dataclass
class World:
    """One running service. `agents` say what a test tells them unless the world was opened with others."""

    ctx: Context
    clock: FakeClock
    queue: FakeQueue
    agents: FakeAgents
    connectors: TenantConnectors
    secrets: dict[str, str]
    _sent: int = 0
    _told: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def open(
        cls, template: Template, home: Path, *, agents: Agents | None = None, rulesets: Rulesets | None = None
    ) -> "World":
        shutil.copytree(template.home, home)
        settings = settings_of(home, template.database_url and postgres.copy_database(template.database_url))
        clock = FakeClock(template.start)
        engine = shared_engine(settings.database_url, pool_size=4)
        queue, said = FakeQueue(engine, clock), FakeAgents()
        connectors = TenantConnectors(engine, home / "sandbox", clock)
        ctx = compose(
            settings, engine, clock=clock, queue=queue, rulesets=rulesets or template.rulesets,
            triage=agents or said, learner=None, connectors=connectors,
        )  # fmt: skip
        queue.handle_by(works(ctx))
        return cls(ctx, clock, queue, said, connectors, dict(template.secrets))

    @classmethod
    def over(cls, world: "World", engine: Engine) -> "World":
        """The same firms and people over another database, which has what theirs has."""
        queue = FakeQueue(engine, world.clock)
        ctx = replace(world.ctx, engine=engine, queue=queue, experience=Experience(engine))
        queue.handle_by(works(ctx))
        return replace(world, ctx=ctx, queue=queue, _told={})

    def close(self) -> None:
        self.connectors.close()
        self.ctx.engine.dispose()
        if self.ctx.engine.dialect.name == "postgresql":
            postgres.drop_database(self.ctx.settings.database_url)

    # -- the firm

    def firm(self, tenant: str = "acme") -> Sandbox:
        return self.connectors.sandbox(tenant)

    def get(self, model: type[R], ident: str, tenant: str = "acme") -> R:
        found = self.firm(tenant).get(model, ident)
        assert found is not None, f"no {model.kind} {ident}"
        return found

    def all(self, model: type[R], tenant: str = "acme", **where: str) -> list[R]:
        return self.firm(tenant).find(model, where, limit=5000)

    def elsewhere(self, action: Action, tenant: str = "acme") -> dict[str, Any]:
        """Somebody does it in the firm's own system, past the assistant."""
        self._sent += 1
        return dict(self.firm(tenant).apply(action, f"outside-{self._sent}").result)

    def ledger(self, tenant: str = "acme") -> list[dict[str, Any]]:
        """What the assistant did in the firm's system."""
        return [entry for entry in self.firm(tenant).ledger() if str(entry["key"]).startswith("cs_")]

    # -- events

    def event(self, kind: str, data: Mapping[str, Any], **attributes: Any) -> dict[str, Any]:
        self._sent += 1
        return {
            "specversion": "1.0", "id": f"evt-{self._sent}", "source": "test", "type": kind,
            "time": self.clock().isoformat(), "datacontenttype": "application/json", "data": dict(data),
        } | attributes  # fmt: skip

    def deliver(
        self,
        body: Any,
        *,
        tenant: str = "acme",
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        at: datetime | None = None,
        slug: str | None = None,
        media: str = "application/cloudevents+json",
    ) -> ingest.Accepted:
        """Posts a body, signed as the Standard Webhooks specification says, without the code under test."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._sent += 1
        ident, stamp = f"msg_{self._sent}", str(int((at or self.clock()).timestamp()))
        key = base64.b64decode((secret or self.secrets[tenant]).removeprefix("whsec_"))
        mac = base64.b64encode(hmac.digest(key, f"{ident}.{stamp}.".encode() + raw, sha256)).decode()
        signed = {
            "content-type": media, "webhook-id": ident, "webhook-timestamp": stamp, "webhook-signature": f"v1,{mac}",
        }  # fmt: skip
        return ingest.accept(self.ctx, slug or tenant, signed | dict(headers or {}), raw)

    def case_of(self, kind: str, data: Mapping[str, Any], *planned: Any, tenant: str = "acme") -> Case:
        """An event for which the agents propose `planned`, all the way to where only time or people take it further."""
        if planned:
            self.agents.says(*planned)
        taken = self.deliver(self.event(kind, data), tenant=tenant).accepted[0]
        self.run()
        return self.case(taken.case_id)

    def run(self, within: timedelta = timedelta()) -> int:
        return self.queue.run(within)

    def handle(self, kind: str, row: str) -> None:
        """The handler of that kind of work, called once more for a row, as after a crash."""
        item = WorkItem(kind=kind, row=row, generation=9_999_999, partition="acme")
        next(work for work in works(self.ctx) if work.kind == kind).handler(item)

    # -- people

    def actor(self, name: str, tenant: str = "acme", surface: Surface = "api") -> Actor:
        """Whom the API would see now: roles are read anew each time."""
        now = self.clock()
        with read_only(self.ctx.engine) as session:
            row = session.exec(
                select(Principal).where(col(Principal.tenant) == tenant, col(Principal.name) == name)
            ).one()
            return replace(actor_from(row, surface), grants=grants_of(session, row, now), signed_in_at=now)

    def say(self, who: str | Actor, about: Review, verdict: str, **body: Any) -> None:
        """A verdict with the digest that the review shows now, unless `args_digest` says otherwise."""
        actor = self.actor(who) if isinstance(who, str) else who
        digest = self.review(about.id).args_digest
        known = {"args_digest": digest} if verdict in ("approve", "edit", "reject") else {}
        review.give_verdict(self.ctx, actor, about.id, {"verdict": verdict} | known | body)

    def approve(self, who: str | Actor, *about: Review) -> None:
        for each in about:
            self.say(who, each, "approve")

    def edit(self, who: str | Actor, about: Review, **changes: Any) -> None:
        self.say(who, about, "edit", args=self.args(about.proposal_id) | changes)

    @contextmanager
    def refused(self, code: Code) -> Iterator[list[Problem]]:
        caught: list[Problem] = []
        with pytest.raises(Problem) as raised:
            yield caught
        assert raised.value.code == code, f"{raised.value.code}: {raised.value.detail}"
        caught.append(raised.value)

    # -- what is stored

    def rows(self, model: type[Row], **where: Any) -> list[Row]:
        with read_only(self.ctx.engine) as session:
            query = select(model)
            for name, value in where.items():
                query = query.where(getattr(model, name) == value)
            return list(session.exec(query))

    def one(self, model: type[Row], **where: Any) -> Row:
        found = self.rows(model, **where)
        assert len(found) == 1, f"{len(found)} of {model.__name__} where {where}"
        return found[0]

    def case(self, case_id: str) -> Case:
        return self.one(Case, id=case_id)

    def review(self, review_id: str) -> Review:
        return self.one(Review, id=review_id)

    def reviews(self, case: Case | None = None, **where: Any) -> list[Review]:
        """Pending reviews unless another status is asked for, in the order of their proposals."""
        wanted = {"status": "pending"} | where | ({"case_id": case.id} if case else {})
        ordinals = {row.id: (row.case_id, row.ordinal) for row in self.rows(Proposal)}
        return sorted(self.rows(Review, **wanted), key=lambda each: ordinals[each.proposal_id])

    def proposals(self, case: Case, **where: Any) -> list[Proposal]:
        return sorted(self.rows(Proposal, case_id=case.id, **where), key=lambda row: (row.created_at, row.ordinal))

    def decision(self, proposal: Proposal | Review) -> Decision:
        """The newest decision about it."""
        ident = proposal.id if isinstance(proposal, Proposal) else proposal.proposal_id
        return max(self.rows(Decision, proposal_id=ident), key=lambda row: row.at)

    def execution(self, of: Proposal | Review) -> Execution:
        return self.one(Execution, proposal_id=of.id if isinstance(of, Proposal) else of.proposal_id)

    def args(self, proposal_id: str) -> dict[str, Any]:
        row = self.one(Proposal, id=proposal_id)
        with read_only(self.ctx.engine) as session:
            content = self.ctx.vault.open(session, row.tenant, row.content_payload)
        return dict(content["action"]["args"])

    def entries(self, tenant: str = "acme", kind: str | None = None) -> list[Any]:
        """The log's, in order. What was read once is not read again: a log only grows."""
        found = self._told.setdefault(tenant, [])
        with read_only(self.ctx.engine) as session:
            found += self.ctx.log.entries(session, tenant, start=len(found), limit=100_000)
        return [entry for entry in found if kind is None or entry.kind == kind]

    def set(self, name: str, value: Any, tenant: str = "acme") -> None:
        """A setting, as if two people had changed it."""
        with unit_of_work(self.ctx.engine) as session:
            tenancy.put(session, tenant, name, value, "test", self.clock())

    def verified(self, tenant: str) -> Result:
        """The log's export, checked by the auditor's program with the public key alone."""
        with snapshot(self.ctx.engine) as session:
            lines = b"".join(export(session, self.ctx.log, self.ctx.vault, tenant))
        return verify(io.BytesIO(lines), Key(str(self.ctx.log.verifier(tenant))), {})


__all__ = ["MONDAY", "TENANTS", "Event", "Template", "TriageRun", "Verdict", "World", "make_template"]
