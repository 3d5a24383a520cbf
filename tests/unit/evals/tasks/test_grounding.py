"""The set that grounding is measured by, and the least that it must reach."""

import pytest
import yaml

from agents.grounding import Grounds
from evals.tasks.grounding import SET, Desk, figures, is_marked


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(yaml.safe_load(SET.read_text(encoding="utf-8")))


def test_the_letters_themselves_say_nothing_untraced(desk: Desk) -> None:
    assert {name: desk.untraced(meant, meant.body) for name, meant in desk.letters.items()} == {
        "slip": [], "ack": [], "bill": [],
    }  # fmt: skip


def test_what_no_fact_supports_is_marked_and_little_else(desk: Desk) -> None:
    truths = [vars(one) for one in desk.statements]
    found = figures(truths, [{"marked": desk.marked(one)} for one in desk.statements])
    assert found["planted_marked"].value >= 0.98
    assert found["grounded_marked"].value <= 0.1


def test_a_mark_elsewhere_is_no_hit() -> None:
    planted = {"invented": ["14"]}
    assert not is_marked(planted, {"marked": ["screens"]})
    assert is_marked(planted, {"marked": ["14 screens"]})
    assert not is_marked({"invented": []}, {"marked": []})
    assert is_marked({"invented": []}, {"marked": ["screens"]})


def test_without_marking_the_figures_fall(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Grounds, "untraced", lambda self, step: [])
    found = figures([vars(one) for one in desk.statements], [{"marked": desk.marked(one)} for one in desk.statements])
    assert (found["planted_marked"].value, found["grounded_unmarked"].value) == (0, 1)
