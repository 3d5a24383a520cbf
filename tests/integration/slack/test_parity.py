"""The same verdict on the API and in Slack: the same resulting state, the same error code, the same entries.

Each case is said on every surface of `SURFACES`, each in a world of its own; another surface is another entry there.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from app.actor import Grant
from app.audit.erasure import erase
from app.bootstrap import Service
from app.identity.delegations import delegate
from app.identity.principals import add_principal, by_name, machine_actor, revoke_role
from app.main import create_app
from app.store.engine import read_only, unit_of_work
from app.store.models import Review
from app.workflow import corrections, sweep
from tests.integration.api.conftest import Api, CountedQueue, FakeService
from tests.integration.invariants import check
from tests.integration.slack.conftest import open_office
from tests.integration.slack.surfaces import ByApi, BySlack, ByWeb, Outcome, Surface, outcome
from tests.integration.slack.workspace import person
from tests.integration.web.conftest import Browser
from tests.integration.workflow.scenes import INVOICE, ask, drafted, large, money, pending, task, write_off
from tests.integration.world import UNIT, Template, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

State = Callable[[World, Review], None]
WORDS = {"comment": "so be it"}
EDIT = {"args": {"title": "Look into it well", "assignee_id": "per-12", "due_on": "2026-03-09"}}
EDIT_MONEY = {"args": write_off(120_000).args()}
SIGNED_IN = ("finn", "fred", "cora", "fiona", "rolf")


def said(who: str, verdict: str, **body: Any) -> State:
    return lambda world, review: world.say(who, review, verdict, **body)


def edited(who: str) -> State:
    return lambda world, review: world.edit(who, review, title="Look into it otherwise")


def late(hours: float, *, swept: bool) -> State:
    def state(world: World, review: Review) -> None:
        world.clock.move_to(world.review(review.id).expires_at + timedelta(hours=hours))
        if swept:
            sweep.reviews(world.ctx)

    return state


def dismissed(world: World, review: Review) -> None:
    corrections.correct(world.ctx, world.actor("hal"), review.case_id, {"kind": "dismiss"})


def stricter(world: World, _review: Review) -> None:
    world.set("thresholds", {"auto_below": 0, "two_from": 1, "deny_from": 101})


def changed(world: World, _review: Review) -> None:
    """Somebody wrote off part of the same invoice in the firm's own system."""
    world.elsewhere(write_off(5_000, INVOICE))


def erased(world: World, review: Review) -> None:
    case = world.case(review.case_id)
    with unit_of_work(world.ctx.engine) as session:
        erase(session, world.ctx.log, world.actor("ada"), [case.data_subject], world.ctx.clock())


def revoked(who: str, role: str) -> State:
    def state(world: World, _review: Review) -> None:
        with read_only(world.ctx.engine) as session:
            row = by_name(session, "acme", who)
        assert row is not None
        revoke_role(world.ctx, machine_actor("acme"), row.id, Grant(role))

    return state


def lent(giver: str, to: str, role: str) -> State:
    def state(world: World, _review: Review) -> None:
        now = world.clock()
        delegate(world.ctx, world.actor(giver), world.actor(to).principal_id, role, now, now + timedelta(days=1))

    return state


def of_rhea(world: World) -> Review:
    """Asked for by rhea, who holds no role that it needs."""
    (found,) = world.reviews(ask(world, "rhea", task(), kind="other"))
    return found


def of_lena(world: World) -> Review:
    (found,) = world.reviews(ask(world, "lena", task(), kind="other"))
    return found


def above(world: World) -> Review:
    """More than fiona's limit of 3,000.00."""
    (found,) = world.reviews(drafted(world, write_off(400_000)))
    return found


@dataclass(frozen=True)
class Case:
    """`before` happens before the person sees the review, `since` after; `code` is the answer, None for yes."""

    name: str
    verdict: str
    who: str
    code: str | None = None
    review: Callable[[World], Review] = pending
    before: tuple[State, ...] = ()
    since: tuple[State, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)


