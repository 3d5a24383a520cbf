"""Thousands of reviews fall due at once: while they escalate and expire, deliveries, verdicts and the queue go on."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import SQLModel, col, func, select

from app.actor import Actor, Grant
from app.context import Context
from app.errors import Problem
from app.identity.principals import add_principal, grants_of, machine_actor
from app.identity.tokens import actor_from
from app.ids import new_id
from app.store.engine import read_only, unit_of_work
from app.store.models import Case, Decision, Proposal, Review
from app.views import reviews
from app.views.pages import Page
from app.workflow import review, sweep
from tests.integration.limits.firms import Firm, p95, serving
from tests.integration.limits.sizes import sized, tell

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]
REVIEWS, ROUNDS = sized(600, 10_000), sized(12, 40)
ROLES = ("reviewer", "delivery_lead", "resource_manager", "finance", "head_of_delivery", "cfo")


def columns(row: SQLModel) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).model_fields}


def multiply(ctx: Context, count: int) -> None:
    """As many more pending reviews, each of a case of its own: half of them overdue, half of them past their end."""
    now = ctx.clock()
    with read_only(ctx.engine) as session:
        found = [
            tuple(
                columns(session.get_one(model, ident))
                for model, ident in (
                    (Case, each.case_id), (Proposal, each.proposal_id), (Decision, each.decision_id), (Review, each.id)
                )
            )
            for each in session.exec(select(Review).where(Review.status == "pending"))
        ]  # fmt: skip
    for begin in range(0, count, 1000):
        made: dict[type[SQLModel], list[dict[str, Any]]] = {Case: [], Proposal: [], Decision: [], Review: []}
        for number in range(begin, min(count, begin + 1000)):
            case, proposal, decision, asked = found[number % len(found)]
            ids = {name: new_id(name, now) for name in ("cas", "prp", "dec", "rev")}
            due = now - timedelta(hours=1, milliseconds=number)
            made[Case].append(case | {"id": ids["cas"], "correlation": None})
            made[Proposal].append(proposal | {"id": ids["prp"], "case_id": ids["cas"]})
            made[Decision].append(decision | {"id": ids["dec"], "proposal_id": ids["prp"]})
            made[Review].append(asked | {
                "id": ids["rev"], "case_id": ids["cas"], "proposal_id": ids["prp"], "decision_id": ids["dec"],
                "due_at": due, "expires_at": due + timedelta(minutes=30 if number % 2 else 600),
            })  # fmt: skip
        with unit_of_work(ctx.engine) as session:
            for model, rows in made.items():
                session.connection().execute(insert(model), rows)


def overdue(ctx: Context) -> int:
    """Reviews that the sweep has yet to look at."""
    with read_only(ctx.engine) as session:
        now = ctx.clock()
        due = col(Review.escalated_at).is_(None) | (col(Review.expires_at) <= now)
        return session.exec(
            select(func.count()).where(col(Review.status) == "pending", col(Review.due_at) <= now, due)
        ).one()


def somebody(ctx: Context, tenant: str) -> Actor:
    machine = machine_actor(tenant)
    wanted = [Grant(role) for role in ROLES]
    row = add_principal(ctx, machine, name="hal", kind="person", roles=wanted, email="hal@firm.example")
    with read_only(ctx.engine) as session:
        grants = grants_of(session, row, ctx.clock())
    return replace(actor_from(row, "api"), grants=grants, signed_in_at=ctx.clock())


def test_thousands_that_fall_due_at_once_do_not_keep_others_waiting(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as service:
        ctx, firm = service.context, Firm(service, "firm")
        actor = somebody(ctx, "firm")
        service.worker.start()
        for _ in range(5):
            firm.deliver(firm.happen(ROUNDS))
        assert service.wait_idle(timedelta(seconds=120))
        with read_only(ctx.engine) as session:
            asked = list(
                {each.case_id: each for each in session.exec(select(Review).where(Review.status == "pending"))}.values()
            )
        assert len(asked) >= 2 * ROUNDS
        events, given = firm.happen(2 * ROUNDS), [0]

        def reject(about: Review) -> None:
            said = {"verdict": "reject", "args_digest": about.args_digest, "comment": "no"}
            with suppress(Problem):  # an event that joined the case has superseded it
                review.give_verdict(ctx, actor, about.id, said)
                given[0] += 1

        def rounds() -> dict[str, list[float]]:
            """How long others take: a delivery, a verdict, a page of the queue."""
            spent: dict[str, list[float]] = {"delivery": [], "verdict": [], "queue": []}

            def timed(name: str, does: Callable[[], object]) -> None:
                begun = time.perf_counter()
                does()
                spent[name].append(time.perf_counter() - begun)

            for _ in range(ROUNDS):
                event, about = events.pop(), asked.pop()
                timed("delivery", partial(firm.deliver, [event]))
                timed("verdict", partial(reject, about))
                timed("queue", lambda: reviews.queue(ctx, actor, Page(50)))
                time.sleep(0.02)
            return spent

        before = rounds()
        multiply(ctx, REVIEWS)
        assert overdue(ctx) == REVIEWS
        begun, over, sweeps = time.monotonic(), threading.Event(), [0]

        def sweeping() -> None:
            while overdue(ctx) and not over.is_set():
                sweep.reviews(ctx)
                sweeps[0] += 1

        thread = threading.Thread(target=sweeping)
        thread.start()
        try:
            during = rounds()
            left = overdue(ctx)
            thread.join(400)
        finally:
            over.set()
            thread.join()
        took = time.monotonic() - begun
        assert given[0] > ROUNDS
        assert left > 0, "it was over before others came"
        assert overdue(ctx) == 0
        assert sweeps[0] <= REVIEWS // 2000 + 1, "a sweep leaves thousands to the next ones"
        with read_only(ctx.engine) as session:
            counts = dict(session.exec(select(Review.status, func.count()).group_by(Review.status)).all())
            escalated = session.exec(select(func.count()).where(col(Review.escalated_at).is_not(None))).one()
        assert escalated == REVIEWS
        assert counts["expired"] + counts["pending"] >= REVIEWS
        assert counts["expired"] > REVIEWS // 4
        tell(
            f"{REVIEWS} reviews due at once, worked off in {took:.1f} s; p95 during/before in ms: "
            + ", ".join(f"{name} {p95(during[name]) * 1e3:.0f}/{p95(before[name]) * 1e3:.0f}" for name in before)
        )
        for name, spent in during.items():
            assert p95(spent) <= 4 * p95(before[name]) + 0.5, f"{name} waited"
