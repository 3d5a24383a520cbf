"""Tracing a statement recounts it from the rows: what was changed in it afterwards is found."""

from typing import Any

import pytest

from agents.reasoners.embedded.encoder import Encoder
from agents.reasoners.embedded.reasoner import EmbeddedReasoner
from app.store.engine import read_only
from app.workflow.summaries import exception_summary
from evals.scenes.playing import Theatre
from evals.scenes.scene import read_yaml
from evals.scenes.tracing import untraced
from evals.tasks.summaries import MORNINGS, _scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_statement_that_was_tampered_with_is_found(encoder: Encoder) -> None:
    scene = _scene(next(one for one in read_yaml(MORNINGS) if one["id"] == "one-invoice-waits-for-two-days"))
    with Theatre(EmbeddedReasoner(encoder)) as theatre, theatre.set_up(scene) as stage:
        stage.play(scene.steps)
        found = exception_summary(stage.context, stage.person("cora"), since="2026-03-01")
        sound = next(one for part in found["sections"] for one in part["statements"] if part["name"] == "waiting")
        with read_only(stage.context.engine) as session:
            assert untraced(stage, session, sound) == []
            flawed: list[dict[str, Any]] = [
                {"refs": []},
                {"refs": [{"kind": "review", "id": "rev_none"}]},
                {"refs": [{"kind": "entry", "id": "99999"}]},
                {"count": 2},
                {"amount_minor": 1},
                {"text": sound["text"].replace("6,720.00", "9,720.00")},
                {"text": sound["text"].replace("Harlow Insurance", "Orion Freight")},
            ]
            for change in flawed:
                assert untraced(stage, session, sound | change), change
