"""A worker that is stopped in the middle of an effect, taken over, and continued."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.models import Execution
from app.workflow.route import EXECUTE_WORK
from tests.integration.races.arena import Arena, rounds
from tests.integration.races.conftest import Report
from tests.integration.races.test_effects import approved, count

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]


@pytest.fixture
def other(arena: Arena) -> Iterator["subprocess.Popen[str]"]:
    """The worker in a process of its own, over the arena's database and firm."""
    settings = arena.world.ctx.settings
    url = str(settings.database_url) if arena.backend == "postgres" else ""
    command = [sys.executable, "-m", "tests.integration.races.held", str(settings.home), url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def test_a_worker_that_was_stopped_taken_over_and_continued(
    arena: Arena, report: Report, other: "subprocess.Popen[str]"
) -> None:
    """Stopped after its claim, before or after the firm's system acted: one effect, and the log tells one end."""
    world, tally, wanted = arena.world, arena.tally("stopped worker, taken over, continued"), {}
    assert other.stdin is not None
    assert other.stdout is not None
    for number in rounds(200):
        tally.rounds += 1
        _, execution = approved(arena, number)
        when = ("before", "after")[number % 2]
        other.stdin.write(f"{execution.id} {world.clock().isoformat()} {when}\n")
        other.stdin.flush()
        _, status = os.waitpid(other.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "it ended instead of stopping"
        tally.expect(world.one(Execution, id=execution.id).status == "running", "it stopped without a claim")
        early = number % 4 < 2
        if early:  # it goes on while the other is still asking what happened
            world.handle(EXECUTE_WORK, execution.id)
        else:
            world.run()
            world.clock.move(seconds=30)
            world.run()
        os.kill(other.pid, signal.SIGCONT)
        assert other.stdout.readline() == "done\n"
        world.clock.move(seconds=30)
        world.run()
        tally.expect(world.one(Execution, id=execution.id).status == "succeeded", "it did not succeed")
        tally.winners[f"stopped {when} the call, {'continued' if early else 'ended'} before the other"] += 1
        wanted[execution.key] = 1
    ends = [entry.refs["execution"] for entry in world.entries(kind="execution.succeeded")]
    tally.expect(len(ends) == len(set(ends)) == tally.rounds, "the log tells two ends of one execution")
    count(arena, tally, wanted)
    report(tally)
