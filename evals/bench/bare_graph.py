"""The graph alone, as LangGraph is usually run: with its SQLite checkpointer, and nothing that supervises it."""

import io
import pickle
import sqlite3
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from langgraph.checkpoint.sqlite import SqliteSaver

from agents.graph import wiring
from agents.journal import ModelResponse, Spent
from agents.memory import Memory
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from agents.state import Run
from app.ids import new_id
from app.workflow.deliveries import Read, read
from evals.bench.firm import TENANT, Firm
from tools.billing.confidence import Learned
from tools.events import WorkflowEvent
from tools.facts import Trust
from tools.lookups import Lookups

THREADS = 8
"""As many as the service's workers have for triage."""


class BareGraph:
    """The product's own nodes on a firm's records, with a reasoner of its own, warm.

    With `checkpointed`, the state is written to a file in `folder` after each step and synchronised to the disk: all of
    it, the records that were read among it, as LangGraph does. Else nothing is kept, which is how the service runs it.
    """

    def __init__(self, firm: Firm, folder: Path, *, checkpointed: bool = True) -> None:
        encoder = Encoder(firm.service.context.settings.models_dir)
        self._firm = firm
        self._memory = Memory(folder / "precedents", encoder.version)
        self._reasoner = EmbeddedReasoner(encoder, self._memory)
        self._reasoner.load()
        self._lookups = Lookups(firm.service.context.connectors.reader(TENANT))
        self._connection = sqlite3.connect(folder / "checkpoints.db", check_same_thread=False)
        saver = SqliteSaver(self._connection, serde=_Pickled(self._lookups))
        saver.setup()
        self._connection.execute("PRAGMA synchronous=FULL")
        self._graph = wiring().compile(checkpointer=saver if checkpointed else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()
        self._memory.close()

    def run(self, events: Sequence[Any]) -> None:
        """Runs the graph for every event, each in a thread of the conversation of its own."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._run, events))

    def _run(self, raw: Any) -> None:
        now = self._firm.service.context.clock()
        taken = read(0, raw, now, raw["id"])
        assert isinstance(taken, Read)
        run = Run(
            event=taken.event, tenant=TENANT, now=now, lookups=self._lookups, journal=_NothingPaid(),
            reasoner=self._reasoner, trust=_trust(taken.event), new_proposal_id=lambda: new_id("prp", now),
            learned=Learned,
        )  # fmt: skip
        self._graph.invoke({}, {"configurable": {"thread_id": uuid.uuid4().hex}}, context=run)


class _NothingPaid:
    """A journal for a reasoner that pays for nothing and so keeps nothing."""

    def recorded(self, request_digest: str) -> ModelResponse | None:
        return None

    def record(self, request_digest: str, response: ModelResponse) -> None:
        raise RuntimeError("the embedded reasoner pays for nothing")

    def spent(self) -> Spent:
        return Spent()


class _Pickled:
    """The checkpointer's serialiser: the state as it is; only the lookups in it are named instead of copied."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        buffer = io.BytesIO()
        pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = self._named  # type: ignore[method-assign]
        pickler.dump(obj)
        return "pickle", buffer.getvalue()

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        unpickler = pickle.Unpickler(io.BytesIO(data[1]))  # noqa: S301 - what this very process has written
        unpickler.persistent_load = lambda _name: self._lookups  # type: ignore[method-assign]
        return unpickler.load()

    def _named(self, obj: Any) -> str | None:
        return "lookups" if obj is self._lookups else None


def _trust(event: WorkflowEvent) -> dict[str, Trust]:
    return {name: Trust.CUSTOMER if name == "text" else Trust.SYSTEM for name in event.data}
