"""Two hands on one effect at the same moment: it happens once, or not at all, and never after it was forbidden."""

import time
from functools import partial
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from app.actor import Grant
from app.identity.principals import grant_role, machine_actor, revoke_role
from app.store.engine import read_only
from app.store.models import Event, Execution, Proposal, Review
from app.workflow import control, corrections
from app.workflow.route import EXECUTE_WORK
from tests.integration.races.arena import PAGE_S, Act, Arena, Tally, rounds, together
from tests.integration.races.conftest import Report
from tests.integration.workflow.test_execute_again import STRICTER
from tests.integration.workflow.test_undo import settle, undo
from tests.integration.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]


def approved(arena: Arena, number: int) -> tuple[Review, Execution]:
    """An approved task that nobody has begun."""
    review = arena.asked(number)
    arena.world.approve("lena", review)
    return review, arena.world.execution(review)


def fence(world: World, execution: Execution) -> int:
    """How often it was claimed."""
    with read_only(world.ctx.engine) as session:
        return session.exec(select(Execution.fence).where(col(Execution.id) == execution.id)).one()


def keep_working(world: World) -> None:
    """A worker that looks for work all the while the others act."""
    for _ in range(8):
        world.run()
        time.sleep(0.005)


def count(arena: Arena, tally: Tally, wanted: dict[str, int]) -> None:
    """Each key's effects are as many as wanted."""
    applied = arena.applied()
    for key, many in wanted.items():
        tally.effects += applied.get(key, 0)
        tally.expect(applied.get(key, 0) == many, f"{applied.get(key, 0)} effects under {key}, not {many}")


def test_undo_against_undo(arena: Arena, report: Report) -> None:
    world, tally, client = arena.world, arena.tally("undo v undo"), arena.client()
    wanted: dict[str, int] = {}
    for number in rounds(200):
        tally.rounds += 1
        _, execution = approved(arena, number)
        world.run()
        arena.token("rhea")

        def by_api(execution: Execution = execution) -> httpx.Response:
            return arena.post(client, "rhea", f"/executions/{execution.id}/undo")

        api, other = together(by_api, partial(undo, world, "hal", execution), seed=number)
        took = [api.status_code == 200, isinstance(other, dict)]
        tally.expect(sum(took) == 1, f"undone by {took}: {api.text} {other!r}")
        refused = api.json()["code"] if not took[0] else getattr(other, "code", other)
        tally.expect(refused == "not_undoable", f"the second was told {refused}")
        tally.winners["api" if took[0] else "workflow"] += 1
        settle(world, api.json() if took[0] else other, "lena", "lars", "ruth", "hal")
        tally.expect(world.one(Execution, id=execution.id).status == "undone", "it is not undone")
        (inverse,) = world.rows(Proposal, undo_of=execution.id)
        wanted |= {execution.key: 1, f"cs_{inverse.id}": 1}
    count(arena, tally, wanted)
    report(tally)


def test_pause_against_execution(arena: Arena, report: Report) -> None:
    """What had not begun when the pause was answered does not begin until it is lifted."""
    world, tally, client, wanted = arena.world, arena.tally("pause v execution"), arena.client(), {}
    for number in rounds(200):
        tally.rounds += 1
        _, execution = approved(arena, number)
        arena.token("cora")

        def pause(execution: Execution = execution) -> int:
            answer = arena.post(client, "cora", "/control/pause", {"scope": "tool", "name": "create_task"})
            assert answer.status_code == 200, answer.text
            return fence(world, execution)

        begun, _ = together(pause, world.run, seed=number)
        tally.expect(begun in (0, 1), f"the pause answered {begun!r}")
        world.run()
        tally.expect(fence(world, execution) == begun, "it began after the pause was answered")
        tally.winners["execution" if begun else "pause"] += 1
        control.resume(world.ctx, world.actor("cora"), "tool", "create_task")
        world.clock.move(seconds=20)
        world.run()
        wanted[execution.key] = 1
    pausing = False
    for kind, _ in arena.order("control.paused", "control.resumed", "execution.claimed"):
        tally.expect(not (pausing and kind == "execution.claimed"), "the log has a claim within a pause")
        pausing = kind == "control.paused" if kind.startswith("control") else pausing
    count(arena, tally, wanted)
    report(tally)


def test_two_workers_on_one_execution(arena: Arena, report: Report) -> None:
    world, tally, wanted = arena.world, arena.tally("worker v worker"), {}
    for number in rounds(200):
        tally.rounds += 1
        _, execution = approved(arena, number)
        work = [partial(world.handle, EXECUTE_WORK, execution.id)] * 2
        raised = [each for each in together(*work, seed=number) if each is not None]
        tally.expect(raised == [], f"a worker raised {raised!r}")
        cut_off = world.one(Execution, id=execution.id).status != "succeeded"
        world.clock.move(seconds=30)
        world.run()
        tally.winners["second took it for cut off" if cut_off else "first ended it"] += 1
        tally.expect(world.one(Execution, id=execution.id).status == "succeeded", "it did not succeed")
        wanted[execution.key] = 1
    count(arena, tally, wanted)
    report(tally)


