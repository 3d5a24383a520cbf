"""Incidents: what has to be looked at now, by thresholds that are data; the firm's apart from the operator's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from tools.figures.business import FirmRecords
from tools.figures.sentiment import Heard, often_displeased
from tools.values import Line, Value

Limit = Annotated[int, Field(ge=1, le=100_000)]
Kind = Literal[
    "stalled_billing_approval", "stalled_approval", "held_invoice", "unassigned_project", "project_without_lead",
    "displeased_customer", "unknown_effect", "failed_effects", "failed_cases",
]  # fmt: skip
_OF_BILLING = frozenset({"release_invoice", "hold_invoice", "resume_invoice", "write_off", "reverse_write_off"})


class BusinessLimits(Value):
    stalled_billing_hours: Limit
    held_invoice_days: Limit
    unassigned_days: Limit
    leaderless_days: Limit
    stalled_review_hours: Limit
    displeased_times: Limit
    displeased_days: Limit


class TechnicalLimits(Value):
    unknown_minutes: Limit
    failed_in_a_day: Limit
    failed_cases_in_a_day: Limit


class Limits(Value):
    business: BusinessLimits
    technical: TechnicalLimits


@cache
def standard_limits() -> Limits:
    """Those that come with the product, `incidents.yaml`."""
    return Limits.model_validate(yaml.safe_load((Path(__file__).parent / "incidents.yaml").read_text("utf-8")))


class Incident(Value):
    """`about` is a record, a review or an execution by its id, None where it is a number of them."""

    kind: Kind
    about: Line | None
    says: Line


@dataclass(frozen=True)
class WaitingReview:
    id: str
    tool: str
    since: datetime


@dataclass(frozen=True)
class Operation:
    """How the service does. `unknown` are executions with the time since which their effect is not known."""

    unknown: Sequence[tuple[str, datetime]] = ()
    failed_in_a_day: int = 0
    failed_cases_in_a_day: int = 0


def business_incidents(
    records: FirmRecords | None, reviews: Sequence[WaitingReview], heard: Sequence[Heard], now: datetime,
    limits: BusinessLimits,
) -> list[Incident]:  # fmt: skip
    """`records` None: they could not be read, and nothing is said of them."""
    found = [*_stalled(reviews, now, limits), *_displeased(heard, now, limits)]
    return found if records is None else [*found, *_held(records, limits), *_unassigned(records, limits)]


def technical_incidents(operation: Operation, now: datetime, limits: TechnicalLimits) -> list[Incident]:
    found = []
    for ident, since in operation.unknown:
        if now - since >= timedelta(minutes=limits.unknown_minutes):
            minutes = int((now - since).total_seconds() // 60)
            says = f"whether it took effect has not been known for {minutes} min"
            found.append(Incident(kind="unknown_effect", about=ident, says=says))
    for kind, count, most in (
        ("failed_effects", operation.failed_in_a_day, limits.failed_in_a_day),
        ("failed_cases", operation.failed_cases_in_a_day, limits.failed_cases_in_a_day),
    ):
        if count >= most:
            found.append(Incident(kind=kind, about=None, says=f"{count} within a day"))  # type: ignore[arg-type]
    return found


def _stalled(reviews: Sequence[WaitingReview], now: datetime, limits: BusinessLimits) -> Iterator[Incident]:
    for one in reviews:
        billing = one.tool in _OF_BILLING
        most = limits.stalled_billing_hours if billing else limits.stalled_review_hours
        if now - one.since >= timedelta(hours=most):
            hours = int((now - one.since).total_seconds() // 3600)
            kind: Kind = "stalled_billing_approval" if billing else "stalled_approval"
            says = f"{one.tool.replace('_', ' ')} has waited for people for {hours} h"
            yield Incident(kind=kind, about=one.id, says=says)


def _displeased(heard: Sequence[Heard], now: datetime, limits: BusinessLimits) -> Iterator[Incident]:
    for one in often_displeased(heard, now, times=limits.displeased_times, days=limits.displeased_days):
        says = f"{one.negative} of {one.heard} texts within {limits.displeased_days} days sound displeased"
        yield Incident(kind="displeased_customer", about=f"customer/{one.customer}", says=says)


def _held(records: FirmRecords, limits: BusinessLimits) -> Iterator[Incident]:
    for one in records.invoices:
        days = (records.today - one.drafted_on).days
        if one.status == "held" and days >= limits.held_invoice_days:
            yield Incident(kind="held_invoice", about=str(one.key), says=f"drafted {days} days ago and on hold")


def _unassigned(records: FirmRecords, limits: BusinessLimits) -> Iterator[Incident]:
    staffed = {
        one.project_id for one in records.assignments
        if one.status != "released" and one.percent > 0 and one.end_on >= records.today
    }  # fmt: skip
    for one in records.projects:
        if one.status not in ("planned", "running"):
            continue
        ahead = (one.start_on - records.today).days
        says = f"starts in {ahead} days" if ahead > 0 else "runs"
        if one.id not in staffed and ahead <= limits.unassigned_days:
            yield Incident(kind="unassigned_project", about=str(one.key), says=f"it {says}, and nobody is on it")
        if one.lead_id is None and ahead <= limits.leaderless_days:
            yield Incident(kind="project_without_lead", about=str(one.key), says=f"it {says}, and nobody leads it")
