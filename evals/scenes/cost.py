"""Cost: what a scene's cases took of models, told from the journal of model calls."""

from typing import Any

from sqlmodel import col, func, select

from app.store.engine import read_only
from app.store.models import Case, ModelCall
from evals.scenes.stage import Stage


def cost_of(stage: Stage) -> dict[str, Any]:
    """`cases`, and of all of them `calls`, `tokens`, `cost_micros` and `model_ms`."""
    with read_only(stage.context.engine) as session:
        cases = session.exec(select(func.count()).select_from(Case)).one()
        sums = session.exec(
            select(
                func.count(),
                func.coalesce(func.sum(col(ModelCall.prompt_tokens) + col(ModelCall.completion_tokens)), 0),
                func.coalesce(func.sum(col(ModelCall.cost_micros)), 0),
                func.coalesce(func.sum(col(ModelCall.latency_ms)), 0),
            ).select_from(ModelCall)
        ).one()
    names = ("calls", "tokens", "cost_micros", "model_ms")
    return {"cases": int(cases)} | {name: int(value) for name, value in zip(names, sums, strict=True)}
