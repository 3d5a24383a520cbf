from typing import Any

import pytest

from evals.tasks import summaries

WANT = {"section": "waiting", "has": ["Harlow", "6,720.00"], "amount_minor": 672_000}
TRUTH: dict[str, Any] = {"tell": [WANT], "not": ["Joan"]}


def answer(text: str = "Harlow waits over EUR 6,720.00.", **more: Any) -> dict[str, Any]:
    statement = {"section": "waiting", "text": text, "amount_minor": 672_000, "untraced": [], "worded": True} | more
    return {"statements": [statement], "paragraphs": [text], "headline": "1 wait.", "replaced": 0}


def test_a_sound_summary_passes() -> None:
    found = summaries.figures([TRUTH], [answer()])
    assert [found[name].value for name in ("traced", "told", "worded", "clean", "passed")] == [1.0] * 5


@pytest.mark.parametrize(
    ("flawed", "figure"),
    [
        (answer(untraced=["it counts 2 and names 1"]), "traced"),
        (answer("Somebody waits over EUR 6,720.00."), "told"),
        (answer(section="money"), "told"),
        (answer(amount_minor=1), "told"),
        (answer(worded=False), "worded"),
        (answer("Harlow waits over EUR 6,720.00, says Joan."), "clean"),
    ],
)
def test_each_flaw_costs_its_own_figure(flawed: dict[str, Any], figure: str) -> None:
    found = summaries.figures([TRUTH], [flawed])
    wrong = {name for name in ("traced", "told", "worded", "clean") if found[name].value < 1.0}
    assert wrong == {figure}
    assert found["passed"].value == 0.0
