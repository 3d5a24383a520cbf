"""The review queue's page over HTTP, with 1,000 reviews waiting and with 100,000."""

import json
import time
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
from app.identity.tokens import create_token
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Decision, Proposal, Review
from evals.bench.figure import Figure, at_most, quantile
from evals.bench.firm import TENANT, Firm, firm, work_off
from evals.bench.serving import serving
from evals.bench.site import Site

FEW, MANY = 1_000, 100_000
EVENTS, PAGES, WARM, CHUNK = 100, 200, 20, 1_000


def measure(site: Site) -> list[Figure]:
    """Pages of 50 as a client walks them: the first, then on by the cursor, and from the top again every tenth time.

    Both queues are served at once and asked in turns, so that whatever else the machine does slows both.
    """
    with ExitStack() as stack:
        few, many = (_walker(stack, site, count) for count in (FEW, MANY))
        for number in range(WARM + PAGES):
            few.turn(number)
            many.turn(number)
        of_few, of_many = (quantile(walker.spent[WARM:], 0.95) for walker in (few, many))
    return [
        at_most("queue_page.100000", of_many * 1e3, "ms p95", 50, PAGES),
        at_most("queue_page.ratio", of_many / of_few, "× at 1,000 reviews", 1.5, PAGES),
        at_most("queue_page.1000", of_few * 1e3, "ms p95", 50, PAGES),
    ]


@dataclass
class _Walker:
    """A client that turns the pages of one queue; `spent`: seconds a page."""

    connection: HTTPConnection
    token: str
    cursor: str | None = None
    spent: list[float] = field(default_factory=list)

    def turn(self, number: int) -> None:
        path = "/v1/reviews?limit=50" + (f"&cursor={self.cursor}" if self.cursor and number % 10 else "")
        begun = time.perf_counter()
        self.connection.request("GET", path, headers={"authorization": f"Bearer {self.token}"})
        answer = self.connection.getresponse()
        said = answer.read()
        self.spent.append(time.perf_counter() - begun)
        found = json.loads(said)
        if answer.status != HTTPStatus.OK or len(found["items"]) != 50:
            raise RuntimeError(f"no page of 50 reviews: {answer.status} {said[:300]!r}")
        self.cursor = found["next_cursor"]


def _walker(stack: ExitStack, site: Site, count: int) -> _Walker:
    home = stack.enter_context(site.home(str(count)))
    with firm(home) as one:
        work_off(one, EVENTS)
        _multiply(one, count)
        ground, machine = one.service.context, machine_actor(TENANT)
        reader = add_principal(ground, machine, name="reader", kind="service", roles=[Grant("viewer")])
        token = create_token(ground, machine, reader.id, "bench")
    connection = stack.enter_context(serving(home, "api")).connect()
    stack.callback(connection.close)
    return _Walker(connection, token)


def _multiply(one: Firm, count: int) -> None:
    """Fills the queue up to `count` reviews: each with a proposal, a decision and sealed content of its own.

    Every page holds all sorts of them alike, however long the queue is: its length alone is what is compared.
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
                rows.append((
                    review | {"id": ids["rev"], "proposal_id": ids["prp"], "decision_id": ids["dec"],
                              "priority": number % 997, "created_at": now},
                    proposal | {"id": ids["prp"], "content_payload": sealed, "created_at": now},
                    decision | {"id": ids["dec"], "proposal_id": ids["prp"], "at": now},
                ))  # fmt: skip
            for model, column in zip((Review, Proposal, Decision), zip(*rows, strict=True), strict=True):
                session.connection().execute(insert(model), list(column))


def _columns(row: SQLModel) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).model_fields}
