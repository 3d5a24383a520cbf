"""A question is answered; what the assistant would do otherwise takes the place of what was under review."""

from datetime import timedelta

from app.store.engine import read_only
from app.store.models import Review, Verdict
from app.workflow import sweep
from app.workflow.answer import ANSWER_WORK
from tests.integration.workflow.scenes import PART, agree, drafted, effects, money, pending, task, write_off
from tests.integration.world import World
from tools.ports import SourceUnavailable


def asked(world: World, about: Review, who: str = "lena", words: str = "Why so much?") -> None:
    world.say(who, about, "respond", comment=words)


def answered(world: World, about: Review) -> dict[str, object]:
    verdict = world.rows(Verdict, review_id=about.id, verdict="respond")[-1]
    assert verdict.answer_payload
    with read_only(world.ctx.engine) as session:
        return dict(world.ctx.vault.open(session, "acme", verdict.answer_payload))


def test_the_question_reaches_the_assistant_beside_the_text(world: World) -> None:
    about = pending(world)
    asked(world, about, words="Could it be next week?")
    world.agents.says(task())
    world.run()
    assert world.agents.seen[-1].data["text"] == "please look into it\n\nCould it be next week?"
    assert str(answered(world, about)["answer"]).startswith("Looked at again I would propose the same.\nbecause")
    (entry,) = world.entries(kind="review.answered")
    assert (entry.details["revised"], entry.refs["review"]) == (False, about.id)
    assert world.review(about.id).args_digest == about.args_digest


def test_a_revised_proposal_is_asked_about_anew(world: World) -> None:
    """Its asker had a hand in it, so that somebody else approves; what was approved before counts no more."""
    about = money(world)
    asked(world, about, "finn", "Only the January part, please.")
    world.agents.says(write_off(PART - 10_000))
    world.run()
    now = world.review(about.id)
    assert now.status == "pending"
    assert now.args_digest == write_off(PART - 10_000).digest() != about.args_digest
    assert answered(world, about)["after"] == write_off(PART - 10_000).args()
    assert world.decision(now).stage == "answer"
    with world.refused("args_mismatch"):
        world.say("fred", now, "approve", args_digest=about.args_digest)
    with world.refused("self_approval"):
        world.approve("finn", now)
    world.approve("fred", now)
    world.run()
    assert [entry["args_digest"] for entry in world.ledger()] == [now.args_digest]


def test_half_an_approval_does_not_survive_a_revision(world: World) -> None:
    (about,) = world.reviews(drafted(world, write_off(1_200_000)))
    world.approve("fred", about)
    asked(world, about, "finn")
    world.agents.says(write_off(1_150_000))
    world.run()
    world.approve("cora", world.review(about.id))
    assert world.review(about.id).status == "pending"


def test_what_policy_refuses_takes_nobodys_place(world: World) -> None:
    about = pending(world)
    asked(world, about)
    world.agents.says(task(), write_off(9_000_000, "inv-999"))
    world.run()
    assert world.review(about.id).args_digest == about.args_digest
    other = money(world)
    world.set("thresholds", {"auto_below": 0, "two_from": 1, "deny_from": 2})
    asked(world, other, "finn")
    world.agents.says(write_off(PART + 1))
    world.run()
    assert "policy refuses" in str(answered(world, other)["answer"])
    assert world.review(other.id).args_digest == other.args_digest


def test_nothing_is_taken_back_because_of_a_question(world: World) -> None:
    about = pending(world)
    asked(world, about)
    world.run()
    assert "would not propose this" in str(answered(world, about)["answer"])
    assert world.review(about.id).status == "pending"


def test_what_was_decided_meanwhile_stays_decided(world: World) -> None:
    about = pending(world)
    asked(world, about, "rhea")
    world.agents.says(task("Something else"))
    agree(world, about)
    world.run()
    assert "the review was approved" in str(answered(world, about)["answer"])
    assert effects(world) == 1


def test_it_is_answered_once_however_often_it_is_handled(world: World) -> None:
    about = money(world)
    asked(world, about, "finn")
    world.agents.says(write_off(PART - 10_000))
    world.run()
    (verdict,) = world.rows(Verdict, review_id=about.id)
    world.agents.says(write_off(PART - 20_000))
    world.handle(ANSWER_WORK, verdict.id)
    assert len(world.entries(kind="review.answered")) == 1
    assert world.review(about.id).args_digest == write_off(PART - 10_000).digest()


def test_what_cannot_be_answered_says_so(world: World) -> None:
    about = pending(world)
    asked(world, about)
    world.agents.fails = [SourceUnavailable("gone")] * 9
    world.run(timedelta(hours=1))
    assert "could not be looked at again (SourceUnavailable)" in str(answered(world, about)["answer"])
    assert world.review(about.id).status in ("pending", "expired")


def test_a_lost_question_is_found_again(world: World) -> None:
    about = pending(world)
    asked(world, about)
    world.queue.forget()
    world.agents.says(task())
    world.clock.move(minutes=3)
    sweep.lost_work(world.ctx)
    world.run()
    assert answered(world, about)["answer"]
    sweep.lost_work(world.ctx)
    assert world.queue.waiting(ANSWER_WORK) == []
