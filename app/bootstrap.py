"""Bootstrap: the one place where the parts are put together. Tests replace parts here and nowhere else."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, bindparam, select
from sqlmodel import col

from agents.graph import Triage
from agents.learner import Learner
from agents.memory import Memory, MemoryUnavailable
from agents.reasoners.base import Reasoner
from agents.reasoners.embedded.encoder import Encoder, EncoderUnavailable
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app import heaps
from app.audit.log import Log
from app.audit.note import SigningKey
from app.audit.vault import Vault
from app.clock import Clock, system_clock
from app.context import Agents, Connectors, Context
from app.durable.dbos_queue import DbosQueue
from app.durable.dbos_worker import DbosWorker
from app.durable.port import Schedule, Work, WorkQueue
from app.endpoint import endpoint_of
from app.experience import Experience
from app.gathering import Gathering
from app.intake import Intake
from app.own_records import OwnRecords
from app.rulesets import SHIPPED, Rulesets
from app.secret_box import SecretBox
from app.settings import Settings, audit_seed, make_home, secret_key
from app.store.engine import make_engine, read_only
from app.store.migrate import migrate
from app.store.models import Tenant
from app.systems import OWN, RECORDS, SANDBOX
from app.workflow import answer, execute, learn, look, reconcile, sweep, triage
from app.workflow.answer import ANSWER_WORK
from app.workflow.execute import RECONCILE_WORK
from app.workflow.faults import arm
from app.workflow.ingest import TRIAGE_WORK
from app.workflow.route import EXECUTE_WORK
from tools.connectors.sandbox import Sandbox
from tools.ports import ReadPort, SourceUnavailable
from tools.receipt import Effect
from tools.write_port import WritePort

if TYPE_CHECKING:
    from app.slack.running import Telling

_log = logging.getLogger(__name__)
_CONNECTORS = select(col(Tenant.connectors)).where(col(Tenant.id) == bindparam("of"))

_POLL_S = 0.2
"""A look at a queue costs as much as a small item, so looking often slows down what it looks for."""
_POLL_RECONCILE_S = 1.0
_AHEAD = 16
_STORED_TOGETHER = 100
"""Events of several deliveries in one transaction: as many as one delivery may bring."""
_LEARN_S = 5.0
"""So long what was said, or erased, may take to reach a process's precedents."""


class TenantConnectors:
    """Connectors by tenant, as the tenant's row names them; each tenant's sandbox firm is a file of its own."""

    def __init__(self, engine: Engine, folder: Path, clock: Clock) -> None:
        self._engine, self._folder, self._clock = engine, folder, clock
        self._sandboxes: dict[str, Sandbox] = {}
        self._lock = threading.Lock()

    def reader(self, tenant: str) -> ReadPort:
        """Raises SourceUnavailable for a tenant without a system of record."""
        with read_only(self._engine) as session:
            found = session.connection().scalar(_CONNECTORS, {"of": tenant})
        name = found.get(RECORDS) if found else None
        if name == OWN:
            return OwnRecords(self._engine, tenant)
        if name != SANDBOX:
            raise SourceUnavailable(f"{tenant} has no system of record")
        return self.sandbox(tenant)

    def writer(self, tenant: str, connector: str) -> WritePort:
        """Raises KeyError for a name that is no connector."""
        if connector != SANDBOX:
            raise KeyError(connector)
        return self.sandbox(tenant)

    def effects(self, tenant: str) -> list[Effect] | None:
        """What took effect in the tenant's systems, by key, the oldest first; None where one of them cannot list it."""
        with read_only(self._engine) as session:
            found = session.connection().scalar(_CONNECTORS, {"of": tenant}) or {}
        used = set(found.values()) - {OWN}  # no action takes effect there
        if not used:
            return []
        if used != {SANDBOX}:
            return None
        return [
            Effect(
                key=str(entry["key"]), tool=str(entry["tool"]), args_digest=str(entry["args_digest"]),
                count=int(str(entry["count"])), applied_at=datetime.fromisoformat(str(entry["at"])),
            )
            for entry in self.sandbox(tenant).ledger()
        ]  # fmt: skip

    def sandbox(self, tenant: str) -> Sandbox:
        """The tenant's sandbox firm, opened once a process."""
        with self._lock:
            if tenant not in self._sandboxes:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._sandboxes[tenant] = Sandbox(self._folder / f"{tenant}.db", self._clock)
            return self._sandboxes[tenant]

    def close(self) -> None:
        with self._lock:
            for sandbox in self._sandboxes.values():
                sandbox.close()
            self._sandboxes.clear()


