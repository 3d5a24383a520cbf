"""The firm lives: each kind of event goes all the way with the real graph, in two tenants apart from each other."""

from pathlib import Path
from typing import Any

import pytest

from agents.graph import Triage
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.store.models import AuditEntry, Case, Decision, Execution, Proposal, Review, TriageRun
from tests.integration.invariants import check
from tests.integration.workflow.scenes import agree
from tests.integration.world import TENANTS, Template, World
from tools.events import EVENT_TYPES, OWN_EVENTS

TYPES = sorted(set(EVENT_TYPES) - OWN_EVENTS)


@pytest.fixture(scope="module")
def graph(encoder: Encoder) -> Triage:
    return Triage(EmbeddedReasoner(encoder))


@pytest.mark.slow
def test_each_kind_of_event_goes_all_the_way_in_two_tenants(template: Template, tmp_path: Path, graph: Triage) -> None:
    world = World.open(template, tmp_path / "home", agents=graph)
    try:
        for kind in TYPES:
            for tenant in TENANTS:
                (event,) = world.firm(tenant).emit(kind)
                world.deliver(event, tenant=tenant)
        world.run()
        assert world.queue.failures == []
        assert {run.status for run in world.rows(TriageRun)} == {"done"}
        assert sorted(case.workflow for case in world.rows(Case, tenant="acme")) == TYPES
        for tenant in TENANTS:
            for case in world.rows(Case, tenant=tenant):
                assert world.proposals(case) or case.because, f"{case.workflow}: nothing proposed, and not why"
        assert all(row.effect != "deny" for row in world.rows(Decision)), "the firm's own events propose nothing denied"
        acme_ledger = world.ledger("acme")
        for review in world.reviews(tenant="borealis"):
            agree(world, review)
        world.run()
        assert world.ledger("acme") == acme_ledger, "what borealis approves changes nothing at acme"
        assert {row.status for row in world.rows(Execution, tenant="borealis")} == {"succeeded"}
        assert world.rows(Review, tenant="borealis", status="pending") == []
        assert {case.status for case in world.rows(Case, tenant="borealis")} == {"done"}
        for review in world.reviews(tenant="acme"):
            agree(world, review)
        world.run()
        assert {row.status for row in world.rows(Execution, tenant="acme")} == {"succeeded"}
        same_names(world)
        check(world)
    finally:
        world.close()


def same_names(world: World) -> None:
    """Both firms have the same records by name; no entry of one log names a row of the other."""
    models: list[Any] = [Case, Proposal, Execution]
    rows = {tenant: {row.id for model in models for row in world.rows(model, tenant=tenant)} for tenant in TENANTS}
    subjects = [{case.subject for case in world.rows(Case, tenant=tenant)} for tenant in TENANTS]
    assert subjects[0] == subjects[1]
    for tenant, other in (TENANTS, TENANTS[::-1]):
        leaves = b"".join(row.leaf for row in world.rows(AuditEntry, tenant=tenant)).decode()
        assert not any(ident in leaves for ident in rows[other])
