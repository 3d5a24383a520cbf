"""Whatever people of two firms do, in whatever order: nothing happens without its decision, twice, or by one alone."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.model.machine import Supervision
from tests.integration.world import Template

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "0"))
"""Set for a long run: so many examples, other ones each time."""


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_supervision_holds(template: Template) -> None:
    machine = type("Machine", (Supervision,), {"template": template})
    chosen = settings(
        max_examples=EXAMPLES or 12, stateful_step_count=50 if EXAMPLES else 30, deadline=None,
        derandomize=not EXAMPLES, database=None, suppress_health_check=list(HealthCheck), print_blob=False,
        phases=(Phase.generate, Phase.shrink) if EXAMPLES else (Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)
