"""Bundles: actions that refer to what an earlier one creates."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.store.engine import unit_of_work
from app.store.models import Case, Execution, Principal, Proposal
from app.workflow import sweep
from tests.integration.workflow.conftest import Restrict
from tests.integration.workflow.scenes import CONTRACT, signed
from tests.integration.world import World
from tools.actions import Action, parse_action
from tools.records import Assignment, Contract, Person, Project, Task, Workspace


def project(world: World) -> Action:
    contract = world.get(Contract, CONTRACT)
    return parse_action(
        "create_project",
        {
            "name": "Second phase", "customer_id": contract.customer_id, "contract_id": contract.id,
            "unit": contract.unit, "start_on": contract.start_on.isoformat(), "end_on": contract.end_on.isoformat(),
            "budget_minor": contract.value_minor, "currency": contract.currency,
        },
    )  # fmt: skip


def workspace(ids: Sequence[str]) -> Action:
    args = {"project_id": {"$ref": f"{ids[0]}/result/project_id"}, "type": "channel", "name": "second-phase"}
    return parse_action("provision_workspace", args)


def onboarding(ids: Sequence[str]) -> Action:
    tasks = [{"title": "Kick-off", "assignee_id": "per-12", "due_on": "2026-03-09"}]
    about = {"$ref": f"{ids[0]}/result/project_id"}
    return parse_action("create_onboarding_tasks", {"about_kind": "project", "about": about, "tasks": tasks})


def booking(ids: Sequence[str]) -> Action:
    return parse_action(
        "assign_person",
        {
            "project_id": {"$ref": f"{ids[0]}/result/project_id"}, "person_id": "per-12", "role": "Engineer",
            "start_on": "2026-03-09", "end_on": "2026-04-10", "percent": 50,
        },
    )  # fmt: skip


def bundle(world: World) -> tuple[Case, list[Proposal]]:
    case = world.case_of("psa.sow.approved", signed(world), project(world), workspace, onboarding, booking)
    return case, world.proposals(case)


def test_nothing_runs_before_the_project_is_approved(world: World) -> None:
    case, proposals = bundle(world)
    assert [world.decision(row).effect for row in proposals] == ["review", "auto", "auto", "review"]
    assert world.ledger() == []
    assert {world.execution(row).waits_for for row in proposals[1:3]} == {proposals[0].id}
    world.run(timedelta(hours=1))
    sweep.lost_work(world.ctx)
    world.run(timedelta(hours=1))
    assert world.ledger() == []
    assert world.case(case.id).status == "waiting"


def test_once_the_project_is_there_the_others_run_with_its_id(world: World) -> None:
    case, proposals = bundle(world)
    made, booked = world.reviews(case)
    world.approve("lena", made)
    world.run()
    ident = world.execution(proposals[0]).result["project_id"]
    assert world.get(Project, ident).name == "Second phase"
    assert [each.project_id for each in world.all(Workspace) if each.name == "second-phase"] == [ident]
    assert [each.title for each in world.all(Task)] == ["Kick-off"]
    world.approve("ruth", booked)
    world.approve("hal", booked)
    world.run()
    assert [each.person_id for each in world.all(Assignment, project_id=ident)] == ["per-12"]
    assert [entry["count"] for entry in world.ledger()] == [1, 1, 1, 1]
    assert world.case(case.id).status == "done"


def test_nobody_is_booked_without_their_line_manager_or_the_head_of_delivery(world: World) -> None:
    case, proposals = bundle(world)
    made, booked = world.reviews(case)
    assert {"roles": ["line_manager", "head_of_delivery"], "rule": "line-manager-consent"}.items() <= next(
        each for each in world.review(booked.id).required if each["rule"] == "line-manager-consent"
    ).items()
    world.approve("lena", made)
    world.approve("ruth", booked)
    world.run()
    assert world.review(booked.id).status == "pending"
    with world.refused("not_permitted"):
        world.approve("rhea", booked)
    manager = world.get(Person, "per-12").manager_id
    with unit_of_work(world.ctx.engine) as session:
        session.get_one(Principal, world.actor("rhea").principal_id).record_id = manager
        session.get_one(Principal, world.actor("vera").principal_id).record_id = manager
    with world.refused("not_permitted"):
        world.approve("vera", booked)
    world.approve("rhea", booked)
    world.run()
    assert len(world.all(Assignment, project_id=world.execution(proposals[0]).result["project_id"])) == 1


@pytest.mark.parametrize(("percent", "lender"), [(60, None), (61, ["head_of_delivery"])])
def test_another_unit_s_people_are_booked_as_the_lending_rules_say_else_the_head_of_delivery_lends(
    world: World, percent: int, lender: list[str] | None
) -> None:
    """per-21 is of Data & AI, which lends Engineering people for 60 % of their week."""

    def borrowed(ids: Sequence[str]) -> Action:
        return parse_action("assign_person", booking(ids).args() | {"person_id": "per-21", "percent": percent})

    case = world.case_of("psa.sow.approved", signed(world), project(world), borrowed)
    _, booked = world.reviews(case)
    required = {each["rule"]: each["roles"] for each in world.review(booked.id).required}
    assert required.get("lent-beyond-the-rules") == lender
    assert {"staffing", "line-manager-consent"} <= required.keys()
    manager = world.get(Person, "per-21").manager_id
    with unit_of_work(world.ctx.engine) as session:
        session.get_one(Principal, world.actor("rhea").principal_id).record_id = manager
    world.approve("ruth", booked)
    world.approve("rhea", booked)
    assert world.review(booked.id).status == ("pending" if lender else "approved")
    if lender:
        world.approve("hal", booked)
        assert world.review(booked.id).status == "approved"


def test_a_former_line_manager_s_consent_books_nobody(world: World) -> None:
    case, proposals = bundle(world)
    made, booked = world.reviews(case)
    ident = world.actor("rhea").principal_id
    for manager in (world.get(Person, "per-12").manager_id, None):
        with unit_of_work(world.ctx.engine) as session:
            session.get_one(Principal, ident).record_id = manager
        if manager is not None:
            world.approve("ruth", booked)
            world.approve("rhea", booked)
            assert world.review(booked.id).status == "approved"
    world.approve("lena", made)
    world.run()
    assert world.all(Assignment, project_id=world.execution(proposals[0]).result["project_id"]) == []
    assert world.case(case.id).status == "waiting"


def test_the_order_of_approvals_does_not_matter(world: World) -> None:
    case, proposals = bundle(world)
    made, booked = world.reviews(case)
    world.approve("ruth", booked)
    world.approve("hal", booked)
    world.run()
    assert world.ledger() == []
    assert world.execution(proposals[3]).waits_for == proposals[0].id
    world.approve("lena", made)
    world.run()
    ident = world.execution(proposals[0]).result["project_id"]
    assert len(world.all(Assignment, project_id=ident)) == 1
    assert world.case(case.id).status == "done"


def test_a_rejected_project_takes_the_others_with_it(world: World) -> None:
    case, proposals = bundle(world)
    made, booked = world.reviews(case)
    world.approve("ruth", booked)
    world.approve("hal", booked)
    world.say("lena", made, "reject")
    world.run(timedelta(hours=1))
    assert world.ledger() == []
    assert {world.execution(row).status for row in proposals[1:]} == {"void"}
    assert [row.status for row in world.proposals(case)] == ["rejected", "superseded", "superseded", "superseded"]
    assert world.case(case.id).status == "done"


def test_a_pending_dependent_is_superseded_with_the_project(world: World) -> None:
    case, _ = bundle(world)
    made, booked = world.reviews(case)
    world.say("lena", made, "reject")
    assert world.review(booked.id).status == "superseded"
    with world.refused("already_decided"):
        world.approve("ruth", booked)


def test_an_expired_project_takes_the_others_with_it(world: World) -> None:
    case, proposals = bundle(world)
    world.clock.move(days=30)
    sweep.reviews(world.ctx)
    assert {world.execution(row).status for row in proposals[1:3]} == {"void"}
    assert world.reviews(case) == []


def test_a_project_that_fails_takes_the_others_with_it(world: World) -> None:
    case, proposals = bundle(world)
    world.firm().fault("refuse", "create_project", 1)
    world.approve("lena", world.reviews(case)[0])
    world.run(timedelta(hours=1))
    assert world.execution(proposals[0]).status == "failed"
    assert {world.execution(row).status for row in proposals[1:3]} == {"void"}
    assert world.reviews(case) == []
    assert world.case(case.id).status == "failed"


def test_the_others_wait_while_the_projects_end_is_unknown(world: World) -> None:
    case, proposals = bundle(world)
    world.firm().fault("timeout_after_apply", "create_project", 1)
    world.approve("lena", world.reviews(case)[0])
    world.run()
    assert world.execution(proposals[0]).status == "unknown"
    assert len(world.ledger()) == 1
    world.run(timedelta(hours=1))
    assert [entry["count"] for entry in world.ledger()] == [1, 1, 1]


def test_a_lie_about_the_project_lets_none_of_the_others_run(world: World) -> None:
    case, proposals = bundle(world)
    world.firm().fault("lie", "create_project", 1)
    world.approve("lena", world.reviews(case)[0])
    world.run(timedelta(days=2))
    assert world.execution(proposals[0]).status == "failed"
    assert {world.execution(row).status for row in proposals[1:3]} == {"void"}
    assert sum(int(entry["count"]) for entry in world.ledger()) == 0


def test_an_edited_project_still_carries_the_others(world: World) -> None:
    case, proposals = bundle(world)
    made, _ = world.reviews(case)
    world.edit("lena", made, name="Third phase")
    world.approve("lars", made)
    world.run()
    ident = world.execution(proposals[0]).result["project_id"]
    assert world.get(Project, ident).name == "Third phase"
    assert [each.project_id for each in world.all(Workspace) if each.name == "second-phase"] == [ident]


@pytest.mark.parametrize("field", ["name", "status", "task_id", "project_ids"])
def test_a_reference_to_what_is_no_result_never_runs(world: World, field: str) -> None:
    def stray(ids: Sequence[str]) -> Action:
        args = {"project_id": {"$ref": f"{ids[0]}/result/{field}"}, "type": "drive", "name": "x"}
        return parse_action("provision_workspace", args)

    case = world.case_of("psa.sow.approved", signed(world), project(world), stray)
    assert world.decision(world.proposals(case)[1]).effect == "review"
    for review in world.reviews(case):
        world.approve("lena", review)
    world.run(timedelta(days=1))
    failed = world.execution(world.proposals(case)[1])
    assert (failed.status, failed.fence) == ("failed", 0), "it was never sent"
    assert [entry["tool"] for entry in world.ledger()] == ["create_project"]


def test_a_reference_to_another_cases_proposal_is_not_carried_out(world: World) -> None:
    first, _ = bundle(world)
    world.approve("lena", world.reviews(first)[0])
    world.run()
    stranger = world.proposals(first)[0].id
    args = {"project_id": {"$ref": f"{stranger}/result/project_id"}, "type": "drive", "name": "x"}
    other = world.case_of("psa.sow.approved", signed(world) | {"contract_id": "ctr-03"},
                          parse_action("provision_workspace", args))  # fmt: skip
    assert [(row.status, world.decision(row).effect) for row in world.proposals(other)] == [("denied", "deny")]
    assert world.case(other.id).status == "done"


def test_a_reference_to_what_comes_later_is_denied(world: World) -> None:
    args = {"project_id": {"$ref": "prp_00000000000000000000000000/result/project_id"}, "type": "drive", "name": "x"}
    case = world.case_of("psa.sow.approved", signed(world), parse_action("provision_workspace", args), project(world))
    assert [world.decision(row).effect for row in world.proposals(case)] == ["deny", "review"]


def test_what_refers_to_a_refused_project_is_refused_with_it(ruled: tuple[World, Restrict]) -> None:
    world, restrict = ruled
    restrict(
        "- id: no-projects\n  title: No new projects\n  tools: [create_project]\n"
        "  when: {records_touched: {at_least: 0}}\n  effect: deny\n"
    )
    case, proposals = bundle(world)
    assert [row.status for row in proposals] == ["denied"] * 4
    assert world.rows(Execution) == []
    assert world.case(case.id).status == "done"