def test_two_deliveries_of_one_event(arena: Arena, report: Report) -> None:
    world, tally = arena.world, arena.tally("delivery v delivery")
    for number in rounds(200):
        tally.rounds += 1
        event = world.event("psa.change_request.submitted", {"project_id": "prj-01", "text": f"number {number}"})
        answers = together(*[partial(world.deliver, event)] * 2, seed=number)
        taken = [answer.accepted[0] for answer in answers if not isinstance(answer, Exception)]
        tally.expect(len(taken) == 2, f"{answers!r}")
        tally.expect(sorted(each.duplicate for each in taken) == [False, True], "both or neither were new")
        tally.expect(len({each.case_id for each in taken}) == 1, "they were told two cases")
        tally.expect(len(world.rows(Event, event_id=event["id"])) == 1, "it is stored more than once")
        tally.winners["first" if not taken[0].duplicate else "second"] += 1
        world.run()
    tally.effects = len(world.rows(Event))
    report(tally)


def test_a_role_revoked_while_its_holder_approves(arena: Arena, report: Report) -> None:
    """An approval that comes after the revocation in the log was given without the role."""
    world, tally, client = arena.world, arena.tally("revocation v approval"), arena.client()
    lena, grant = world.actor("lena").principal_id, Grant("delivery_lead")
    asked = []
    for number in rounds(200):
        tally.rounds += 1
        review = arena.asked(number)
        ada = world.actor("ada")
        revoked, api = together(
            partial(revoke_role, world.ctx, ada, lena, grant), arena.verdict(client, "lena", review, "approve"),
            seed=number, late=3 * PAGE_S,
        )  # fmt: skip
        tally.expect(revoked is None, f"the revocation raised {revoked!r}")
        took = api.status_code == 200
        # Without any role she sees no review.
        tally.expect(took or api.json()["code"] in ("not_permitted", "not_found"), f"she was told {api.text}")
        tally.winners["approval" if took else "revocation"] += 1
        grant_role(world.ctx, machine_actor("acme"), lena, grant)
        world.run()
        asked.append((review, took))
    holds = True
    for kind, entry in arena.order("principal.role_revoked", "principal.role_granted", "verdict.given"):
        if kind == "verdict.given":
            tally.expect(holds, "an approval stands in the log after its role was revoked")
        elif entry.refs.get("principal") == lena:
            holds = kind == "principal.role_granted"
    count(arena, tally, {f"cs_{review.proposal_id}": int(took) for review, took in asked})
    report(tally)


def test_rules_changed_while_somebody_approves(arena: Arena, report: Report, rules: Any) -> None:
    """Under the stricter rules nothing runs on an approval that was given under the looser."""
    world, tally, client, wanted = arena.world, arena.tally("ruleset v approval"), arena.client(), {}
    later = rules / "later.yaml"
    for number in rounds(200):
        tally.rounds += 1
        review = arena.asked(number)

        def restrict() -> tuple[Any, ...]:
            later.write_text(STRICTER)
            return world.ctx.rulesets.refresh()

        api, broken = together(arena.verdict(client, "lena", review, "approve"), restrict, seed=number)
        tally.expect(broken == (), f"the rules did not load: {broken!r}")
        took = api.status_code == 200
        tally.expect(took or api.json()["code"] == "policy_changed", f"she was told {api.text}")
        tally.winners["approval" if took else "ruleset"] += 1
        world.run()
        (again,) = world.rows(Review, proposal_id=review.proposal_id, status="pending")
        tally.expect(any(item["roles"] == ["cfo"] for item in again.required), "the new rule is not asked for")
        wanted[f"cs_{review.proposal_id}"] = 0
        world.say("hal", again, "reject")
        later.write_text("[]")
        world.ctx.rulesets.refresh()
    count(arena, tally, wanted)
    report(tally)


@pytest.mark.parametrize("kind", ["dismiss", "relink"])
def test_a_correction_against_an_approval(arena: Arena, report: Report, kind: str) -> None:
    """With a worker at hand: what was taken back by the correction does not run any more, and what ran was approved."""
    world, tally, client, wanted = arena.world, arena.tally(f"{kind} v approval"), arena.client(), {}
    body = {"kind": "dismiss"} if kind == "dismiss" else {"kind": "relink", "project": "prj-02"}
    for number in rounds(200):
        tally.rounds += 1
        review = arena.asked(number)
        actor = world.actor("rhea")
        acts: list[Act] = [
            partial(corrections.correct, world.ctx, actor, review.case_id, body),
            arena.verdict(client, "lena", review, "approve"),
            partial(keep_working, world),
        ]
        corrected, api, ran = together(*acts, seed=number, late=5 * PAGE_S)
        tally.expect(isinstance(corrected, list), f"the correction raised {corrected!r}")
        tally.expect(not isinstance(ran, Exception), f"the worker raised {ran!r}")
        took = api.status_code == 200
        tally.expect(took or api.json()["code"] == "already_decided", f"the approver was told {api.text}")
        world.run()
        key = f"cs_{review.proposal_id}"
        begun = [row for row in world.rows(Execution, key=key) if row.fence > 0]
        tally.expect(took or not begun, "it ran, and the approver was refused")
        tally.winners["approval, and it ran" if begun else "approval" if took else "correction"] += 1
        wanted[key] = len(begun)
    corrected_cases = set()
    for entry_kind, entry in arena.order("case.corrected", "execution.claimed"):
        if entry_kind == "case.corrected":
            corrected_cases.add(entry.refs["case"])
        else:
            tally.expect(entry.refs["case"] not in corrected_cases, "the log has a claim after the correction")
    count(arena, tally, wanted)
    report(tally)
