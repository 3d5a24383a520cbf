from pathlib import Path

import pytest

from evals.scenes.firm import Snapshot, made, records
from evals.scenes.scene import SceneUnusable, scenes
from evals.tasks.end_to_end import SCENES
from tools.events import EVENT_TYPES, OWN_EVENTS
from tools.records import Invoice

SOUND = "- {id: one, title: One, steps: [{wait_h: 1}], expect: {}}\n"


def test_the_shipped_scenes_are_many_and_of_every_kind() -> None:
    shipped = scenes(SCENES)
    assert len(shipped) >= 40
    happens = {step.type for one in shipped for step in one.steps if step.type}
    assert happens == EVENT_TYPES.keys() - OWN_EVENTS
    asked = {step.triage["kind"] for one in shipped for step in one.steps if step.triage}
    assert asked == {"change_request", "ticket", "staffing_request", "billing_question", "other"}
    for one in shipped:
        assert records(one.given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {id: one, title: One, steps: [{wait_h: 1}], expect: {wish: 1}}", r"one\.yaml, scene one, expect/wish"),
        ("- {id: one, title: One, steps: [], expect: {}}", r"scene one, steps"),
        ("- {id: one, title: One, steps: [{wait_h: 1, type: a.b}], expect: {}}", "a step is one thing"),
        ("- just a text", "scene number 1"),
        ("- [unclosed", r"one\.yaml"),
        (SOUND + SOUND, "two scenes one"),
    ],
)
def test_a_scene_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "one.yaml").write_text(text)
    with pytest.raises(SceneUnusable, match=said):
        scenes(tmp_path)


def test_a_scene_has_the_firm_with_its_own_changes() -> None:
    firm = {str(one.key): one for one in records({"invoice": [{"id": "inv-001", "status": "paid"}]})}
    assert isinstance(firm["invoice/inv-001"], Invoice)
    assert firm["invoice/inv-001"].status == "paid"
    assert firm["invoice/inv-001"].amount_minor == 1_440_000
    with pytest.raises(SceneUnusable, match="invoice inv-001, status"):
        records({"invoice": [{"id": "inv-001", "status": "lost"}]})
    with pytest.raises(SceneUnusable, match="no kind of record bill"):
        made("bill", {"id": "b"})


def test_a_snapshot_tells_what_changed_and_what_is_new() -> None:
    before = Snapshot({"invoice/1": {"id": "1", "status": "draft"}, "task/1": {"id": "1", "note": "a"}})
    after = Snapshot({"invoice/1": {"id": "1", "status": "held", "why": "x"}, "task/2": {"id": "2"}})
    changed, created = after.since(before)
    assert changed == {"invoice/1": {"status": "held", "why": "x"}, "task/1": {"id": None, "note": None}}
    assert created == [{"kind": "task", "id": "2"}]
