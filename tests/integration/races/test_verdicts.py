"""Two people speak of one review at the same moment: one of them is first, and the other is told so."""

import random
from functools import partial

import httpx
import pytest

from app.store.models import Review, Verdict
from app.workflow import sweep
from tests.integration.races.arena import PAGE_S, Arena, Tally, rounds, together
from tests.integration.races.conftest import Report
from tests.integration.workflow.scenes import task
from tools.records import Task

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


def won(answer: httpx.Response) -> bool:
    """Whether the surface said yes; the web leads on to a page that says so."""
    assert isinstance(answer, httpx.Response), answer
    return answer.status_code == 200


def told_so(answer: httpx.Response, tally: Tally, status: str, by: str) -> None:
    """Who was second is told what the review is, and on the API who made it so and when."""
    tally.expect(answer.status_code == 409, f"the loser got {answer.status_code}")
    if answer.request.url.path.startswith("/v1"):
        body = answer.json()
        tally.expect(body["code"] == "already_decided", f"the loser was told {body['code']}")
        tally.expect((body["status"], body["decided_by"]) == (status, by) and bool(body["decided_at"]), f"told {body}")
    else:
        tally.expect(f"This review is {status}" in answer.text, "the page does not say how it was decided")


def test_approve_against_reject(arena: Arena, report: Report) -> None:
    """Over the API and the web, each side on either surface in turn."""
    world, tally, client = arena.world, arena.tally("approve v reject"), arena.client()
    ids = {name: world.actor(name).principal_id for name in ("lena", "hal")}
    asked: dict[str, tuple[Review, str]] = {}
    for number in rounds(1000):
        tally.rounds += 1
        review = arena.asked(number)
        by_api, by_web = ("approve", "reject") if number % 2 else ("reject", "approve")
        web = arena.web("hal")
        form = web.form(review.id, by_web)
        call = arena.verdict(client, "lena", review, by_api)
        said = {"verdict": by_web, "comment": "so be it"}
        api, page = together(
            call, partial(web.send, form, **said), seed=number,
            late=PAGE_S,
        )  # fmt: skip
        tally.expect(won(api) != won(page), f"api {api.status_code}, web {page.status_code}")
        verdict = by_api if won(api) else by_web
        status = {"approve": "approved", "reject": "rejected"}[verdict]
        if won(api) != won(page):
            winner = ids["lena"] if won(api) else ids["hal"]
            told_so(page if won(api) else api, tally, status, winner)
        tally.winners[f"{verdict} by {'api' if won(api) else 'web'}"] += 1
        tally.expect(world.review(review.id).status == status, "the review is otherwise")
        world.run()
        asked[review.id] = review, verdict
    agree(arena, tally, asked)
    report(tally)


def agree(arena: Arena, tally: Tally, asked: dict[str, tuple[Review, str]]) -> None:
    """Effects and log entries are those of the winners, and of nobody else."""
    applied, given, refused = arena.applied(), arena.said("verdict.given"), arena.said("verdict.refused")
    for ident, (review, verdict) in asked.items():
        effects = applied.get(f"cs_{review.proposal_id}", 0)
        tally.effects += effects
        tally.expect(effects == (verdict == "approve"), f"{verdict} had {effects} effects")
        tally.expect([entry.details["verdict"] for entry in given[ident]] == [verdict], "the log has another verdict")
        codes = [entry.details["code"] for entry in refused.get(ident, ())]
        tally.expect(codes == ["already_decided"], f"refused in the log: {codes}")


def test_edit_against_approve(arena: Arena, report: Report) -> None:
    world, tally, client = arena.world, arena.tally("edit v approve"), arena.client()
    asked = []
    for number in rounds(200):
        tally.rounds += 1
        review = arena.asked(number)
        web = arena.web("rhea")
        form = web.edit(review.id, **{"arg.title": f"Edited {number}"})
        api, page = together(
            arena.verdict(client, "lena", review, "approve"),
            partial(web.send, form, verdict="edit"), seed=number,
            late=PAGE_S,
        )  # fmt: skip
        tally.expect(won(api) != won(page), f"api {api.status_code}, web {page.status_code}")
        tally.winners["approve" if won(api) else "edit"] += 1
        now = world.review(review.id)
        if won(page):
            tally.expect(api.json().get("code") == "args_mismatch", f"the approver was told {api.text}")
            tally.expect(now.status == "pending" and now.args_digest != review.args_digest, "the edit is not asked for")
            world.run()
            world.approve("hal", now)
        world.run()
        asked.append((number, review, won(page)))
    titles = {each.title for each in world.all(Task)}
    applied = arena.applied()
    for number, review, edited in asked:
        execution = world.execution(review)
        tally.effects += applied.get(execution.key, 0)
        tally.expect(applied.get(execution.key, 0) == 1, "not one effect")
        digests = {each.args_digest for each in world.rows(Verdict, review_id=review.id, verdict="approve")}
        tally.expect(digests == {execution.args_digest}, "what ran is not what was approved")
        ran = {f"Edited {number}", f"Look into {number}"} & titles
        tally.expect(ran == {f"{'Edited' if edited else 'Look into'} {number}"}, f"in the firm's system: {ran}")
    report(tally)


