"""Erasing a person: nothing of them is left in any file, the log still verifies, and nobody else loses anything."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.graph import Triage
from agents.learner import Learner
from agents.memory import Memory, Precedent
from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.store.models import Case, Proposal, TriageRun
from app.workflow import corrections, ingest
from app.workflow.erase import erase_person
from app.workflow.learn import forget_erased, learn, relearn
from tests.integration.invariants import check
from tests.integration.workflow.house import ADDRESS, NAME, OTHER, OTHER_TEXT, PHRASE, PLANTED, TEXT, House, spellings
from tests.integration.workflow.scenes import ask, letter, task, write_off
from tests.integration.world import Template, World
from tests.unit.agents.precedents import VECTORS, Vector, numbered
from tools.proposals import Assessment, Outcome

OpenHouse = Callable[..., House]


@pytest.fixture
def open_house(template: Template, tmp_path: Path, encoder: Encoder) -> Iterator[OpenHouse]:
    """A house with agents that say what they are told; `real` has the graph and the embedded reasoner instead."""
    opened: list[House] = []

    def opening(*, real: bool = False) -> House:
        memory = Memory(tmp_path / "home" / "cache" / "precedents", encoder.version)
        agents = Triage(EmbeddedReasoner(encoder, memory)) if real else None
        world = World.open(template, tmp_path / "home", agents=agents)
        world.ctx = replace(world.ctx, learner=Learner(encoder, memory))
        opened.append(House(world, memory, encoder))
        return opened[-1]

    yield opening
    for house in opened:
        try:
            check(house.world)
        finally:
            house.memory.close()
            house.world.close()


def speaks(world: World) -> list[Case]:
    """The person's words wherever words go: a request, a signed event, comments, an edit, what agents say of them."""
    quoting = letter(ADDRESS, body=f"Dear {NAME}, as for {PHRASE}: yes.")
    asked = ask(world, "vera", write_off(), quoting, text=TEXT, requested_by=ADDRESS)
    for review in world.reviews(asked):
        world.say("finn", review, "respond", comment=f"Who is {NAME}? What of {PHRASE}?")
    world.run()
    money = next(review for review in world.reviews(asked) if review.tool == "write_off")
    world.edit("finn", money, reason=f"{NAME} ({ADDRESS}) was promised {PHRASE}")
    # The same address in another spelling, from a source that signs.
    data = {"project_id": "prj-01", "text": TEXT, "requested_by": f" {ADDRESS.upper()} "}
    sent = world.case_of("psa.change_request.submitted", data, task(), task(title=f"Call {NAME} of {PHRASE}"))
    plain = next(review for review in world.reviews(sent) if NAME not in world.args(review.proposal_id)["title"])
    world.say("lena", plain, "approve", comment=f"{PHRASE}: fine, says {NAME}")
    world.run()
    return [asked, sent]


def other(world: World, *, tenant: str = "acme") -> Case:
    """Somebody else's request, approved."""
    data = {"project_id": "prj-02", "text": OTHER_TEXT, "requested_by": OTHER}
    case = world.case_of("psa.change_request.submitted", data, task("Ask Bertram"), tenant=tenant)
    if tenant == "acme":
        world.approve("lena", *world.reviews(case))
        world.run()
    return case


