"""By hand: where no connector can do it, a named person does, with evidence, on the same execution."""

from typing import Any

import pytest

from app.store.engine import unit_of_work
from app.store.models import Case, Execution, ManualTask, Tenant
from app.workflow import by_hand, sweep, undo
from tests.integration.workflow.scenes import drafted, rules_alone, signed, task, write_off
from tests.integration.workflow.test_bundle import booking, project, workspace
from tests.integration.world import World
from tools.actions import parse_action
from tools.records import Project, Workspace

MISSING = {"person_id": "per-12", "week_start_on": "2026-02-23"}


def without(world: World, *tools: str) -> None:
    """The tenant has no connector for these."""
    with unit_of_work(world.ctx.engine) as session:
        row = session.get_one(Tenant, "acme")
        row.connectors = {name: value for name, value in row.connectors.items() if name not in tools}
        session.add(row)


def close(world: World, who: str, found: ManualTask, **body: Any) -> None:
    by_hand.close(world.ctx, world.actor(who), found.id, {"done": True, "evidence": "did it myself"} | body)


def given(world: World) -> tuple[Case, ManualTask]:
    without(world, "create_task")
    case = world.case_of("psa.timesheet.missing", MISSING, task())
    return case, world.one(ManualTask)


def test_a_task_is_opened_and_nothing_is_written(world: World) -> None:
    case, found = given(world)
    assert world.ledger() == []
    assert (found.status, found.assignee_id) == ("open", None)
    assert world.case(case.id).status == "waiting"
    assert world.one(Execution).status == "running"


def test_closing_it_with_evidence_ends_the_execution(world: World) -> None:
    case, found = given(world)
    close(world, "lena", found)
    assert world.one(Execution).status == "succeeded"
    assert world.case(case.id).status == "done"
    (entry,) = world.entries(kind="task.closed")
    assert entry.actor.id == world.actor("lena").principal_id
    with world.refused("already_decided"):
        close(world, "hal", found)


def test_declining_it_fails_the_execution(world: World) -> None:
    case, found = given(world)
    close(world, "lena", found, done=False, evidence="not needed any more")
    assert world.one(Execution).status == "failed"
    assert world.case(case.id).status == "failed"


def test_only_the_assignee_or_who_could_approve_closes_it(world: World) -> None:
    world.set("assignee", world.actor("mona").principal_id)
    _, found = given(world)
    for who in ("vera", "abel", "finn"):
        with world.refused("not_permitted"):
            close(world, who, found)
    close(world, "mona", found)


def test_the_work_by_hand_is_not_taken_for_a_dead_worker(world: World) -> None:
    _, found = given(world)
    execution = world.one(Execution)
    world.clock.move(hours=5)
    sweep.lost_work(world.ctx)
    world.run()
    world.handle("execute", execution.id)
    world.handle("reconcile", execution.id)
    assert world.one(Execution).status == "running"
    close(world, "lena", found)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"evidence": ""}, "/evidence"),
        ({"evidence": 7}, "/evidence"),
        ({"done": "yes"}, "/done"),
        ({"result": {"task_id": ""}}, "/result/task_id"),
        ({"result": {"invoice_id": "inv-007"}}, "/result/invoice_id"),
        ({"result": {"project_id": "prj-02"}}, "/result/project_id"),
        ({"surprise": 1}, "/surprise"),
    ],
)
def test_a_bad_closing_names_the_field(world: World, body: dict[str, Any], pointer: str) -> None:
    """Of results only what the tool creates: a typed id must not make another record one of the case's own."""
    _, found = given(world)
    with world.refused("invalid_body") as caught:
        close(world, "lena", found, **body)
    assert pointer in [error.pointer for error in caught[0].errors]
    assert world.one(ManualTask).status == "open"


def test_another_tenants_task_is_not_there(world: World) -> None:
    _, found = given(world)
    with world.refused("not_found"):
        by_hand.close(world.ctx, world.actor("hal", "borealis"), found.id, {})


def project_by_hand(world: World, project_id: str) -> list[str]:
    """The project is opened by hand and given that id; answers where the workspace was set up."""
    without(world, "create_project")
    case = world.case_of("psa.sow.approved", signed(world), project(world), workspace, booking)
    made, booked = world.reviews(case)
    world.approve("lena", made)
    world.approve("ruth", booked)
    world.run()
    assert world.ledger() == []
    close(world, "lena", world.one(ManualTask), result={"project_id": project_id})
    world.run()
    return [each.project_id for each in world.all(Workspace) if each.name == "second-phase"]


def test_what_was_made_by_hand_carries_the_others(world: World) -> None:
    outside = dict(project(world).args(), name="By hand")
    made = world.elsewhere(parse_action("create_project", outside))["project_id"]
    assert project_by_hand(world, made) == [made]


def test_the_id_of_another_customers_project_carries_nothing(world: World) -> None:
    assert world.get(Project, "prj-03").customer_id != world.get(Project, "prj-01").customer_id
    assert project_by_hand(world, "prj-03") == []
    assert world.ledger() == []


def test_what_was_done_by_hand_without_its_id_cannot_be_undone(world: World) -> None:
    _, found = given(world)
    close(world, "lena", found)
    with world.refused("not_undoable"):
        undo.undo(world.ctx, world.actor("lena"), world.one(Execution).id)


def test_an_approved_write_off_by_hand_counts_for_the_sums(world: World) -> None:
    rules_alone(world)
    without(world, "write_off")
    (asked,) = world.reviews(drafted(world, write_off(900_000)))
    world.approve("finn", asked)
    world.run()
    close(world, "fred", world.one(ManualTask))
    (again,) = world.reviews(drafted(world, write_off(200_000)))
    assert "split-write-offs" in {each["rule"] for each in again.required}