CASES = [
    Case("approve", "approve", "lena"),
    Case("approve money", "approve", "finn", review=money),
    Case("approve, only a viewer", "approve", "vera", "not_permitted"),
    Case("approve, another role", "approve", "rolf", "not_permitted", review=money),
    Case("approve, an admin", "approve", "ada", "not_permitted"),
    Case("approve, without any role", "approve", "mona", "not_found"),
    Case("approve, of another unit", "approve", "una", "not_found"),
    Case("approve what one asked for", "approve", "lena", "self_approval", review=of_lena),
    Case("approve what one edited", "approve", "lena", "self_approval", before=(edited("lena"),)),
    Case("approve what another edited", "approve", "lars", before=(edited("lena"),)),
    Case("approve, approved by another", "approve", "lena", "already_decided", since=(said("hal", "approve"),)),
    Case("approve, approved by oneself", "approve", "lena", "already_decided", since=(said("lena", "approve"),)),
    Case("approve, rejected", "approve", "lena", "already_decided", since=(said("hal", "reject"),)),
    Case("approve, withdrawn", "approve", "lena", "already_decided", of_rhea, since=(said("rhea", "withdraw"),)),
    Case("approve, case dismissed", "approve", "lena", "already_decided", since=(dismissed,)),
    Case("approve, time over", "approve", "lena", "expired", since=(late(0.1, swept=False),)),
    Case("approve, expired", "approve", "lena", "expired", since=(late(0.1, swept=True),)),
    Case("approve, edited since", "approve", "lars", "args_mismatch", since=(edited("lena"),)),
    Case("approve, rules stricter since", "approve", "lena", "policy_changed", since=(stricter,)),
    Case("approve, records changed since", "approve", "finn", "stale_facts", review=money, since=(changed,)),
    Case("approve, erased since", "approve", "lena", "erased", since=(erased,)),
    Case("approve, role taken since", "approve", "lena", "not_found", since=(revoked("lena", "delivery_lead"),)),
    Case("approve, above the limit", "approve", "fiona", "not_permitted", review=above),
    Case("approve in a role that was lent", "approve", "rolf", review=money, before=(lent("finn", "rolf", "finance"),)),
    Case("first of two", "approve", "fred", review=large),
    Case("first of two, again", "approve", "fred", "already_decided", review=large, before=(said("fred", "approve"),)),
    Case("second of two", "approve", "cora", review=large, before=(said("fred", "approve"),)),
    Case("reject", "reject", "lena", body=WORDS),
    Case("reject what one asked for", "reject", "lena", review=of_lena, body=WORDS),
    Case("reject, only a viewer", "reject", "vera", "not_permitted", body=WORDS),
    Case("reject, another role", "reject", "rolf", "not_permitted", review=money, body=WORDS),
    Case("reject, approved", "reject", "lena", "already_decided", since=(said("hal", "approve"),), body=WORDS),
    Case("reject, edited since", "reject", "lars", "args_mismatch", since=(edited("lena"),), body=WORDS),
    Case("reject, time over", "reject", "lena", "expired", since=(late(0.1, swept=False),), body=WORDS),
    Case("reject, half approved", "reject", "cora", review=large, before=(said("fred", "approve"),), body=WORDS),
    Case("edit", "edit", "lena", body=EDIT),
    Case("edit, only a viewer", "edit", "vera", "not_permitted", body=EDIT),
    Case("edit, another role", "edit", "rolf", "not_permitted", review=money, body=EDIT_MONEY),
    Case("edit, rejected", "edit", "lena", "already_decided", since=(said("hal", "reject"),), body=EDIT),
    Case("edit, edited since", "edit", "lars", "args_mismatch", since=(edited("lena"),), body=EDIT),
    Case("edit, time over", "edit", "lena", "expired", since=(late(0.1, swept=True),), body=EDIT),
    Case("ask", "respond", "rhea", body=WORDS),
    Case("ask, only a viewer", "respond", "vera", "not_permitted", body=WORDS),
    Case("ask, approved", "respond", "rhea", "already_decided", since=(said("hal", "approve"),), body=WORDS),
    Case("withdraw what one asked for", "withdraw", "rhea", review=of_rhea),
    Case("withdraw, another's", "withdraw", "rolf", "not_permitted", review=money),
    Case("withdraw, as approver", "withdraw", "lena", review=of_rhea),
    Case("withdraw, rejected", "withdraw", "rhea", "already_decided", of_rhea, since=(said("hal", "reject"),)),
]  # fmt: skip


@contextmanager
def by_api(world: World) -> Iterator[Surface]:
    service = FakeService(world.ctx, CountedQueue(world.queue))
    app = create_app(cast(Service, service), works=True)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield ByApi(world, Api(world, client, service))


@contextmanager
def by_slack(world: World) -> Iterator[Surface]:
    for opened in open_office(world):
        for name in ("mona", "una"):
            opened.slack.users[f"U{name.upper()}"] = person(f"U{name.upper()}")
            opened.link(name)
        opened.sign_in(*SIGNED_IN)
        yield BySlack(world, opened)


@contextmanager
def by_web(world: World) -> Iterator[Surface]:
    app = create_app(cast(Service, FakeService(world.ctx, CountedQueue(world.queue))), works=True)
    with ExitStack() as stack:
        yield ByWeb(world, lambda: Browser(world, stack.enter_context(TestClient(app))))


SURFACES = {"api": by_api, "slack": by_slack, "web": by_web}


def result(case: Case, surface: Surface) -> Outcome:
    world = surface.world
    review = case.review(world)
    for state in case.before:
        state(world, review)
    if isinstance(surface, ByApi):
        surface.api.token(case.who)
    seen = surface.see(case.who, world.review(review.id))
    for state in case.since:
        state(world, review)
    since, before = len(world.entries()), world.review(review.id).args_digest
    code = surface.say(seen, case.who, case.verdict, case.body)
    return outcome(surface, review, code, since, before)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_the_same_decision_on_every_surface(case: Case, template: Template, tmp_path: Path) -> None:
    found: dict[str, Outcome] = {}
    for name, opening in SURFACES.items():
        world = World.open(template, tmp_path / name)
        with ExitStack() as stack:
            stack.callback(world.close)
            add_principal(
                world.ctx, machine_actor("acme"), name="una", kind="person",
                roles=[Grant("delivery_lead", f"{UNIT}-other")],
            )  # fmt: skip
            with opening(world) as surface:
                found[name] = result(case, surface)
            check(world)
    assert found["api"].code == case.code
    for name in SURFACES:
        assert found[name] == found["api"], name
