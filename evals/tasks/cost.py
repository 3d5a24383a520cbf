"""What a case costs: model calls, tokens, money and the model's time; for the embedded reasoner processor and clock.

Measured on the shipped scenes, the whole way from the event to its decisions and effects, one after the other.
"""

from collections.abc import Sequence
from typing import Any

from evals.intervals import Estimate, mean, quantile
from evals.prepared import Answer, Files, Prepared, SetUnusable
from evals.scenes.playing import Theatre
from evals.scenes.scene import SceneUnusable, scenes
from evals.tasks.end_to_end import SCENES

SAMPLE = 3
"""Of the shipped scenes each third is played: the figures are means, and the others are like them."""


def prepare(name: str, files: Files) -> Prepared:
    files.none_given(name, "the service on the shipped scenes")
    try:
        played = scenes(SCENES)[::SAMPLE]
    except SceneUnusable as error:
        raise SetUnusable(str(error)) from error
    reasoner = files.read_by()

    def answer(places: Sequence[int]) -> list[Answer]:
        with Theatre(reasoner) as theatre:
            theatre.play(played[0])  # what is loaded once is no case's
            return [theatre.play(played[place]).cost for place in places]

    return Prepared(
        [one.id for one in played], answer, figures, None, None, {"reasoner": files.reasoner},
        ids=[one.id for one in played],
    )  # fmt: skip


def figures(truths: Sequence[Any], said: Sequence[Answer]) -> dict[str, Estimate]:
    """A case each: means of calls, tokens and millionths of money; milliseconds as means and upper quantiles.

    Money is 0 where no price is known (COUNTERSIGN_MODEL_INPUT_PRICE, COUNTERSIGN_MODEL_OUTPUT_PRICE).
    """
    cases = [max(1, one["cases"]) for one in said]
    each = {name: [one[name] / n for one, n in zip(said, cases, strict=True)]
            for name in ("calls", "tokens", "cost_micros", "model_ms", "wall_ms", "cpu_ms")}  # fmt: skip
    return {
        "calls_per_case": mean(each["calls"]),
        "tokens_per_case": mean(each["tokens"]),
        "cost_micros_per_case": mean(each["cost_micros"]),
        "model_ms_per_case": mean(each["model_ms"]),
        "cpu_ms_per_case": mean(each["cpu_ms"]),
        "latency_ms_p50": quantile(each["wall_ms"], 0.5),
        "latency_ms_p95": quantile(each["wall_ms"], 0.95),
    }
