"""Corrections: what was planned is taken back and planned again; what was done stays done."""

from datetime import timedelta
from typing import Any

import pytest

from app.store.models import Case, Event, Execution, TriageRun
from app.workflow import corrections, ingest
from tests.integration.workflow.scenes import INVOICE, ask, request, task, write_off
from tests.integration.world import World
from tools.records import Task


def correct(world: World, who: str, case: Case, **body: Any) -> list[str]:
    return corrections.correct(world.ctx, world.actor(who), case.id, body)


def asked_about(world: World, text: str, **more: Any) -> Case:
    """A change request about one and the same thing of prj-01: further ones join its case."""
    data = {"project_id": "prj-01", "change_request_id": "crq-900", "text": text} | more
    return world.case_of("psa.change_request.submitted", data, task(text))


def test_a_dismissed_case_is_done_and_nothing_of_it_runs(world: World) -> None:
    case = request(world, task())
    (asked,) = world.reviews(case)
    assert correct(world, "rhea", case, kind="dismiss", comment="a joke") == [case.id]
    assert world.review(asked.id).status == "superseded"
    again = world.case(case.id)
    assert again.status == "done"
    assert again.because
    with world.refused("already_decided"):
        world.approve("rhea", asked)
    world.run(timedelta(hours=1))
    assert world.ledger() == []


def test_an_approved_action_that_has_not_run_is_void_after_a_correction(world: World) -> None:
    case = request(world, task())
    (asked,) = world.reviews(case)
    world.approve("rhea", asked)
    correct(world, "rhea", case, kind="dismiss")
    world.run(timedelta(hours=1))
    assert world.execution(asked).status == "void"
    assert world.ledger() == []


def test_what_has_run_stays(world: World) -> None:
    case = request(world, task())
    world.approve("rhea", *world.reviews(case))
    world.run()
    correct(world, "rhea", case, kind="dismiss")
    assert world.one(Execution).status == "succeeded"
    assert len(world.all(Task)) == 1


def test_reclassified_it_is_planned_again_as_what_it_is(world: World) -> None:
    case = ask(world, "vera", task("First"))
    (first,) = world.reviews(case)
    world.agents.says(task("Second"))
    correct(world, "rhea", case, kind="reclassify", to="ticket")
    world.run()
    assert world.review(first.id).status == "superseded"
    again = world.case(case.id)
    assert (again.kind, again.workflow, again.generation) == ("ticket", "triage.ticket", 2)
    assert world.agents.seen[-1].data["kind"] == "ticket"
    assert [world.args(each.proposal_id)["title"] for each in world.reviews(case)] == ["Second"]


def test_relinked_it_is_about_another_project(world: World) -> None:
    case = ask(world, "vera", write_off())
    world.agents.says(task("Other"))
    correct(world, "rhea", case, kind="relink", project="prj-03")
    world.run()
    again = world.case(case.id)
    assert (again.project_id, again.customer_id) == ("prj-03", "cus-16")
    assert [each.tool for each in world.reviews(case)] == ["create_task"]


def test_relinking_makes_no_other_customers_record_ones_own(world: World) -> None:
    """After the case is about another customer, the old invoice is no longer in its reach."""
    case = ask(world, "vera", write_off())
    world.agents.says(write_off())
    correct(world, "rhea", case, kind="relink", project="prj-03")
    world.run()
    (proposal,) = [row for row in world.proposals(case) if row.case_generation == 2]
    assert world.decision(proposal).effect == "deny"
    assert world.reviews(case) == []


def test_split_off_events_are_a_case_of_their_own(world: World) -> None:
    asked_about(world, "first")
    case = asked_about(world, "second")
    events = sorted(world.rows(Event, case_id=case.id), key=lambda row: row.time)
    assert len(events) == 2
    world.agents.says_always(task("Again"))
    touched = correct(world, "rhea", case, kind="split", events=[events[1].event_id])
    assert touched[0] == case.id
    other = world.case(touched[1])
    world.run()
    assert [row.id for row in world.rows(Event, case_id=other.id)] == [events[1].id]
    assert len(world.reviews(case)) == 1
    assert len(world.reviews(other)) == 1
    assert {row.status for row in world.rows(TriageRun)} <= {"done", "superseded"}