@dataclass
class Service:
    """Everything, put together. `start` begins the work, `drain` ends it and loses nothing."""

    context: Context
    queue: DbosQueue
    worker: DbosWorker
    connectors: Connectors
    memory: Memory
    warm: Callable[[], None]
    _over: threading.Event = field(default_factory=threading.Event)
    _learning: threading.Thread | None = None
    _telling: "Telling | None" = None

    def start(self) -> None:
        """Begins working off what is due. The reasoner warms up beside it, so that ready may precede it."""
        try:
            learn.forget_erased(self.context)
        except MemoryUnavailable:
            _log.warning("precedents are not available; texts are assessed without them")
        self.worker.start()
        self._learning = threading.Thread(target=self._learn, name="precedents", daemon=True)
        self._learning.start()
        if self.context.settings.slack:
            from app.slack.running import Telling

            self._telling = Telling(self.context)
            self._telling.start()

    def _learn(self) -> None:
        """Each process feeds its own copy of the precedents."""
        self.warm()
        while not self._over.wait(_LEARN_S):
            try:
                learn.learn(self.context, self._over.is_set)
            except Exception as error:  # noqa: BLE001 - the next round is the retry
                _log.error("nothing could be learned", exc_info=error)

    def drain(self, timeout: timedelta = timedelta(seconds=20)) -> int:
        """Takes no more work, waits for what runs, signs a last checkpoint. Answers how much still runs."""
        self._over.set()
        if self._telling is not None:
            self._telling.stop()
        remaining = self.worker.drain(timeout)
        sweep.checkpoints(self.context)
        return remaining

    def wait_idle(self, timeout: timedelta) -> bool:
        return self.queue.wait_idle(timeout)

    def close(self) -> None:
        """To be called last, after `drain` where it was started."""
        self._over.set()
        if self._learning is not None:
            # A process that ends while native code is loading in a thread is aborted.
            self._learning.join()
        if isinstance(self.connectors, TenantConnectors):
            self.connectors.close()
        self.memory.close()
        self.context.engine.dispose()


def build(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    connectors: Connectors | None = None,
    reasoner: Reasoner | None = None,
) -> Service:
    """Puts the service together on its database, which is migrated. `connectors` and `reasoner` are for tests."""
    arm(settings.faults)
    make_home(settings)
    engine = make_engine(settings.database_url)
    migrate(engine)
    queue = DbosQueue(engine, clock=clock)
    queue.prepare()
    encoder = Encoder(settings.models_dir)
    memory = Memory(settings.cache_dir / "precedents", encoder.version)
    embedded = EmbeddedReasoner(encoder, memory)
    graph = Triage(reasoner or chosen_reasoner(settings, embedded))
    context = compose(
        settings,
        engine,
        clock=clock,
        queue=queue,
        rulesets=Rulesets(settings.rules or SHIPPED),
        triage=graph,
        learner=Learner(encoder, memory),
        connectors=connectors or TenantConnectors(engine, settings.home / "sandbox", clock),
    )
    worker = DbosWorker(engine, queue, works(context), _schedules(context))
    return Service(context, queue, worker, context.connectors, memory, partial(_warm, graph, embedded))


