"""Price: a change request on the firm's records, from its effort to the terms of its order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from tools.pricing import terms
from tools.pricing.books import REFUSED, Asked, ChangeBooks, Unpriceable, faults
from tools.pricing.capacity import UNITS
from tools.pricing.courses import Courses
from tools.pricing.list_rate import list_rate
from tools.pricing.pace import pace
from tools.pricing.plan import Plan, Unending
from tools.pricing.priced import Course, Pace, PricedChange, Standing
from tools.staffing.books import Books
from tools.staffing.findings import Finding
from tools.values import MAX_MINOR
from tools.wording import day, line, money


def price(books: ChangeBooks, asked: Asked, pool: Books | None = None) -> PricedChange:
    """The change with the plan before and after it. `pool` is who may be asked beside the team, None for nobody.

    Raises Unpriceable where the records leave no answer that could be stood by.
    """
    if wrong := faults(books, asked):
        raise Unpriceable(wrong)
    forecast = pace(books)
    plan = Plan(books, forecast.percent)
    charged = terms.charge(books, asked.minutes, plan.capacity, plan.at(plan.unbooked))
    try:
        before = _standing(plan)
        courses = Courses(plan, asked, charged.price_minor, pool).all()
    except Unending as error:
        raise Unpriceable([Finding(f"project/{error.project_id}", "id", str(error), REFUSED)]) from None
    chosen, contract = courses[0], books.contract
    if charged.price_minor > MAX_MINOR:
        raise Unpriceable([Finding("event", "text", "the price is beyond any contract", REFUSED)])
    early, late = _range(plan, chosen, forecast)
    listed, under = list_rate(books)
    return PricedChange(
        project_id=books.project.id, contract_id=contract.id, contract_type=contract.type, currency=contract.currency,
        minutes=asked.minutes, rate_minor=contract.hourly_rate_minor, price_minor=charged.price_minor,
        list_rate_minor=listed, wanted_on=asked.wanted_on, today=books.today, before=before,
        after=_after(before, chosen, asked.minutes), early_on=early, late_on=late, pace=forecast, courses=courses,
        terms=terms.wording(books, asked.minutes, charged, chosen.done_on),
        findings=[line(one) for one in (*_open(plan, asked, before, chosen), *under, *map(str, books.findings))],
    )  # fmt: skip


def _standing(plan: Plan) -> Standing:
    """The open work as it is. Raises Unending."""
    contract, project = plan.books.contract, plan.books.project
    done = plan.finish(plan.left)
    cost, minutes = plan.cost(done.by), plan.left // UNITS
    earned: int | None
    if contract.type == "time_and_materials":
        earned = minutes * contract.hourly_rate_minor // 60
        if contract.cap_minor is not None:
            earned = min(earned, max(0, contract.cap_minor - project.spent_minor))
    else:
        earned = contract.value_minor - project.spent_minor if contract.value_minor > 0 else None
    return Standing(
        minutes=minutes, finish_on=plan.books.day(done.day), cost_minor=cost, earned_minor=earned,
        margin_minor=None if earned is None else earned - cost,
    )  # fmt: skip


def _after(before: Standing, chosen: Course, minutes: int) -> Standing:
    earned = None if before.earned_minor is None else before.earned_minor + chosen.price_minor
    cost = before.cost_minor + chosen.cost_minor
    return before.model_copy(
        update={
            "minutes": before.minutes + minutes, "finish_on": chosen.finish_on, "cost_minor": cost,
            "earned_minor": earned, "margin_minor": None if earned is None else earned - cost,
        }
    )  # fmt: skip


def _range(plan: Plan, chosen: Course, forecast: Pace) -> tuple[date | None, date | None]:
    """The finish if a month's forecast errs as it did; none where it was never tested."""
    if forecast.error_bp is None:
        return None, None
    days = []
    for percent in _around(forecast):
        other = replace(plan, percent=max(1, percent))
        work = sum(one.minutes for one in chosen.who) * UNITS if chosen.way in ("first", "after") else 0
        try:
            days.append(max(plan.books.day(other.finish(plan.left + work).day), plan.books.today))
        except Unending:
            return None, None
    return days[0], days[1]


def _around(forecast: Pace) -> Iterator[int]:
    error = forecast.error_bp or 0
    yield forecast.percent * (10_000 + error) // 10_000
    yield forecast.percent * max(0, 10_000 - error) // 10_000


def _open(plan: Plan, asked: Asked, before: Standing, chosen: Course) -> Iterator[str]:
    """What people have to know before they agree."""
    contract, project = plan.books.contract, plan.books.project
    if project.budget_minor <= 0:
        told = (
            f"{money(project.budget_minor, project.currency)} is no budget; what the change leaves of it is not known"
        )
        yield f"{project.key}#budget_minor: {told}"
    if chosen.margin_minor < 0:
        yield f"{contract.key}#hourly_rate_minor: at this rate the change costs more than it brings"
    if contract.cap_minor is not None:
        ahead = before.minutes * contract.hourly_rate_minor // 60
        above = project.spent_minor + ahead + chosen.price_minor - contract.cap_minor
        if above > 0:
            yield f"{contract.key}#cap_minor: with the open work it is {money(above, contract.currency)} above the cap"
    if chosen.finish_on > contract.end_on:
        yield f"{contract.key}#end_on: the contract ends on {day(contract.end_on)}, the work on {day(chosen.finish_on)}"
    if asked.wanted_on is not None and chosen.done_on > asked.wanted_on:
        yield f"event#text: asked for by {day(asked.wanted_on)}, planned to be done on {day(chosen.done_on)}"
