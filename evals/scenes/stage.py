"""The stage: the real service on the firm's records, where a scene is played step by step in one thread."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from agents.reasoners.base import Reasoner
from app.actor import Actor
from app.bootstrap import TenantConnectors, build
from app.durable.port import WorkItem
from app.errors import Problem
from app.identity.principals import by_name, grants_of
from app.identity.tokens import actor_from
from app.store.engine import read_only, unit_of_work
from app.store.models import Execution, Proposal, Review
from app.tenancy import put
from app.workflow import corrections, ingest, reconcile, review, sweep
from app.workflow.decide import open_content
from app.workflow.execute import RECONCILE_WORK
from evals.adversary.house import House, Template
from evals.apart import apart
from evals.scenes import firm
from evals.scenes.firm import TENANT, SetClock, Snapshot
from evals.scenes.scene import Scene, SceneUnusable, Step, Verdict
from tools.actions import parse_action
from tools.records import RECORDS


@dataclass
class Stage(House):
    """`clock` is the scene's; `refusals` are the codes with which people's words were refused."""

    clock: SetClock = field(default_factory=lambda: SetClock(datetime.now(UTC)))
    refusals: list[str] = field(default_factory=list)
    case_ids: list[str] = field(default_factory=list)
    _outside: int = 0

    @property
    def firms(self) -> TenantConnectors:
        assert isinstance(self.service.connectors, TenantConnectors)
        return self.service.connectors

    def play(self, steps: list[Step]) -> None:
        """Raises SceneUnusable for a verdict on what is not there to be decided."""
        for step in steps:
            self._do(step)
            if not step.held:
                self.work()
                self._reconcile()
                self.work()

    def snapshot(self) -> Snapshot:
        return Snapshot.of(
            [one for model in RECORDS.values() for one in self.firms.sandbox(TENANT).find(model, {}, limit=5_000)]
        )

    def person(self, name: str) -> Actor:
        with read_only(self.context.engine) as session:
            row = by_name(session, TENANT, name)
            if row is None:
                raise SceneUnusable(f"nobody called {name} works here")
            return replace(actor_from(row, "web"), grants=grants_of(session, row, self.context.clock()))

    def _do(self, step: Step) -> None:
        if step.type is not None:
            attributes = {"id": step.id, "time": step.time.isoformat() if step.time else None}
            known = {name: value for name, value in attributes.items() if value is not None}
            self.case_ids.append(self.deliver(TENANT, step.type, step.data, **known))
        elif step.triage is not None:
            self.case_ids.append(ingest.request_triage(self.context, self.person(step.by), dict(step.triage)))
        elif step.verdict is not None:
            self._say(step.verdict)
        elif step.correction is not None:
            actor = self.person(step.correction.by)
            body = dict(step.correction.body)
            self._said(lambda: corrections.correct(self.context, actor, self.case_ids[0], body))
        elif step.fault is not None:
            self._misbehave(step)
        elif step.wait_h is not None:
            self.clock.now += timedelta(hours=step.wait_h)
            sweep.reviews(self.context)
        elif step.elsewhere is not None:
            self._elsewhere(step.elsewhere.tool, step.elsewhere.args)

    def _say(self, verdict: Verdict) -> None:
        with read_only(self.context.engine) as session:
            query = select(Review).where(col(Review.status) == "pending", col(Review.tool) == verdict.tool)
            waiting = list(session.exec(query.order_by(col(Review.id))))
        if verdict.about is not None:
            waiting = [one for one in waiting if verdict.about in self._args(one.proposal_id).values()]
        if not waiting:
            self.refusals.append("nothing_pending")
            return
        chosen = waiting[0]
        body: dict[str, Any] = {"verdict": verdict.say, "args_digest": chosen.args_digest}
        if verdict.args is not None:
            body["args"] = self._args(chosen.proposal_id) | verdict.args
        actor = self.person(verdict.by)
        self._said(lambda: review.give_verdict(self.context, actor, chosen.id, body))

    def _said(self, say: Callable[[], object]) -> None:
        try:
            say()
        except Problem as refusal:
            self.refusals.append(refusal.code)

    def _args(self, proposal_id: str) -> dict[str, Any]:
        with read_only(self.context.engine) as session:
            proposed, _ = open_content(self.context, session, session.get_one(Proposal, proposal_id))
        return proposed.action.args()

    def _misbehave(self, step: Step) -> None:
        assert step.fault is not None
        if step.fault.fault == "clear":
            self.firms.sandbox(TENANT).clear_faults()
        else:
            self.firms.sandbox(TENANT).fault(step.fault.fault, step.fault.tool, step.fault.count)

    def _elsewhere(self, tool: str, args: Mapping[str, Any]) -> None:
        self._outside += 1
        self.firms.sandbox(TENANT).apply(parse_action(tool, dict(args)), f"outside-{self._outside}")

    def _reconcile(self) -> None:
        """What is unknown is asked for once; what stays unknown waits for the next step."""
        with read_only(self.context.engine) as session:
            unknown = list(session.exec(select(Execution.id).where(col(Execution.status) == "unknown")))
        for ident in unknown:
            try:
                reconcile.handle(self.context, WorkItem(kind=RECONCILE_WORK, row=ident, partition=TENANT))
            except Exception as error:  # noqa: BLE001 - as the worker does, which comes again later
                self.failed.append(error)


@contextmanager
def stage(
    template: Template, home: Path, scene: Scene, reasoner: Reasoner, rules: Path | None = None
) -> Iterator[Stage]:
    """A copy of the template with the scene's records, at the scene's time; under `rules` or the shipped ones."""
    shutil.copytree(template.home, home)
    clock = SetClock(scene.at)
    service = build(apart(home, rules), clock=clock, reasoner=reasoner)
    try:
        made = Stage(service, service.context, template.secrets, clock=clock)
        made.firms.sandbox(TENANT).enter(firm.records(scene.given))
        with unit_of_work(service.context.engine) as session:
            for name, value in scene.settings.items():
                put(session, TENANT, name, value, "scene", clock())
        yield made
    finally:
        service.close()
