"""What a restore could not account for is not done once more without anybody being asked."""

from tests.integration.workflow.scenes import MISSING, automatic, task
from tests.integration.world import World


def test_the_very_same_action_goes_to_people_and_another_one_runs(world: World) -> None:
    same = task()
    world.set("unexplained", [f"{same.tool}:{same.digest()}"])
    assert world.case(automatic(world).id).status == "waiting"
    assert world.ledger() == []
    other = world.case_of("psa.timesheet.missing", MISSING | {"week_start_on": "2026-02-09"}, task("Something else"))
    assert world.case(other.id).status == "done"
