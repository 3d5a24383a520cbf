"""Undo: what was done is taken back by an action that is itself decided, once."""

from collections.abc import Callable
from typing import Any

import pytest

from app.store.models import Case, Execution, Proposal, Reservation
from app.workflow import corrections
from app.workflow import undo as undoing
from tests.integration.workflow.scenes import (
    INVOICE,
    PART,
    agree,
    contacts,
    drafted,
    letter,
    request,
    signed,
    task,
    write_off,
)
from tests.integration.workflow.test_bundle import bundle, project
from tests.integration.world import World
from tools.actions import parse_action
from tools.records import RECORDS, Contract, Invoice, Message, Milestone, Project, Task, TimeEntry
from tools.values import RecordKey

MISSING = {"person_id": "per-12", "week_start_on": "2026-02-23"}


def undo(world: World, who: str, execution: Execution) -> dict[str, str | None]:
    return undoing.undo(world.ctx, world.actor(who), execution.id)


def done(world: World) -> Execution:
    """A task that was created by itself."""
    case = world.case_of("psa.timesheet.missing", MISSING, task())
    return world.execution(world.proposals(case)[0])


def settle(world: World, answer: dict[str, str | None], *who: str) -> None:
    """Has those people approve the undo, if it is to be reviewed, and runs it."""
    if answer["review_id"]:
        for name in who:
            if world.review(answer["review_id"]).status == "pending":
                world.approve(name, world.review(answer["review_id"]))
    world.run()


def test_an_undone_task_is_cancelled_and_both_executions_say_so(world: World) -> None:
    execution = done(world)
    answer = undo(world, "rhea", execution)
    assert answer["effect"] in ("auto", "review")
    settle(world, answer, "lena", "hal")
    undone = world.one(Execution, id=execution.id)
    assert undone.status == "undone"
    assert undone.undone_by == world.execution(world.one(Proposal, id=answer["proposal_id"])).id
    assert [each.status for each in world.all(Task)] == ["cancelled"]
    assert [entry["count"] for entry in world.ledger()] == [1, 1]


def test_what_still_waits_for_the_project_goes_with_it_when_it_is_taken_back(world: World) -> None:
    case, proposals = bundle(world)
    made, booked = world.reviews(case)
    world.approve("lena", made)
    world.run()
    settle(world, undo(world, "rhea", world.execution(proposals[0])), "lars", "hal")
    assert world.execution(proposals[0]).status == "undone"
    assert world.review(booked.id).status == "superseded"
    with world.refused("already_decided"):
        world.approve("ruth", booked)
    # What had been done with it is done; it is taken back by itself, if at all.
    assert {world.execution(row).status for row in proposals[1:3]} == {"succeeded"}
    assert world.case(case.id).status == "done"


def test_undo_is_asked_for_once(world: World) -> None:
    world.set("mode", "propose")
    case = world.case_of("psa.timesheet.missing", MISSING, task())
    world.approve("lena", *world.reviews(case))
    world.run()
    execution = world.execution(world.proposals(case)[0])
    answer = undo(world, "rhea", execution)
    with world.refused("not_undoable") as caught:
        undo(world, "lena", execution)
    assert caught[0].extra["proposal_id"] == answer["proposal_id"]
    settle(world, answer, "lena")
    with world.refused("not_undoable"):
        undo(world, "rhea", execution)


def test_what_a_merged_case_did_can_still_be_taken_back(world: World) -> None:
    """Its events belong to the other case by then; the undo is judged by the event of what it takes back."""
    world.set("mode", "propose")
    first, second = request(world, task("First")), request(world, task("Second"), text="the same again")
    agree(world, world.reviews(first)[0])
    world.run()
    execution = world.execution(world.proposals(first)[0])
    corrections.correct(world.ctx, world.actor("rhea"), first.id, {"kind": "merge", "into": second.id})
    answer = undo(world, "rhea", execution)
    settle(world, answer, "lena", "hal")
    assert world.one(Execution, id=execution.id).status == "undone"


def test_a_rejected_undo_may_be_asked_for_again(world: World) -> None:
    world.set("mode", "propose")
    case = world.case_of("psa.timesheet.missing", MISSING, task())
    world.approve("lena", *world.reviews(case))
    world.run()
    execution = world.execution(world.proposals(case)[0])
    answer = undo(world, "rhea", execution)
    assert answer["review_id"] is not None
    world.say("lena", world.review(answer["review_id"]), "reject")
    assert world.one(Execution, id=execution.id).status == "succeeded"
    settle(world, undo(world, "rhea", execution), "lena")
    assert world.one(Execution, id=execution.id).status == "undone"