def compose(
    settings: Settings,
    engine: Engine,
    *,
    clock: Clock,
    queue: WorkQueue,
    rulesets: Rulesets,
    triage: Agents,
    learner: Learner | None,
    connectors: Connectors,
) -> Context:
    """The context of given parts, with the keys of the home folder. Tests put a queue and agents of theirs in here."""
    key = secret_key(settings)
    return Context(
        settings=settings,
        clock=clock,
        engine=engine,
        vault=Vault(key),
        secrets=SecretBox(key),
        log=Log(SigningKey(audit_seed(settings))),
        queue=queue,
        intake=Intake(settings, engine),
        gathering=Gathering(_STORED_TOGETHER),
        rulesets=rulesets,
        triage=triage,
        learner=learner,
        experience=Experience(engine),
        connectors=connectors,
    )


def works(ctx: Context) -> list[Work]:
    """The kinds of durable work and who does each."""
    half = max(1, ctx.settings.workers // 2)
    thinking = min(half, _thinking(ctx)) if ctx.settings.reasoner == "embedded" else half
    return [
        Work(
            TRIAGE_WORK,
            partial(triage.handle, ctx),
            partial(triage.give_up, ctx),
            concurrency=thinking,
            ahead=half - thinking + _AHEAD,
            poll_s=_POLL_S,
        ),
        Work(
            EXECUTE_WORK, partial(execute.handle, ctx), partial(execute.give_up, ctx), concurrency=half, poll_s=_POLL_S
        ),
        Work(
            ANSWER_WORK,
            partial(answer.handle, ctx),
            partial(answer.give_up, ctx),
            concurrency=2,
            ahead=0,
            poll_s=_POLL_RECONCILE_S,
        ),
        Work(
            RECONCILE_WORK,
            partial(reconcile.handle, ctx),
            partial(reconcile.give_up, ctx),
            concurrency=2,
            poll_s=_POLL_RECONCILE_S,
            attempts=8,
        ),
    ]


def _thinking(ctx: Context) -> int:
    """How many of a process's cases the embedded reasoner thinks about at a time, on this machine's own cores.

    On SQLite, where one writes at a time anyway, a second one waits for turns of the interpreter longer than it gains:
    an event took 51 to 59 ms with one, 64 to 77 with two, and as much CPU. On PostgreSQL each also waits for its
    answers.
    """
    return 1 if ctx.engine.dialect.name == "sqlite" else 2 * (os.cpu_count() or 1)


def _schedules(ctx: Context) -> list[Schedule]:
    return [
        Schedule("reviews", timedelta(seconds=10), partial(sweep.reviews, ctx)),
        Schedule("lost-work", timedelta(seconds=30), partial(sweep.lost_work, ctx)),
        Schedule("checkpoints", timedelta(seconds=10), partial(sweep.checkpoints, ctx)),
        Schedule("rules", timedelta(seconds=5), partial(sweep.rules, ctx)),
        Schedule("look", timedelta(minutes=20), partial(look.due, ctx)),
        Schedule("forgotten", timedelta(hours=1), partial(sweep.forgotten, ctx)),
    ]


def chosen_reasoner(settings: Settings, embedded: EmbeddedReasoner) -> Reasoner:
    """The reasoner that the settings name; `embedded` answers where a model does not."""
    if settings.reasoner == "embedded":
        return embedded
    # Not needed by the embedded default.
    from agents.reasoners.openai import OpenAIReasoner

    endpoint, limits = endpoint_of(settings)
    return OpenAIReasoner(endpoint, embedded, limits)


def _warm(graph: Triage, embedded: EmbeddedReasoner) -> None:
    graph.load()
    try:
        embedded.load()
        _one_thread_each()
        heaps.give_back()
    except EncoderUnavailable:
        _log.exception("the sentence encoder is not available; what needs it abstains")


def _one_thread_each() -> None:
    """The linear algebra of a text is too little for more than one thread: a second one waits, busily, for more of it,
    which was a fifth of all that an event cost."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
