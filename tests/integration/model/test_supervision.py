"""Whatever people of two firms do, in whatever order: nothing happens without its decision, twice, or by one alone."""

import os
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.model.attacks import Attacks
from tests.integration.model.guards import GUARDS, Guard
from tests.integration.model.machine import Count
from tests.integration.world import Template

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
"""Set for a long run: so many examples, other ones each time, and every guard on both backends."""
MOST = 60
"""Examples within which a guard that is missing must be noticed."""
Record = Callable[[str, object], None]

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(20_000 if EXAMPLES else 900)]


def run(template: Template, count: Count, examples: int, steps: int, *, fresh: bool) -> None:
    """`fresh`: other examples each time, and the one that fails is made small."""
    machine = type("Machine", (Attacks,), {"template": template, "count": count})
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=not fresh, database=None,
        suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink) if fresh else (Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


def test_supervision_holds(template: Template, backend: str, record_property: Record) -> None:
    count = Count()
    try:
        run(template, count, EXAMPLES or 6, 50 if EXAMPLES else 30, fresh=bool(EXAMPLES))
    finally:
        record_property("model", count.line(backend))


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_that_is_missing_is_noticed(
    guard: Guard, template: Template, backend: str, record_property: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, told = Count(), "nobody noticed"
    guard.switch_off(monkeypatch)
    try:
        with pytest.raises(AssertionError) as raised:
            run(template, count, MOST, 30, fresh=False)
        told = str(raised.value).partition("\n")[0]
    finally:
        record_property("guard", f"{guard.name} | {guard.invariant} | {count.line(backend)} | {told}")
