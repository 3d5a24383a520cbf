"""Health: how an account is doing, before its contract is renewed: 100 points less what its records show against it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from tools.figures.business import spends_faster
from tools.record import fact_id
from tools.records import Contract, Forecast, Invoice, Milestone, Project, Ticket
from tools.renewal.limits import Grade, Limits, SignKind, standard_limits
from tools.values import Line, Value
from tools.wording import day

_URGENT = ("p1", "p2")


@dataclass(frozen=True)
class AccountRecords:
    """One contract and what was done, billed and complained about under it."""

    contract: Contract
    projects: Sequence[Project] = ()
    forecasts: Sequence[Forecast] = ()
    milestones: Sequence[Milestone] = ()
    invoices: Sequence[Invoice] = ()
    tickets: Sequence[Ticket] = ()


class Sign(Value):
    """Something that speaks against an account's health; `facts` are the ids of the fields that say so."""

    kind: SignKind
    says: Line
    facts: list[str]


class Health(Value):
    """`score` of 0 to 100, None where there is nothing to judge by. `unjudged` says what could not be looked at."""

    grade: Grade
    score: Annotated[int, Field(ge=0, le=100)] | None
    signs: list[Sign]
    unjudged: list[Line]


def health(records: AccountRecords, today: date, limits: Limits | None = None) -> Health:
    """How the account is doing on `today`; nothing is made up where a budget or a forecast is missing."""
    limits = limits or standard_limits()
    forecasts = {one.id: one for one in records.forecasts}
    running = [one for one in records.projects if one.status in ("running", "on_hold")]
    unjudged = [f"project {one.id} has no budget" for one in running if one.budget_minor <= 0]
    unjudged += [f"project {one.id} has no forecast" for one in running if one.id not in forecasts]
    if not records.projects and not records.invoices:
        return Health(grade="unknown", score=None, signs=[], unjudged=["no work and no invoice is on record"])
    signs = [
        *_of_projects(running, forecasts, today), *_overdue(records.milestones, today), *_urgent(records.tickets),
        *_billing(records, today, limits), *_written_off(records.invoices, limits),
    ]  # fmt: skip
    counts = Counter(one.kind for one in signs)
    taken = sum(min(limits.signs[kind].each * count, limits.signs[kind].most) for kind, count in counts.items())
    score = max(0, 100 - taken)
    grade: Grade = "good" if score >= limits.good_from else "fair" if score >= limits.fair_from else "poor"
    return Health(grade=grade, score=score, signs=signs, unjudged=unjudged)


def _of_projects(running: Iterable[Project], forecasts: dict[str, Forecast], today: date) -> Iterator[Sign]:
    for one in running:
        forecast = forecasts.get(one.id)
        if forecast is not None and forecast.finish_on > one.end_on:
            yield Sign(
                kind="late_forecast",
                says=f"project {one.id}: forecast finish {day(forecast.finish_on)}, end {day(one.end_on)}",
                facts=[fact_id(forecast, "finish_on"), fact_id(one, "end_on")],
            )
        if one.budget_minor > 0 and spends_faster(one, today):
            share = one.spent_minor * 100 // one.budget_minor
            yield Sign(
                kind="fast_spending", says=f"project {one.id}: {share} % of the budget spent, ahead of time",
                facts=[fact_id(one, "spent_minor"), fact_id(one, "budget_minor")],
            )  # fmt: skip


def _overdue(milestones: Iterable[Milestone], today: date) -> Iterator[Sign]:
    for one in milestones:
        if one.status in ("planned", "in_progress") and one.due_on < today:
            yield Sign(
                kind="overdue_milestone", says=f"milestone {one.id}: due {day(one.due_on)}, not completed",
                facts=[fact_id(one, "due_on"), fact_id(one, "status")],
            )  # fmt: skip


def _urgent(tickets: Iterable[Ticket]) -> Iterator[Sign]:
    for one in tickets:
        if one.priority in _URGENT and one.status != "closed":
            yield Sign(
                kind="urgent_ticket", says=f"ticket {one.id}: priority {one.priority}, not closed",
                facts=[fact_id(one, "priority"), fact_id(one, "status")],
            )  # fmt: skip


def _billing(records: AccountRecords, today: date, limits: Limits) -> Iterator[Sign]:
    grace = timedelta(days=records.contract.payment_days + limits.unpaid_days)
    for one in records.invoices:
        if one.status == "held":
            yield Sign(kind="held_invoice", says=f"invoice {one.id}: on hold", facts=[fact_id(one, "status")])
        elif one.status == "released" and one.drafted_on + grace < today:
            yield Sign(
                kind="unpaid_invoice", says=f"invoice {one.id}: drafted {day(one.drafted_on)}, not paid",
                facts=[fact_id(one, "drafted_on"), fact_id(one, "status")],
            )  # fmt: skip


def _written_off(invoices: Iterable[Invoice], limits: Limits) -> Iterator[Sign]:
    """By currency: amounts of two currencies are not added up."""
    by_currency: dict[str, list[Invoice]] = defaultdict(list)
    for one in invoices:
        if one.status != "draft":
            by_currency[one.currency].append(one)
    for currency, several in sorted(by_currency.items()):
        billed, off = sum(one.amount_minor for one in several), sum(one.written_off_minor for one in several)
        if billed > 0 and off * 100 > billed * limits.write_off_percent:
            yield Sign(
                kind="write_off", says=f"{off * 100 // billed} % of what was invoiced in {currency} was written off",
                facts=[fact_id(one, "written_off_minor") for one in several if one.written_off_minor],
            )  # fmt: skip
