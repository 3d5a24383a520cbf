"""Indicators: how much runs by itself, how long people take, what is taken back, how the business does, what is amiss.

The assistant's figures are counted from rows, the firm's from its records.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.actor import Actor
from app.context import Context
from app.store.engine import read_only
from app.store.models import Case, Decision, Execution, Review, TriageRun, Verdict
from app.views.automation import automated, waited_for_mode
from app.views.firm import firm_records
from app.views.pages import invalid_query
from app.views.sight import require_any_role, stamp
from tools.figures.business import business
from tools.figures.durations import percentile
from tools.figures.incidents import (
    Operation,
    WaitingReview,
    business_incidents,
    standard_limits,
    technical_incidents,
)
from tools.figures.sentiment import Heard
from tools.proposals import Sentiment

_MOST_SAMPLES = 20_000
_MOST_INCIDENTS = 200


def indicators(ground: Context, actor: Actor, days: int = 30) -> dict[str, Any]:
    """Of the last `days`, beside the same number of days before them. Rates are basis points of what `of` says,
    durations seconds; None: nothing to count. `business` is None where the records cannot be read.

    Raises Problem `invalid_query`.
    """
    require_any_role(actor)
    if not 1 <= days <= 365:
        raise invalid_query("/days", "must be a number from 1 to 365")
    now = ground.clock()
    since, limits = now - timedelta(days=days), standard_limits()
    with read_only(ground.engine) as session:
        present = _window(session, actor.tenant, since, now)
        before = _window(session, actor.tenant, since - timedelta(days=days), since)
        observed = _counted(
            session, Decision.effect, Decision.tenant == actor.tenant, col(Decision.at) >= since, col(Decision.observed)
        )  # fmt: skip
        pending: tuple[int, datetime | None] = session.exec(
            select(func.count(), func.min(col(Review.created_at))).where(
                col(Review.tenant) == actor.tenant, col(Review.status) == "pending"
            )
        ).one()
        waiting, operation = _longest(session, actor.tenant), _operation(session, actor.tenant, now)
        sounded = _counted(
            session, TriageRun.sentiment, TriageRun.tenant == actor.tenant, col(TriageRun.finished_at) >= since,
            col(TriageRun.status) == "done", col(TriageRun.sentiment).is_not(None),
        )  # fmt: skip
        lately = _heard(session, actor.tenant, now - timedelta(days=limits.business.displeased_days), now)
        alone = Counter(each.said for each in waited_for_mode(session, actor, since, now))
        switched = automated(session, actor.tenant, now, days)
    records = firm_records(ground, actor.tenant)
    oldest = pending[1]
    compared = ("automation_rate_bp", "reversal_rate_bp", "approved_as_proposed_bp", "approval_latency_s")
    return present | {
        "since": stamp(since), "until": stamp(now), "before": {name: before[name] for name in compared},
        "queue": {
            "pending": int(pending[0]), "oldest_age_s": int((now - oldest).total_seconds()) if oldest else None,
        },
        "observed": dict(observed), "sentiment": dict(sounded), "rules_alone": dict(alone),
        "automated": [each | {"at": stamp(each["at"])} for each in switched],
        "business": business(records).model_dump(mode="json") if records else None,
        "incidents": {
            "business": [
                one.model_dump(mode="json")
                for one in business_incidents(records, waiting, lately, now, limits.business)
            ],
            "technical": [
                one.model_dump(mode="json") for one in technical_incidents(operation, now, limits.technical)
            ],
        },
        "of": {
            "automation_rate_bp": "first decisions of proposals", "reversal_rate_bp": "executions that took effect",
            "approved_as_proposed_bp": "reviews that people decided",
        },
    }  # fmt: skip


def _window(session: Session, tenant: str, since: datetime, until: datetime) -> dict[str, Any]:
    """What happened from `since` up to `until`."""
    cases = _counts(session, Case, Case.opened_at, tenant, since, until)
    executions = _counts(session, Execution, Execution.created_at, tenant, since, until)
    effects = _counted(
        session, Decision.effect, Decision.tenant == tenant, col(Decision.at) >= since, col(Decision.at) < until,
        col(Decision.stage) == "propose",
    )  # fmt: skip
    verdicts = _counted(
        session, Verdict.verdict, Verdict.tenant == tenant, col(Verdict.at) >= since, col(Verdict.at) < until
    )  # fmt: skip
    decided = session.exec(
        select(Review.created_at, Review.decided_at, Review.status, Review.editor_ids)
        .where(
            col(Review.tenant) == tenant, col(Review.decided_at) >= since, col(Review.decided_at) < until,
            col(Review.status).in_(("approved", "rejected")),
        )
        .order_by(col(Review.id).desc())
        .limit(_MOST_SAMPLES)
    ).all()  # fmt: skip
    waits = sorted((end - created).total_seconds() if end else 0.0 for created, end, _, _ in decided)
    as_proposed = sum(status == "approved" and not editors for _, _, status, editors in decided)
    took_effect = executions["succeeded"] + executions["undone"]
    return {
        "cases": dict(cases), "decisions": dict(effects), "verdicts": dict(verdicts), "executions": dict(executions),
        "automation_rate_bp": _share(effects["auto"], effects.total()),
        "reversal_rate_bp": _share(executions["undone"], took_effect),
        "approved_as_proposed_bp": _share(as_proposed, len(decided)),
        "approval_latency_s": {
            "p50": _whole(percentile(waits, 50)), "p90": _whole(percentile(waits, 90)),
            "p95": _whole(percentile(waits, 95)), "n": len(waits),
        },
    }  # fmt: skip


def _heard(session: Session, tenant: str, since: datetime, until: datetime) -> list[Heard]:
    """How the texts of customers sounded when they were read last; one that was read again counts once."""
    query = (
        select(TriageRun.event_id, Case.customer_id, TriageRun.finished_at, TriageRun.sentiment)
        .join(Case, col(Case.id) == col(TriageRun.case_id))
        .where(
            col(TriageRun.tenant) == tenant, col(TriageRun.finished_at) >= since, col(TriageRun.finished_at) < until,
            col(TriageRun.sentiment).is_not(None), col(TriageRun.status) == "done", col(Case.customer_id).is_not(None),
        )
        .order_by(col(TriageRun.finished_at).desc(), col(TriageRun.id).desc())
        .limit(_MOST_SAMPLES)
    )  # fmt: skip
    newest = {
        event: Heard(str(customer), at or until, cast(Sentiment, sentiment))
        for event, customer, at, sentiment in reversed(session.exec(query).all())
    }
    return list(newest.values())


def _longest(session: Session, tenant: str) -> list[WaitingReview]:
    """The reviews that have waited longest."""
    query = select(Review.id, Review.tool, Review.created_at).where(
        col(Review.tenant) == tenant, col(Review.status) == "pending"
    )
    return [WaitingReview(*row) for row in session.exec(query.order_by(col(Review.created_at)).limit(_MOST_INCIDENTS))]


def _operation(session: Session, tenant: str, now: datetime) -> Operation:
    """How executions and cases went within the last day, and which executions nobody knows the end of."""
    since = now - timedelta(days=1)
    unknown = session.exec(
        select(Execution.id, Execution.created_at).where(
            col(Execution.tenant) == tenant, col(Execution.status) == "unknown"
        )
    ).all()
    failed = _counts(session, Execution, Execution.created_at, tenant, since, now)["failed"]
    cases = _counts(session, Case, Case.opened_at, tenant, since, now)["failed"]
    return Operation([(ident, at) for ident, at in unknown], failed, cases)


def _counted(session: Session, column: Any, *where: Any) -> Counter[str]:
    query = select(col(column), func.count()).where(*where).group_by(col(column))
    return Counter({name: int(count) for name, count in session.exec(query)})


def _counts(
    session: Session, model: type[Case] | type[Execution], at: Any, tenant: str, since: datetime, until: datetime
) -> Counter[str]:
    return _counted(session, model.status, col(model.tenant) == tenant, col(at) >= since, col(at) < until)


def _share(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole else None


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)
