"""Indicators: how much runs by itself, how long people take, how often something is taken back. Counted from rows."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.actor import Actor
from app.ground import Ground
from app.store.engine import read_only
from app.store.models import Case, Decision, Execution, Review, Verdict
from app.views.pages import invalid_query
from app.views.sight import require_any_role, stamp

_MOST_SAMPLES = 20_000


def indicators(ground: Ground, actor: Actor, days: int = 30) -> dict[str, Any]:
    """Of the last `days`. Rates are basis points of what `of` says, durations seconds; None: nothing to count.

    Raises Problem `invalid_query`.
    """
    require_any_role(actor)
    if not 1 <= days <= 365:
        raise invalid_query("/days", "must be a number from 1 to 365")
    now = ground.clock()
    since = now - timedelta(days=days)
    with read_only(ground.engine) as session:
        cases = _counts(session, Case, Case.opened_at, actor.tenant, since)
        executions = _counts(session, Execution, Execution.created_at, actor.tenant, since)
        effects = Counter[str]()
        for effect, count in session.exec(
            select(col(Decision.effect), func.count())
            .where(col(Decision.tenant) == actor.tenant, col(Decision.at) >= since, col(Decision.stage) == "propose")
            .group_by(col(Decision.effect))
        ):
            effects[effect] = int(count)
        verdicts = {
            verdict: int(count)
            for verdict, count in session.exec(
                select(col(Verdict.verdict), func.count())
                .where(col(Verdict.tenant) == actor.tenant, col(Verdict.at) >= since)
                .group_by(col(Verdict.verdict))
            )
        }
        waits = sorted(
            (decided - created).total_seconds() if decided else 0.0
            for created, decided in session.exec(
                select(Review.created_at, Review.decided_at)
                .where(
                    col(Review.tenant) == actor.tenant, col(Review.decided_at) >= since,
                    col(Review.status).in_(("approved", "rejected")),
                )
                .order_by(col(Review.id).desc())
                .limit(_MOST_SAMPLES)
            )
        )  # fmt: skip
        pending = session.exec(
            select(func.count(), func.min(col(Review.created_at))).where(
                col(Review.tenant) == actor.tenant, col(Review.status) == "pending"
            )
        ).one()
    oldest: datetime | None = pending[1]
    took_effect = executions["succeeded"] + executions["undone"]
    return {
        "since": stamp(since), "until": stamp(now),
        "cases": dict(cases), "decisions": dict(effects), "verdicts": verdicts, "executions": dict(executions),
        "automation_rate_bp": _share(effects["auto"], effects.total()),
        "reversal_rate_bp": _share(executions["undone"], took_effect),
        "approval_latency_s": {"p50": _percentile(waits, 50), "p90": _percentile(waits, 90), "n": len(waits)},
        "queue": {
            "pending": int(pending[0]),
            "oldest_age_s": int((now - oldest).total_seconds()) if oldest else None,
        },
        "of": {
            "automation_rate_bp": "first decisions of proposals", "reversal_rate_bp": "executions that took effect",
        },
    }  # fmt: skip


def _counts(session: Session, model: type[Case] | type[Execution], at: Any, tenant: str, since: Any) -> Counter[str]:
    query = select(col(model.status), func.count()).where(col(model.tenant) == tenant, col(at) >= since)
    return Counter({status: int(count) for status, count in session.exec(query.group_by(col(model.status)))})


def _share(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole else None


def _percentile(ordered: list[float], percent: int) -> int | None:
    """Nearest rank."""
    return int(ordered[max(0, -(-len(ordered) * percent // 100) - 1)]) if ordered else None
