"""A line manager's consent: who is asked for it, kept with the review, and what they may say."""

from app.store.models import Verdict
from tests.integration.workflow.scenes import BOOKED, booking, manages, money, noted
from tests.integration.world import World
from tools.records import Person


def test_whose_consent_is_asked_for_is_kept_with_the_review(world: World) -> None:
    """Anew whenever it asks anew: of who is booked then."""
    asked = booking(world)
    assert asked.line_manager == world.get(Person, BOOKED).manager_id
    other = next(each for each in world.all(Person) if each.manager_id not in (None, asked.line_manager))
    world.edit("ruth", asked, person_id=other.id)
    assert world.review(asked.id).line_manager == other.manager_id
    assert money(world).line_manager is None


def test_a_line_manager_may_withhold_their_consent(world: World) -> None:
    asked = booking(world)
    with world.refused("not_permitted"):
        world.say("rhea", asked, "reject", comment="no")
    manages(world, "rhea", "vera")
    with world.refused("not_permitted"):
        world.say("vera", asked, "reject", comment="no")
    with world.refused("not_permitted"):
        world.edit("rhea", asked, percent=20)
    world.say("rhea", asked, "reject", comment="they are on leave")
    assert world.review(asked.id).status == "rejected"
    assert world.one(Verdict, review_id=asked.id).roles == ["line_manager", "reviewer"]


def test_what_a_review_notes_of_a_line_manager_gives_no_right(world: World) -> None:
    asked = booking(world)
    manages(world, "rhea", record="per-03")
    noted(world, asked, "per-03")
    for verdict in ("approve", "reject"):
        with world.refused("not_permitted"):
            world.say("rhea", asked, verdict, comment="by the note alone")
    assert world.rows(Verdict, review_id=asked.id) == []
