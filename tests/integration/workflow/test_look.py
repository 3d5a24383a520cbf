"""A look through the books: what no event tells of becomes a case, once for what is found."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from agents.graph import Triage
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.store.models import Case, Event
from app.workflow import look as looking
from app.workflow.look import due, look
from tests.integration.invariants import check
from tests.integration.world import MONDAY, Template, World
from tools.actions import SyncContractTerms
from tools.billing.books import Books, find
from tools.billing.checks import LOOK, LOOKED_THROUGH
from tools.ports import SourceUnavailable
from tools.records import Contract, Expense


def stray(ident: str = "exp-9001") -> Expense:
    return Expense(
        id=ident, unit="Engineering", authors={"*": "system/erp"}, person_id="per-12", day=date(2026, 2, 20),
        amount_minor=12_300, currency="EUR", category="Travel",
    )  # fmt: skip


def records(world: World) -> list[str]:
    return [str(one.record) for one in look(world.ctx, "acme")]


def test_what_is_found_is_brought_up_once(world: World) -> None:
    world.firm().enter([stray()])
    found = records(world)
    assert "expense/exp-9001" in found
    assert found[-1] == "expense/exp-9001"  # least money hangs on it
    assert all(one.startswith("contract/") for one in found[:-1])
    events = world.rows(Event, tenant="acme", type="assistant.record.doubted")
    assert sorted(event.subject or "" for event in events) == sorted(found)
    assert {event.principal_id for event in events} == {None}
    assert records(world) == []
    assert world.rows(Case, tenant="borealis") == []


def test_it_is_brought_up_again_when_the_facts_have_changed(world: World) -> None:
    found = records(world)
    contract = world.get(Contract, found[0].removeprefix("contract/"))
    term = SyncContractTerms(contract_id=contract.id, system="erp", term="payment_days", value=7)
    world.elsewhere(term)
    assert records(world) == [f"contract/{contract.id}"]


def test_one_look_brings_up_so_much_and_the_next_one_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST", 2)
    first, second = records(world), records(world)
    assert (len(first), len(second)) == (2, 2)
    assert not set(first) & set(second)


def test_a_firm_that_cannot_be_read_is_looked_through_another_time(world: World) -> None:
    world.firm().fault("unavailable", "read", 1)
    with pytest.raises(SourceUnavailable):
        look(world.ctx, "acme")
    assert world.rows(Event, type="assistant.record.doubted") == []
    assert records(world)


def test_the_hour_is_the_firms_own(world: World) -> None:
    due(world.ctx)
    assert world.rows(Event) == []  # nobody has asked for it
    world.set("look_at", f"{MONDAY.hour + 1:02d}:00")
    due(world.ctx)
    assert world.rows(Event) == []
    world.clock.move(hours=1)
    due(world.ctx)
    due(world.ctx)
    assert {event.tenant for event in world.rows(Event)} == {"acme"}
    assert len({event.event_id for event in world.rows(Event)}) == len(world.rows(Event))


@pytest.fixture
def staffed(template: Template, tmp_path: Path, encoder: Encoder) -> Iterator[World]:
    opened = World.open(template, tmp_path / "home", agents=Triage(EmbeddedReasoner(encoder)))
    try:
        yield opened
        check(opened)
    finally:
        opened.close()


@pytest.mark.slow
def test_every_mistake_that_a_look_can_find_reaches_somebody(staffed: World) -> None:
    """A firm with each mistake planted once: all that the detectors find is proposed, and nothing of it is denied."""
    planted = staffed.firm().plant(11, MONDAY.date(), 1)
    books = Books([one for model in LOOKED_THROUGH for one in staffed.firm().find(model, {}, 20_000)], MONDAY.date())
    found = {(one.kind, str(one.record)) for one in find(books, LOOK)}
    assert found <= {(kind, str(key)) for kind, key in planted}
    doubts = look(staffed.ctx, "acme")
    staffed.run()
    assert {(one.kind, str(one.record)) for doubt in doubts for one in doubt.findings} == found
    for doubt in doubts:
        case = staffed.case(doubt.case_id)
        proposals = staffed.proposals(case)
        assert proposals, (doubt.findings, case.because)
        assert {proposal.status for proposal in proposals} == {"decided"}, doubt.findings
        assert {proposal.tool for proposal in proposals} <= {"create_task", "sync_contract_terms"}
