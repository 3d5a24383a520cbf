"""The port to durable work: what the workflow functions say, and nothing of who executes it.

An item names a row of ours and what to do about it. The row is the truth; the item is only the promise that somebody
will look at it. So a handler reads its row, claims it, and does nothing if there is nothing to do: it may be called
again for the same item after a crash, and by two processes at once if one of them was believed dead.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

NORMAL_PRIORITY = 5


class WorkItem(BaseModel):
    """What is to be done. Its id, `kind:row:generation`, is unique for ever: putting it twice is putting it once.

    `row`: the id of the row to look at. `generation`: raised for every new reason to look at the same row; a retry
    raises it too. `partition`: `tenant` or `tenant/customer`, whose share of the workers it uses. `priority`: 0
    (soonest) to 9; a step is a head start of one minute, so a lower one waits but never starves. `attempt`: from 1.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    kind: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    row: str = Field(min_length=1, max_length=200)
    generation: int = Field(default=0, ge=0)
    partition: str = Field(pattern=r"^[^/]{1,80}(/[^/]{1,120})?$")
    priority: int = Field(default=NORMAL_PRIORITY, ge=0, le=9)
    attempt: int = Field(default=1, ge=1)

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.row}:{self.generation}"

    @property
    def lanes(self) -> tuple[str, ...]:
        """The tenant's lane, then the customer's if there is one."""
        tenant, slash, _customer = self.partition.partition("/")
        return (tenant, self.partition) if slash else (tenant,)


class WorkQueue(Protocol):
    """What the workflow functions hold. All of it happens in the caller's transaction: rolled back, it never was."""

    def put(self, session: Session, item: WorkItem, *, delay: timedelta | None = None) -> None:
        """Have `item` handled once, not before `delay` has passed. An item of the same id is put only once, ever."""
        ...

    def put_again(self, session: Session, items: Iterable[WorkItem]) -> int:
        """Put those items whose row has no item of that kind waiting or running, under a generation later than all
        before. For sweeps over what is due. Answers how many were put."""
        ...


Handler = Callable[[WorkItem], None]
OnPoison = Callable[[WorkItem, Exception], None]


class TryLater(Exception):
    """Raised by a handler that cannot work now through no fault of the item (paused, rate limited): not an attempt."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"not now; again in {after.total_seconds():g} s")
        self.after = after


class Crashed(Exception):
    """Given to `on_poison` for an item during which the process died again and again."""


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work and who does it.

    `concurrency`: items handled at the same time by one process. `poll_s`: how often the queue is looked at. `ahead`:
    items claimed beyond those, so that threads do not run dry between two looks; what is claimed is no longer passed by
    anybody, so 0 is right where an item takes longer than a look (a remote model). Items a second are at most
    `(concurrency + ahead) / poll_s`.
    `attempts`: how many times a failing item is tried before `on_poison` is called, `backoff` after the first failure
    and doubling each time up to `backoff_limit`.
    """

    kind: str
    handler: Handler
    on_poison: OnPoison
    concurrency: int = 8
    ahead: int = 16
    poll_s: float = 0.1
    attempts: int = 5
    backoff: timedelta = timedelta(seconds=1)
    backoff_limit: timedelta = timedelta(minutes=5)

    def delay_before(self, attempt: int) -> timedelta:
        """How long attempt number `attempt` (2 is the first retry) waits."""
        factor: int = 2 ** min(max(attempt - 2, 0), 30)
        return min(self.backoff * factor, self.backoff_limit)


@dataclass(frozen=True, slots=True)
class Schedule:
    """`run` is called every `every` (at least one second), in one process at a time, after a failure too."""

    name: str
    every: timedelta
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Depth:
    """How many items of one kind there are: `queued` may start now, `delayed` wait for their time, `running`.

    `next_due_ms`: when the first delayed one is due (Unix ms).
    """

    queued: int = 0
    running: int = 0
    delayed: int = 0
    next_due_ms: int | None = field(default=None, compare=False)