def test_a_merged_case_gives_its_events_away(world: World) -> None:
    first, second = request(world, task("First")), request(world, task("Second"), text="the same again")
    world.agents.says_always(task("Both"))
    assert correct(world, "rhea", first, kind="merge", into=second.id) == [first.id, second.id]
    world.run()
    gone = world.case(first.id)
    assert (gone.merged_into, gone.status) == (second.id, "done")
    assert len(world.rows(Event, case_id=second.id)) == 2
    assert world.reviews(gone) == []
    assert [world.args(each.proposal_id)["title"] for each in world.reviews(second)] == ["Both"]
    with world.refused("conflict"):
        correct(world, "rhea", first, kind="dismiss")


def test_merging_makes_nobody_an_approver_of_what_they_asked_for(world: World) -> None:
    """Finn's request is merged into a case that Vera opened; Finn asked for it all the same."""
    mine, other = ask(world, "finn", write_off()), ask(world, "vera", task())
    world.agents.says_always(write_off())
    correct(world, "rhea", mine, kind="merge", into=other.id)
    world.run()
    (asked,) = world.reviews(other)
    with world.refused("self_approval"):
        world.approve("finn", asked)


def test_splitting_makes_nobody_an_approver_of_what_they_asked_for(world: World) -> None:
    asked_about(world, "first", requested_by="vera@acme.example")
    case = asked_about(world, "second", requested_by="rhea@acme.example")
    (second,) = [row for row in world.rows(Event, case_id=case.id) if row.requested_by != case.requested_by]
    world.agents.says_always(task("Again"))
    _, other = correct(world, "lena", case, kind="split", events=[second.event_id])
    world.run()
    (asked,) = world.reviews(world.case(other))
    with world.refused("self_approval"):
        world.approve("rhea", asked)


def test_merged_there_and_back_again_it_is_still_planned(world: World) -> None:
    first, second = request(world, task("First")), request(world, task("Second"), text="again")
    world.agents.says_always(task("Both"))
    for _ in range(3):
        correct(world, "rhea", second, kind="relink", project="prj-01")
        world.run()
    correct(world, "rhea", second, kind="merge", into=first.id)
    world.run()
    assert len(world.reviews(first)) == 1
    moved = next(row for row in world.rows(Event, case_id=first.id) if row.id != world.rows(Event)[0].id)
    _, third = correct(world, "rhea", first, kind="split", events=[moved.event_id])
    world.run()
    correct(world, "rhea", world.case(third), kind="merge", into=first.id)
    world.run()
    assert len(world.reviews(first)) == 1


def test_cases_of_two_customers_are_not_merged(world: World) -> None:
    first = request(world, task())
    other = world.case_of("psa.change_request.submitted", {"project_id": "prj-03", "text": "x"}, task("Other"))
    with world.refused("conflict"):
        correct(world, "rhea", first, kind="merge", into=other.id)
    assert len(world.reviews()) == 2, "nothing half done"
    assert world.case(first.id).generation == 1


def test_a_case_whose_customer_is_not_worked_out_yet_is_not_merged(world: World) -> None:
    target = request(world, task())
    other = {"project_id": "prj-03", "text": "of another customer"}
    taken = world.deliver(world.event("psa.change_request.submitted", other)).accepted[0]
    with world.refused("conflict"):
        correct(world, "rhea", world.case(taken.case_id), kind="merge", into=target.id)
    with world.refused("conflict"):
        correct(world, "rhea", target, kind="merge", into=taken.case_id)


