"""The review queue over HTTP, as the API's list and as the web's page, with 1,000 reviews waiting and with 100,000."""

import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import islice
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel, select

from app.actor import Grant
from app.identity.principals import add_principal, machine_actor
from app.identity.sessions import cookie_name, start_session
from app.identity.tokens import create_token
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Decision, Proposal, Review
from evals.bench.figure import Figure, at_most, quantile
from evals.bench.firm import TENANT, Firm, firm, work_off
from evals.bench.serving import Serving, serving
from evals.bench.site import Site

FEW, MANY = 1_000, 100_000
EVENTS, PAGES, WARM, CHUNK = 100, 200, 20, 1_000


def measure(site: Site) -> list[Figure]:
    """Pages of 50 as a client walks them: the first, then on by the cursor, and from the top again every tenth time.

    Both queues are served at once and asked in turns, so that whatever else the machine does slows both.
    """
    with ExitStack() as stack:
        queues = [_queue(stack, site, count) for count in (FEW, MANY)]
        # Connected when both stand: a server closes a connection that says nothing for a few seconds.
        few, many = (_walkers(stack, queue) for queue in queues)
        for number in range(WARM + PAGES):
            for walker in (*few, *many):
                walker.turn(number)
        return [
            figure
            for name, one, other in zip(("queue_page", "queue_page.web"), few, many, strict=True)
            for figure in _figures(name, *(quantile(walker.spent[WARM:], 0.95) for walker in (one, other)))
        ]


def _figures(name: str, few: float, many: float) -> list[Figure]:
    return [
        at_most(f"{name}.100000", many * 1e3, "ms p95", 50, PAGES),
        at_most(f"{name}.ratio", many / few, "× at 1,000 reviews", 1.5, PAGES),
        at_most(f"{name}.1000", few * 1e3, "ms p95", 50, PAGES),
    ]


@dataclass
class _Walker:
    """A client that turns a queue's pages. `next_page` finds the cursor in an answer; `spent` is seconds a page."""

    connection: HTTPConnection
    path: str
    headers: dict[str, str]
    next_page: Callable[[bytes], str | None]
    cursor: str | None = None
    spent: list[float] = field(default_factory=list)

    def turn(self, number: int) -> None:
        path = self.path + (f"&cursor={self.cursor}" if self.cursor and number % 10 else "")
        begun = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        said = answer.read()
        self.spent.append(time.perf_counter() - begun)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"no page of reviews: {answer.status} {said[:300]!r}")
        self.cursor = self.next_page(said)


@dataclass(frozen=True)
class _Queue:
    """A served queue, and what its two readers present: an API token and a session's cookie."""

    served: Serving
    token: str
    cookie: str


def _queue(stack: ExitStack, site: Site, count: int) -> _Queue:
    home = stack.enter_context(site.home(str(count)))
    with firm(home) as one:
        work_off(one, EVENTS)
        _multiply(one, count)
        ground, machine = one.service.context, machine_actor(TENANT)
        reader = add_principal(ground, machine, name="reader", kind="service", roles=[Grant("viewer")])
        token = create_token(ground, machine, reader.id, "bench")
        person = add_principal(ground, machine, name="person", kind="person", roles=[Grant("delivery_lead")])
        cookie = f"{cookie_name(ground)}={start_session(ground, person, 'link')}"
    return _Queue(stack.enter_context(serving(home, "api")), token, cookie)


def _walkers(stack: ExitStack, queue: _Queue) -> tuple[_Walker, _Walker]:
    """One of the API and one of the web, on the same queue."""
    connections = [queue.served.connect(), queue.served.connect()]
    for each in connections:
        stack.callback(each.close)
    return (
        _Walker(connections[0], "/v1/reviews?limit=50", {"authorization": f"Bearer {queue.token}"}, _cursor_of_list),
        _Walker(connections[1], "/queue?order=pressing", {"cookie": queue.cookie}, _cursor_of_page),
    )


def _cursor_of_list(said: bytes) -> str | None:
    found = json.loads(said)
    if len(found["items"]) != 50:
        raise RuntimeError(f"no page of 50 reviews: {said[:300]!r}")
    cursor: str | None = found["next_cursor"]
    return cursor


def _cursor_of_page(said: bytes) -> str | None:
    if said.count(b'class="row"') < 10:  # some stand with the others of their case, on a page before
        raise RuntimeError(f"no page of reviews: {said[:300]!r}")
    found = re.search(rb'cursor=([\w-]+)" rel="next"', said)
    return found[1].decode() if found else None


def _multiply(one: Firm, count: int) -> None:
    """Fills the queue up to `count` reviews: each with a proposal, a decision and sealed content of its own.

    Every page holds all sorts of them alike, however long the queue is: its length alone is what is compared. Three
    at a time are of one case and equally pressing, so that as many cases stand on a page of either.
    """
    context = one.service.context
    with read_only(context.engine) as session:
        found = [
            (_columns(review), _columns(session.get_one(Proposal, review.proposal_id)),
             _columns(session.get_one(Decision, review.decision_id)))
            for review in session.exec(select(Review).where(Review.status == "pending"))
        ]  # fmt: skip
        contents = {
            proposal["id"]: context.vault.open(session, TENANT, proposal["content_payload"]) for _, proposal, _ in found
        }
    numbers = iter(range(count - len(found)))
    while chunk := list(islice(numbers, CHUNK)):
        rows: list[tuple[dict[str, Any], ...]] = []
        with unit_of_work(context.engine) as session:
            for number in chunk:
                review, proposal, decision = found[number % len(found)]
                now = review["created_at"] + timedelta(milliseconds=number)
                ids = {name: new_id(name, now) for name in ("rev", "prp", "dec")}
                sealed = context.vault.seal(
                    session, TENANT, f"case:{number % 500}", "proposal", contents[proposal["id"]], now
                )
                case = new_id("cas", review["created_at"]) if number % 3 == 0 or not rows else rows[-1][0]["case_id"]
                rows.append((
                    review | {"id": ids["rev"], "case_id": case, "proposal_id": ids["prp"], "decision_id": ids["dec"],
                              "priority": number // 3 * 7_919 % 100_003, "created_at": now},
                    proposal | {"id": ids["prp"], "content_payload": sealed, "created_at": now},
                    decision | {"id": ids["dec"], "proposal_id": ids["prp"], "at": now},
                ))  # fmt: skip
            for model, column in zip((Review, Proposal, Decision), zip(*rows, strict=True), strict=True):
                session.connection().execute(insert(model), list(column))


def _columns(row: SQLModel) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).model_fields}