def test_nothing_of_an_erased_person_is_in_any_file(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    cases, bystander = speaks(world), other(world)
    learn(world.ctx)
    before = house.checkpoint()
    # All of it is there and can be read: sealed in the database, as vectors in the memory, open in the export.
    assert house.memory.count("acme") == 2
    secrets = house.secrets(*cases)
    assert len(secrets) > 12
    assert all(house.holding(secret) for secret in secrets)
    assert house.traces(TEXT)
    assert all(text.encode() in house.export() for text in (NAME, ADDRESS, PHRASE, OTHER))

    done = house.erase()
    assert done["cases"] == 2
    assert done["payloads"] >= 10
    assert done["entries"] >= 3

    assert house.planted() == {}
    assert house.holding(*secrets) == {}
    assert house.traces(TEXT) == {}
    assert house.memory.count("acme") == 1
    after = house.export()
    assert not any(spelling in after for text in PLANTED for spelling in spellings(text))
    found = house.verified(str(before))
    assert found.holds, found.reason
    assert found.erased == done["payloads"]
    # Somebody else's is as it was.
    assert house.texts(bystander) == [OTHER_TEXT]
    assert OTHER.encode() in after
    assert house.traces(OTHER_TEXT)


def test_what_nobody_can_read_any_more_nobody_is_asked_about(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    cases = speaks(world)
    pending = [review for case in cases for review in world.reviews(case)]
    assert sorted(review.tool for review in pending) == ["create_task", "write_off"]
    ledger = world.ledger()
    house.erase()
    assert {world.review(review.id).status for review in pending} == {"superseded"}
    assert {world.case(case.id).status for case in cases} == {"done"}
    for review in pending:
        with world.refused("erased"):
            world.say("lena", review, "respond", comment="What was it?")
    world.run()
    assert world.ledger() == ledger
    assert [row.status for case in cases for row in world.rows(Proposal, case_id=case.id, status="decided")] == [
        "decided"  # the one that took effect before
    ]


def test_erasing_again_changes_nothing(open_house: OpenHouse) -> None:
    house = open_house()
    speaks(house.world)
    house.erase()
    size = len(house.world.entries())
    again = house.erase()
    assert (again["payloads"], again["entries"]) == (0, 0)
    assert len(house.world.entries()) == size


def stray() -> tuple[Precedent, Vector]:
    return numbered(1), VECTORS[1]


def test_learning_after_the_erasure_brings_nothing_back(open_house: OpenHouse) -> None:
    house = open_house()
    speaks(house.world)
    other(house.world)
    house.erase()
    learn(house.world.ctx)
    assert house.memory.count("acme") == 1
    relearn(house.world.ctx, "acme")
    assert house.memory.count("acme") == 1
    assert house.traces(TEXT) == {}


def test_whose_memory_it_is_forgets_what_another_process_erased(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    speaks(world)
    learn(world.ctx)
    elsewhere = replace(world.ctx, learner=None)
    erase_person(elsewhere, world.actor("carl"), ADDRESS)
    assert house.memory.count("acme") == 1
    learn(world.ctx)
    assert house.memory.count("acme") == 0
    assert house.traces(TEXT) == {}
    assert house.planted() == {}


def test_a_copy_that_no_process_holds_is_gone_with_the_erasure(open_house: OpenHouse, tmp_path: Path) -> None:
    house = open_house()
    world = house.world
    speaks(world)
    other(world)
    learn(world.ctx)
    with closing(Memory(tmp_path / "home" / "cache" / "precedents", house.encoder.version)) as dead:
        learn(replace(world.ctx, learner=Learner(house.encoder, dead)))
        assert dead.count("acme") == house.memory.count("acme") > 1
    assert any("slot-2/" in file for file in house.traces(TEXT))
    house.erase()
    assert house.traces(TEXT) == {}
    assert not any("slot-2/" in file for file in house.files())
    assert house.memory.count("acme") == 1


def test_a_copy_left_behind_forgets_before_it_is_used_again(open_house: OpenHouse, tmp_path: Path) -> None:
    """Its process dies after the eraser has looked who holds what, and before it has read of the erasure."""
    house = open_house()
    world = house.world
    speaks(world)
    other(world)
    dying = Memory(tmp_path / "home" / "cache" / "precedents", house.encoder.version)
    learn(replace(world.ctx, learner=Learner(house.encoder, dying)))
    house.erase()
    dying.close()
    house.memory.close()
    learns = replace(world.ctx, learner=Learner(house.encoder, dying))
    assert house.traces(TEXT)
    forget_erased(learns)
    assert house.traces(TEXT) == {}
    learn(learns)
    assert dying.count("acme") == 1
    dying.close()


def test_a_copy_of_another_past_of_the_log_is_made_anew(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    other(world)
    learn(world.ctx)
    assert world.ctx.learner is not None
    mark = world.ctx.learner.mark("acme")
    house.memory.remember("acme", *stray())
    learn(world.ctx)
    assert (house.memory.count("acme"), world.ctx.learner.mark("acme")) == (2, mark)
    for other_past in (mark[:-1] + ("1" if mark[-1] == "0" else "0"), f"9{mark}", "unreadable"):
        house.memory.set_mark("acme", other_past)
        house.memory.remember("acme", *stray())
        learn(world.ctx)
        assert (house.memory.count("acme"), world.ctx.learner.mark("acme")) == (1, mark)


def test_who_writes_again_is_heard_and_the_past_stays_erased(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    cases = speaks(world)
    house.erase()
    data = {"project_id": "prj-01", "text": "It is me again.", "requested_by": ADDRESS}
    again = world.case_of("psa.change_request.submitted", data, task())
    assert house.texts(again) == ["It is me again."]
    assert [house.texts(case) for case in cases] == [[], []]
    assert house.erase()["payloads"] >= 1
    assert house.texts(again) == []


def test_the_same_address_at_another_firm_is_another_person(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    theirs = world.case_of(
        "psa.change_request.submitted", {"project_id": "prj-01", "text": TEXT, "requested_by": ADDRESS}, task(),
        tenant="borealis",
    )  # fmt: skip
    speaks(world)
    house.erase()
    assert house.texts(theirs) == [TEXT]
    assert {review.status for review in world.reviews(theirs)} == {"pending"}


def test_words_in_which_a_model_doubts_are_erased_too(open_house: OpenHouse) -> None:
    """They stand beside the case, where lists show them without opening anything."""
    house = open_house()
    world = house.world
    doubt = Assessment(category=None, confidence=0, abstained=f"{NAME} speaks of {PHRASE}", model="fake")
    unclear = Outcome(assessment=doubt, nothing_because=f"nobody knows {NAME}", summary=f"{NAME}: {PHRASE}")
    world.agents.always = lambda _new_id: unclear
    request = {"kind": "other", "text": TEXT, "requested_by": ADDRESS}
    case_id = ingest.request_triage(world.ctx, world.actor("vera"), request)
    world.run()
    assert house.planted() != {}
    house.erase()
    assert house.planted() == {}
    assert world.one(TriageRun, case_id=case_id).abstained is None


def test_a_case_alone_can_be_erased(open_house: OpenHouse) -> None:
    house = open_house()
    world = house.world
    about_her = world.case_of(
        "psa.change_request.submitted", {"project_id": "prj-01", "text": TEXT}, task(title=f"Call {NAME}")
    )
    bystander = other(world)
    secrets = house.secrets(about_her)
    assert house.erase(about_her.id)["cases"] == 1
    assert house.texts(about_her) == []
    assert house.holding(*secrets) == {}
    assert house.texts(bystander) == [OTHER_TEXT]


@pytest.mark.parametrize("who", ["vera", "lena", "cora", "abel", "mona"])
def test_only_compliance_and_admins_erase(open_house: OpenHouse, who: str) -> None:
    house = open_house()
    (case, _) = speaks(house.world)
    with house.world.refused("not_permitted"):
        house.erase(who=who)
    assert house.texts(case) == [TEXT]


@pytest.mark.parametrize(
    ("about", "code"),
    [("nobody@alder.example", "not_found"), ("cas_unknown", "not_found"), ("", "invalid_body"), ("  ", "invalid_body")],
)
def test_whom_nobody_knows_cannot_be_erased(open_house: OpenHouse, about: str, code: str) -> None:
    house = open_house()
    case = other(house.world)
    size = len(house.world.entries())
    with house.world.refused(code):  # type: ignore[arg-type]
        house.erase(about)
    assert len(house.world.entries()) == size
    assert house.texts(case) == [OTHER_TEXT]


def test_the_real_graph_leaves_nothing_either(open_house: OpenHouse) -> None:
    house = open_house(real=True)
    world = house.world
    world.set("mode", "propose")  # so that no effect quotes anybody
    request = {"kind": "other", "text": TEXT, "project": "prj-01", "requested_by": ADDRESS}
    asked = ingest.request_triage(world.ctx, world.actor("vera"), request)
    data = {"project_id": "prj-01", "text": TEXT, "requested_by": ADDRESS}
    case = world.case_of("psa.change_request.submitted", data)
    assert {run.status for run in world.rows(TriageRun)} == {"done"}
    assert world.reviews(case)
    corrections.correct(world.ctx, world.actor("finn"), asked, {"kind": "reclassify", "to": "billing_question"})
    world.run()
    learn(world.ctx)
    assert house.traces(TEXT)
    assert NAME.encode() in house.export()

    house.erase()
    assert house.planted() == {}
    assert house.traces(TEXT) == {}
    assert world.reviews() == []