def test_a_correction_while_the_graph_runs_wins(world: World) -> None:
    """What the graph says of the case as it was before is not recorded."""
    case_id = ingest.request_triage(
        world.ctx, world.actor("vera"), {"kind": "other", "text": "please", "project": "prj-01"}
    )
    (item,) = world.queue.waiting("triage")
    run = world.agents.run

    def meanwhile(*args: Any, **known: Any) -> Any:
        world.agents.run = run  # type: ignore[method-assign]
        correct(world, "rhea", world.case(case_id), kind="dismiss")
        return run(*args, **known)

    world.agents.says(task())
    world.agents.run = meanwhile  # type: ignore[method-assign]
    world.handle("triage", item.row)
    assert world.proposals(world.case(case_id)) == []
    assert world.case(case_id).status == "done"


def test_a_failure_is_answered_by_the_correction(world: World) -> None:
    case = request(world, task())
    world.firm().fault("refuse", "create_task", 1)
    world.approve("rhea", *world.reviews(case))
    world.run()
    assert world.case(case.id).status == "failed"
    correct(world, "rhea", case, kind="dismiss")
    assert world.case(case.id).status == "done"


@pytest.mark.parametrize("who", ["vera", "abel", "mona", "ada"])
def test_who_decides_nothing_corrects_nothing(world: World, who: str) -> None:
    case = request(world, task())
    with world.refused("not_permitted"):
        correct(world, who, case, kind="dismiss")


def test_another_tenants_case_is_not_there(world: World) -> None:
    case = request(world, task())
    with world.refused("not_found"):
        corrections.correct(world.ctx, world.actor("hal", "borealis"), case.id, {"kind": "dismiss"})
    other = world.case_of("psa.change_request.submitted", {"project_id": "prj-01", "text": "x"}, tenant="borealis")
    with world.refused("not_found"):
        correct(world, "rhea", case, kind="merge", into=other.id)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "invalid_body", "/kind"),
        ({"kind": "burn"}, "invalid_body", "/kind"),
        ({"kind": "reclassify"}, "invalid_body", "/to"),
        ({"kind": "reclassify", "to": "poem"}, "invalid_body", "/to"),
        ({"kind": "relink"}, "invalid_body", "/project"),
        ({"kind": "relink", "project": "a b"}, "invalid_body", "/project"),
        ({"kind": "split", "events": []}, "invalid_body", "/events"),
        ({"kind": "split", "events": ["evt_none"]}, "invalid_body", "/events/0"),
        ({"kind": "merge"}, "invalid_body", "/into"),
        ({"kind": "dismiss", "comment": "x" * 10_001}, "invalid_body", "/comment"),
        ({"kind": "dismiss", "extra": 1}, "invalid_body", "/extra"),
        (None, "invalid_body", ""),
        ("dismiss", "invalid_body", ""),
    ],
)
def test_a_bad_correction_names_the_field_and_leaves_all_as_it_was(
    world: World, body: Any, code: Any, pointer: str
) -> None:
    case = request(world, task())
    (asked,) = world.reviews(case)
    with world.refused(code) as caught:
        corrections.correct(world.ctx, world.actor("rhea"), case.id, body)
    assert pointer in [error.pointer for error in caught[0].errors]
    assert world.review(asked.id).status == "pending"
    assert world.case(case.id).generation == 1


def test_the_last_event_stays(world: World) -> None:
    case = request(world, task())
    (event,) = world.rows(Event, case_id=case.id)
    with world.refused("invalid_body"):
        correct(world, "rhea", case, kind="split", events=[event.event_id])


def test_a_case_into_itself_is_a_conflict(world: World) -> None:
    case = request(world, task())
    with world.refused("conflict"):
        correct(world, "rhea", case, kind="merge", into=case.id)


def test_what_has_no_such_field_is_a_conflict(world: World) -> None:
    case = world.case_of("erp.invoice.drafted", {"invoice_id": INVOICE}, write_off())
    with world.refused("conflict"):
        correct(world, "finn", case, kind="reclassify", to="ticket")