def test_whoever_asks_for_an_undo_does_not_approve_it(world: World) -> None:
    (asked,) = world.reviews(drafted(world, write_off()))
    world.approve("finn", asked)
    world.run()
    answer = undo(world, "finn", world.execution(asked))
    assert answer["effect"] == "review"
    assert answer["review_id"] is not None
    with world.refused("self_approval"):
        world.approve("finn", world.review(answer["review_id"]))
    settle(world, answer, "fred", "cora")
    assert world.get(Invoice, INVOICE).written_off_minor == 0


def test_an_undo_frees_the_money(world: World) -> None:
    (asked,) = world.reviews(drafted(world, write_off()))
    world.approve("finn", asked)
    world.run()
    execution = world.execution(asked)
    assert world.rows(Reservation, execution_id=execution.id)
    settle(world, undo(world, "finn", execution), "fred", "cora")
    assert world.one(Execution, id=execution.id).status == "undone"
    assert world.rows(Reservation, execution_id=execution.id) == []


@pytest.mark.parametrize("who", ["vera", "abel", "mona"])
def test_readers_undo_nothing(world: World, who: str) -> None:
    execution = done(world)
    with world.refused("not_permitted"):
        undo(world, who, execution)


def test_another_tenants_execution_is_not_there(world: World) -> None:
    execution = done(world)
    with world.refused("not_found"):
        undoing.undo(world.ctx, world.actor("hal", "borealis"), execution.id)


def test_what_has_not_succeeded_is_not_undone(world: World) -> None:
    world.firm().fault("refuse", "create_task", 1)
    with world.refused("not_undoable") as caught:
        undo(world, "rhea", done(world))
    assert caught[0].extra["execution_status"] == "failed"


def sent(world: World) -> Execution:
    (asked,) = world.reviews(request(world, letter(contacts(world)[0].email)))
    world.approve("lena", asked)
    world.run()
    return world.execution(asked)


def test_a_message_is_recalled_while_it_has_not_left(world: World) -> None:
    execution = sent(world)
    settle(world, undo(world, "lena", execution), "lars", "hal")
    assert [each.status for each in world.all(Message)] == ["recalled"]


def test_a_message_that_has_left_is_not_recalled(world: World) -> None:
    execution = sent(world)
    world.clock.move(seconds=60)
    with world.refused("not_undoable"):
        undo(world, "lena", execution)
    world.firm().send_due()
    assert [each.status for each in world.all(Message)] == ["sent"]


def test_a_recall_that_comes_too_late_fails_and_says_so(world: World) -> None:
    """Asked in time, but approved when the message has left."""
    world.set("mode", "propose")
    execution = sent(world)
    world.clock.move(seconds=50)
    answer = undo(world, "lena", execution)
    assert answer["review_id"] is not None
    world.clock.move(seconds=20)
    world.firm().send_due()
    for name in ("lars", "hal"):
        if world.review(answer["review_id"]).status == "pending":
            try:
                world.approve(name, world.review(answer["review_id"]))
            except Exception as problem:  # noqa: BLE001 - the message changed, so it is asked anew
                assert getattr(problem, "code", None) == "stale_facts"  # noqa: PT017
                world.approve(name, world.review(answer["review_id"]))
    world.run()
    assert [each.status for each in world.all(Message)] == ["sent"]
    assert world.execution(world.one(Proposal, id=answer["proposal_id"])).status == "failed"
    assert world.one(Execution, id=execution.id).status == "succeeded"


# -- every tool that can be taken back restores the record


def _invoice(world: World) -> Case:
    return drafted(world, parse_action("hold_invoice", {"invoice_id": INVOICE, "reason": "hours"}))


def _flag(world: World) -> Case:
    entry = next(each for each in world.all(TimeEntry) if each.status == "submitted")
    week = {"person_id": entry.person_id, "week_start_on": "2026-02-23"}
    return world.case_of(
        "psa.timesheet.approved", week, parse_action("flag_time_entry", {"time_entry_id": entry.id, "reason": "25 h"})
    )


def _milestone(world: World) -> Case:
    found = next(each for each in world.all(Milestone) if each.status == "planned")
    return world.case_of(
        "psa.milestone.slipped", {"milestone_id": found.id, "expected_on": "2026-09-30"},
        parse_action("shift_milestone", {"milestone_id": found.id, "due_on": "2026-09-30", "reason": "late"}),
    )  # fmt: skip


