"""Who says what a case is about is a party to what comes of it; who asked stays known wherever the case goes."""

from typing import Any

import pytest

from app.store.models import Case
from app.workflow import corrections
from tests.integration.workflow.scenes import ask, drafted, request, task, write_off
from tests.integration.workflow.test_undo import undo
from tests.integration.world import World


def correct(world: World, who: str, case: Case, *planned: Any, **body: Any) -> None:
    world.agents.says(*planned)
    corrections.correct(world.ctx, world.actor(who), case.id, body)
    world.run()


def test_who_relinked_a_case_does_not_approve_what_comes_of_it(world: World) -> None:
    case = request(world, task())
    correct(world, "lena", case, task("Elsewhere"), kind="relink", project="prj-02")
    (asked,) = world.reviews(case)
    with world.refused("self_approval"):
        world.approve("lena", asked)
    world.approve("lars", asked)
    world.run()
    assert world.execution(asked).status == "succeeded"


def test_who_reclassified_a_case_does_not_approve_what_comes_of_it(world: World) -> None:
    case = ask(world, "vera", write_off())
    correct(world, "finn", case, write_off(), kind="reclassify", to="other")
    (asked,) = world.reviews(case)
    with world.refused("self_approval"):
        world.approve("finn", asked)


@pytest.mark.parametrize("into_first", [True, False])
def test_who_merged_two_cases_does_not_approve_what_comes_of_them(world: World, into_first: bool) -> None:  # noqa: FBT001
    first, second = request(world, task("First")), request(world, task("Second"), text="and this")
    old, into = (second, first) if into_first else (first, second)
    correct(world, "lena", old, task("Both"), kind="merge", into=into.id)
    for asked in world.reviews(into):
        with world.refused("self_approval"):
            world.approve("lena", asked)


def test_what_a_person_relinked_does_not_run_by_itself(world: World) -> None:
    """The events of a system are trusted; what a person put into them is a person's word."""
    world.set("thresholds", {"auto_below": 101, "two_from": 101, "deny_from": 101})
    case = drafted(world, task())
    ran = len(world.ledger())
    assert ran == 1
    correct(world, "lena", case, task("Elsewhere"), kind="relink", project="prj-02")
    assert len(world.ledger()) == ran
    (asked,) = world.reviews(case)
    with world.refused("self_approval"):
        world.approve("lena", asked)


def test_who_dismissed_a_case_is_no_party(world: World) -> None:
    case = request(world, task())
    correct(world, "lena", case, kind="dismiss")
    assert world.case(case.id).corrector_ids == []


def test_after_a_merge_who_asked_in_a_joined_event_does_not_approve_its_undo(world: World) -> None:
    """The events moved on with the merge; who asked for what was done is still who asked."""
    world.set("mode", "propose")
    data = {"project_id": "prj-01", "change_request_id": "crq-900"}
    world.case_of("psa.change_request.submitted", data | {"text": "first"}, task("First"))
    asking = {"text": "second", "requested_by": "lena@acme.example"}
    case = world.case_of("psa.change_request.submitted", data | asking, task("Second"))
    (asked,) = world.reviews(case)
    world.approve("lars", asked)
    world.run()
    correct(world, "hal", case, kind="merge", into=request(world, text="the same").id)
    answer = undo(world, "rhea", world.execution(asked))
    assert answer["review_id"] is not None
    with world.refused("self_approval"):
        world.approve("lena", world.review(answer["review_id"]))
    world.approve("lars", world.review(answer["review_id"]))
