"""A role that was taken away between asking who speaks and hearing them no longer counts, whatever they ask for."""

from collections.abc import Callable

import pytest

from app.actor import Actor
from app.identity.principals import deactivate, machine_actor
from app.identity.setting_changes import confirm_setting, propose_setting
from app.workflow import by_hand, corrections, undo
from tests.integration.workflow.scenes import pending
from tests.integration.workflow.test_by_hand import given
from tests.integration.workflow.test_undo import done
from tests.integration.world import World


def shut_out(world: World, name: str) -> Actor:
    """Whom a request was found to be, and who is gone by the time it is heard."""
    actor = world.actor(name)
    deactivate(world.ctx, machine_actor("acme"), actor.principal_id)
    return actor


def correction(world: World) -> Callable[[], object]:
    case = world.case(pending(world).case_id)
    lena = shut_out(world, "lena")
    return lambda: corrections.correct(world.ctx, lena, case.id, {"kind": "dismiss"})


def undoing(world: World) -> Callable[[], object]:
    execution = done(world)
    lena = shut_out(world, "lena")
    return lambda: undo.undo(world.ctx, lena, execution.id)


def closing(world: World) -> Callable[[], object]:
    _case, task = given(world)
    lena = shut_out(world, "lena")
    return lambda: by_hand.close(world.ctx, lena, task.id, {"done": True, "evidence": "did it myself"})


def confirming(world: World) -> Callable[[], object]:
    change = propose_setting(world.ctx, world.actor("carl"), "mode", "observe")
    ada = shut_out(world, "ada")
    return lambda: confirm_setting(world.ctx, ada, change)


def proposing(world: World) -> Callable[[], object]:
    ada = shut_out(world, "ada")
    return lambda: propose_setting(world.ctx, ada, "mode", "observe")


@pytest.mark.parametrize("scene", [correction, undoing, closing, confirming, proposing])
def test_who_was_shut_out_meanwhile_does_nothing(world: World, scene: Callable[[World], Callable[[], object]]) -> None:
    asked = scene(world)
    before = len(world.entries())
    with world.refused("not_permitted"):
        asked()
    assert len(world.entries()) == before