def _forecast(world: World) -> Case:
    found = next(each for each in world.all(Milestone) if each.status == "planned" and each.project_id == "prj-01")
    args = {"project_id": "prj-01", "remaining_minutes": 6_000, "finish_on": "2026-09-30"}
    slipped = {"milestone_id": found.id, "expected_on": "2026-09-30"}
    return world.case_of("psa.milestone.slipped", slipped, parse_action("update_forecast", args))


def _terms(world: World) -> Case:
    found = next(
        each for each in world.all(Contract)
        if each.status == "active" and each.erp_payment_days not in (None, each.payment_days)
    )  # fmt: skip
    args = {"contract_id": found.id, "system": "erp", "term": "payment_days", "value": found.payment_days}
    return world.case_of("crm.contract.amended", {"contract_id": found.id}, parse_action("sync_contract_terms", args))


def _budget(world: World) -> Case:
    args = {"project_id": "prj-01", "budget_minor": world.get(Project, "prj-01").budget_minor + 50_000,
            "currency": "EUR", "reason": "more"}  # fmt: skip
    return world.case_of("crm.contract.amended", {"contract_id": "ctr-01"}, parse_action("change_budget", args))


def _ticket(world: World) -> Case:
    args = {"ticket_id": "tic-003", "priority": "p1"}
    opened = {"ticket_id": "tic-003", "title": "x", "text": "y"}
    return world.case_of("support.ticket.opened", opened, parse_action("set_ticket_priority", args))


def _write_off(world: World) -> Case:
    return drafted(world, write_off(PART))


def _order(world: World) -> Case:
    args = {"project_id": "prj-01", "title": "More", "minutes": 600, "amount_minor": 100_000, "currency": "EUR"}
    return request(world, parse_action("create_change_order", args))


def _renewal(world: World) -> Case:
    found = world.get(Contract, "ctr-40")
    args = {"contract_id": found.id, "owner_id": found.owner_id, "due_on": found.end_on.isoformat()}
    expiring = {"contract_id": found.id, "expires_on": found.end_on.isoformat()}
    return world.case_of("crm.contract.expiring", expiring, parse_action("open_renewal", args))


def _workspace(world: World) -> Case:
    args = {"project_id": "prj-01", "type": "drive", "name": "papers"}
    return request(world, parse_action("provision_workspace", args))


def _onboarding(world: World) -> Case:
    tasks = [{"title": title, "assignee_id": "per-12", "due_on": "2026-03-09"} for title in ("One", "Two")]
    args = {"about_kind": "person", "about": "per-12", "tasks": tasks}
    joined = {"person_id": "per-12", "starts_on": "2026-03-02"}
    return world.case_of("hr.person.joined", joined, parse_action("create_onboarding_tasks", args))


def _task(world: World) -> Case:
    return world.case_of("psa.timesheet.missing", MISSING, task())


def _project(world: World) -> Case:
    return world.case_of("psa.sow.approved", signed(world), project(world))


SCENES: list[Callable[[World], Case]] = [
    _invoice, _flag, _milestone, _forecast, _terms, _budget, _ticket, _write_off, _order, _renewal, _workspace,
    _onboarding, _task, _project,
]  # fmt: skip


def records(world: World) -> dict[str, Any]:
    """All that the firm has, but what only counts changes, and without what was cancelled again."""
    found: dict[str, Any] = {}
    for kind, model in RECORDS.items():
        for record in world.all(model):
            if getattr(record, "status", None) in ("cancelled", "released", "recalled"):
                continue
            key = str(RecordKey(kind=kind, id=record.id))
            found[key] = record.model_dump(mode="json", exclude={"version", "authors"})
    return found


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__[1:])
def test_undoing_restores_the_records(world: World, scene: Callable[[World], Case]) -> None:
    before = records(world)
    case = scene(world)
    for review in world.reviews(case):
        agree(world, review)
    world.run()
    (execution,) = world.rows(Execution, case_id=case.id)
    assert execution.status == "succeeded", execution.error
    assert records(world) != before
    answer = undo(world, "rhea", execution)
    if answer["review_id"]:
        agree(world, world.review(answer["review_id"]))
    world.run()
    assert world.one(Execution, id=execution.id).status == "undone"
    assert records(world) == before
