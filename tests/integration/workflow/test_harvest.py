"""What people said becomes candidate cases: by reference only, and gone with what was erased."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.workflow.corrections import correct
from app.workflow.erase import erase_person
from evals.harvest import HarvestUnusable, harvest, taken, text_of, write
from tests.integration.workflow.scenes import ask, request, task, write_off
from tests.integration.world import World

PHRASE, ADDRESS = "seventeen violet lanterns", "rosalind@kestrel-harbour.example"


def candidates(world: World, who: str = "abel") -> list[Any]:
    return list(harvest(world.ctx, world.actor(who)).candidates)


def test_verdicts_and_corrections_are_candidates_without_a_word_of_anybody(world: World, tmp_path: Path) -> None:
    (review,) = world.reviews(request(world, task(f"About {PHRASE}"), text=PHRASE))
    world.say("lena", review, "reject", comment=f"no {PHRASE}")
    (money,) = world.reviews(ask(world, "vera", write_off(), text=PHRASE))
    world.edit("finn", money, amount_minor=70_000)
    case = ask(world, "vera", task(), text=PHRASE)
    correct(world.ctx, world.actor("lena"), case.id, {"kind": "reclassify", "to": "staffing_request"})
    found = candidates(world)
    assert [one["said"] for one in found] == ["reject", "edit", "reclassify"]
    rejected, edited, corrected = found
    assert rejected["proposed"]["tool"] == "create_task"
    assert rejected["proposed"]["decision"] == "review"
    assert rejected["suggests"]["proposals"] == "no create_task"
    assert edited["proposed"]["tool"] == "write_off"
    assert corrected["suggests"]["category"] == "staffing_change"
    assert all(one["status"] == "candidate" for one in found)
    file = tmp_path / "candidates.yaml"
    write(file, harvest(world.ctx, world.actor("abel")))
    text = file.read_text()
    for word in (PHRASE, "lanterns", "1,100", "110000", "70000", "vera@", "lena"):
        assert word not in text
    with pytest.raises(FileExistsError):
        write(file, harvest(world.ctx, world.actor("abel")))
    assert file.read_text() == text


def test_what_was_taken_is_opened_in_the_store_and_gone_once_erased(world: World, tmp_path: Path) -> None:
    case = ask(world, "vera", task(), text=PHRASE, requested_by=ADDRESS)
    correct(world.ctx, world.actor("lena"), case.id, {"kind": "reclassify", "to": "ticket"})
    (one,) = candidates(world)
    file = tmp_path / "candidates.yaml"
    file.write_text(yaml.safe_dump([one | {"status": "take"}, one | {"status": "leave"}, one]))
    (accepted,) = taken(file)
    assert text_of(world.ctx, accepted) == PHRASE
    assert text_of(world.ctx, accepted | {"tenant": "borealis"}) is None
    erase_person(world.ctx, world.actor("carl"), ADDRESS)
    assert text_of(world.ctx, accepted) is None
    after = harvest(world.ctx, world.actor("abel"))
    assert (list(after.candidates), after.erased) == ([], 1)


def test_only_who_reads_all_may_and_only_of_their_firm(world: World) -> None:
    (review,) = world.reviews(request(world, task()))
    world.say("lena", review, "reject")
    with world.refused("not_permitted"):
        candidates(world, "lena")
    assert list(harvest(world.ctx, world.actor("abel", "borealis")).candidates) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}", "not a list"), ("- {id: one}", "candidate 1: there is no field tenant"), ("- [", "candidates.yaml")],
)
def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "candidates.yaml"
    file.write_text(text)
    with pytest.raises(HarvestUnusable, match=said):
        taken(file)