def test_verdict_against_expiry(arena: Arena, report: Report) -> None:
    world, tally, client = arena.world, arena.tally("verdict v expiry"), arena.client()
    chance, asked = random.Random(7), []
    for number in rounds(200):
        tally.rounds += 1
        review = arena.asked(number)
        # Each look at the clock moves it on by a millisecond, so the end comes during the race.
        before = chance.randint(0, 24)
        world.clock.move(seconds=(review.expires_at - world.clock()).total_seconds() - before / 1000)
        verdict = ("approve", "reject")[number % 2]
        api, swept = together(
            arena.verdict(client, "lena", review, verdict), lambda: sweep.reviews(world.ctx), seed=number
        )
        tally.expect(swept is None, f"the sweep raised {swept!r}")
        sweep.reviews(world.ctx)
        status = world.review(review.id).status
        if won(api):
            tally.expect(status == {"approve": "approved", "reject": "rejected"}[verdict], f"it is {status}")
        else:
            tally.expect(api.json()["code"] == "expired" and status == "expired", f"it is {status}: {api.text}")
        tally.winners[verdict if won(api) else "expiry"] += 1
        world.run()
        asked.append((review, won(api) and verdict == "approve"))
    applied = arena.applied()
    for review, runs in asked:
        count = applied.get(f"cs_{review.proposal_id}", 0)
        tally.effects += count
        tally.expect(count == runs, f"{count} effects, {'approved' if runs else 'not approved'}")
    report(tally)


def test_two_people_of_a_quorum_at_once(arena: Arena, report: Report) -> None:
    """Two are needed and three speak: both of the first count, the third is told."""
    world, tally, clients = arena.world, arena.tally("quorum at once"), [arena.client() for _ in range(3)]
    world.set("thresholds", {"auto_below": 0, "two_from": 0, "deny_from": 101})
    asked = []
    for number in rounds(200):
        tally.rounds += 1
        review = arena.asked(number)
        names = ("lena", "hal", "rhea")[: 2 + number % 2]
        calls = [arena.verdict(client, who, review, "approve") for client, who in zip(clients, names, strict=False)]
        answers = together(*calls, seed=number)
        yes = [who for who, answer in zip(names, answers, strict=True) if won(answer)]
        tally.expect(len(yes) == 2, f"{len(yes)} approvals were taken")
        tally.expect(world.review(review.id).status == "approved", "it is not approved")
        tally.winners[" and ".join(yes)] += 1
        world.run()
        asked.append(review)
    applied = arena.applied()
    for review in asked:
        count = applied.get(f"cs_{review.proposal_id}", 0)
        tally.effects += count
        tally.expect(count == 1, f"{count} effects")
    report(tally)


def test_two_batches_that_overlap(arena: Arena, report: Report) -> None:
    world, tally = arena.world, arena.tally("batch v batch")
    clients = [arena.client(), arena.client()]
    asked = []
    for number in rounds(200):
        tally.rounds += 1
        reviews = arena.several(*[task(f"Look into {number}.{each}") for each in range(3)])
        batches = [("rhea", reviews[:2]), ("lena", reviews[:0:-1])]

        def call(place: int, who: str, several: list[Review]) -> httpx.Response:
            items = [{"review_id": each.id, "args_digest": each.args_digest} for each in several]
            return arena.post(clients[place], who, "/reviews/batch", {"items": items, "verdict": "approve"})

        for who, _ in batches:
            arena.token(who)
        answers = together(partial(call, 0, *batches[0]), partial(call, 1, *batches[1]), seed=number)
        tally.expect(all(won(answer) for answer in answers), f"{[answer.text for answer in answers]}")
        both = [item for answer in answers for item in answer.json()["items"] if item["review_id"] == reviews[1].id]
        told = sorted(item.get("code", item.get("status", "")) for item in both)
        tally.expect(told == ["already_decided", "approved"], f"of the one in both: {told}")
        tally.winners[next((who for (who, _), item in zip(batches, both, strict=True) if "status" in item), "-")] += 1
        world.run()
        asked += reviews
    applied = arena.applied()
    for review in asked:
        count = applied.get(f"cs_{review.proposal_id}", 0)
        tally.effects += count
        tally.expect(count == 1 and world.review(review.id).status == "approved", f"{count} effects")
    report(tally)
