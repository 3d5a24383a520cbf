"""What a leaver has taken on goes to another, once, on record; authority does not."""

from datetime import timedelta

import pytest

from app.errors import Problem
from app.identity.delegations import delegate
from app.identity.principals import by_name, grants_of
from app.store.engine import read_only, unit_of_work
from app.store.models import CaseClaim, ManualTask
from app.workflow.claims import claim
from app.workflow.handover import hand_over, plan_handover
from tests.integration.workflow.scenes import task
from tests.integration.workflow.test_by_hand import given
from tests.integration.world import World


def ident(world: World, name: str, tenant: str = "acme") -> str:
    with read_only(world.ctx.engine) as session:
        row = by_name(session, tenant, name)
    assert row is not None
    return row.id


def scene(world: World) -> list[str]:
    """Lena sees to two cases, and lends her role to Rolf."""
    world.set("mode", "propose")
    found = []
    for number in (1, 2):
        data = {"project_id": f"prj-0{number}", "text": f"Please add report {number}."}
        case = world.case_of("psa.change_request.submitted", data, task(title=f"Report {number}"))
        claim(world.ctx, world.actor("lena"), case.id)
        found.append(case.id)
    now = world.clock()
    delegate(
        world.ctx, world.actor("lena"), ident(world, "rolf"), "delivery_lead", now, now + timedelta(days=5)
    )  # fmt: skip
    return sorted(found)


def test_a_dry_run_changes_nothing_and_the_handover_does_what_it_said(world: World) -> None:
    held = scene(world)
    ada, lena, lars = world.actor("ada"), ident(world, "lena"), ident(world, "lars")
    before = len(world.entries())
    told = plan_handover(world.ctx, ada, lena, lars)
    assert (sorted(told.cases), len(told.delegations), told.unseen) == (held, 1, [])
    assert len(world.entries()) == before
    assert {row.principal_id for row in world.rows(CaseClaim)} == {lena}
    assert hand_over(world.ctx, ada, lena, lars) == told
    assert {row.principal_id for row in world.rows(CaseClaim)} == {lars}
    kinds = [entry.kind for entry in world.entries()[before:]]
    assert kinds == ["case.claimed", "case.claimed", "delegation.ended", "handover.made"]
    with read_only(world.ctx.engine) as session:
        rolf = by_name(session, "acme", "rolf")
        assert rolf is not None
        assert {grant.role for grant in grants_of(session, rolf, world.clock())} == {"resource_manager"}
    again = hand_over(world.ctx, ada, lena, lars)
    assert (again.cases, again.tasks, again.delegations) == ([], [], [])


def test_open_tasks_go_over(world: World) -> None:
    lena, lars = ident(world, "lena"), ident(world, "lars")
    _case, made = given(world)
    with unit_of_work(world.ctx.engine) as session:
        session.get_one(ManualTask, made.id).assignee_id = lena
    assert hand_over(world.ctx, world.actor("ada"), lena, lars).tasks == [made.id]
    assert [row.assignee_id for row in world.rows(ManualTask)] == [lars]
    assert hand_over(world.ctx, world.actor("ada"), lena, lars).tasks == []


def test_roles_that_nobody_else_holds_are_told(world: World) -> None:
    told = plan_handover(world.ctx, world.actor("ada"), ident(world, "cora"), ident(world, "finn"))
    assert told.alone == {"cfo": 0}


@pytest.mark.parametrize("to", ["lena", "elsewhere"])
def test_it_goes_to_another_person_of_the_firm(world: World, to: str) -> None:
    lena = ident(world, "lena")
    other = ident(world, "lars", "borealis") if to == "elsewhere" else lena
    with pytest.raises(Problem) as refused:
        hand_over(world.ctx, world.actor("ada"), lena, other)
    assert refused.value.code == ("not_found" if to == "elsewhere" else "not_permitted")
    with pytest.raises(Problem) as refused:
        plan_handover(world.ctx, world.actor("hal"), lena, ident(world, "lars"))
    assert refused.value.code == "not_permitted"


def test_cases_that_the_other_cannot_see_stay(world: World) -> None:
    scene(world)
    told = hand_over(world.ctx, world.actor("ada"), ident(world, "lena"), ident(world, "mona"))
    assert (told.cases, len(told.unseen)) == ([], 2)
    assert {row.principal_id for row in world.rows(CaseClaim)} == {ident(world, "lena")}
