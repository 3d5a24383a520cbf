"""5,000 events of real logs through the service as its own process: all of them once. REPLAY_EVENTS says how many."""

import os
from pathlib import Path

import pytest

from app.settings import load_settings
from evals.bench.replay import TWICE, plan_of, replay
from evals.bench.site import Site
from evals.replay import logs


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_what_was_sent_is_stored_and_worked_off_once(tmp_path: Path) -> None:
    data = load_settings().data_dir
    if absent := logs.missing(data):
        pytest.skip(f"no public data sets: {data} holds no {absent[0]}")
    plan = plan_of(os.environ)
    found = {figure.name.removeprefix("replay."): figure for figure in replay(Site(tmp_path), data, plan)}
    assert found["stored"].figure == found["accepted"].figure
    assert found["duplicates"].figure == found["sent"].n - found["stored"].n
    assert found["duplicates"].n == round(found["stored"].n * (1 + TWICE))
    assert found["lost"].holds
    assert found["doubled"].holds
    assert found["effects"].figure > 0
