"""Courses: the ways in which a change can be done, each with its days, cost and price."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tools.pricing.books import Asked
from tools.pricing.capacity import UNITS, Done
from tools.pricing.person import helper
from tools.pricing.plan import Plan, Unending
from tools.pricing.priced import Course, Moved, Part, Way
from tools.staffing.books import Books

TITLES: dict[Way, str] = {
    "unbooked": "The team does it in unbooked time",
    "first": "The team does it before its open work",
    "after": "The team does it after its open work",
    "ahead": "The team leaves other projects for it",
    "person": "One more person does it",
    "swap": "It takes the place of other scope",
}
_PROPOSED: tuple[Way, ...] = ("unbooked", "first", "after", "ahead")
"""Ways that need nobody's word but the team's; of the others people are told."""


@dataclass(frozen=True)
class Courses:
    """`price` is minor units of the contract's currency; `pool` is who may be asked beside the team."""

    plan: Plan
    asked: Asked
    price: int
    pool: Books | None

    def all(self) -> list[Course]:
        """That which is proposed comes first: in time, without other projects slipping, without the project's own end
        moving, with the better margin, in this order. Raises Unending where the team can never do it."""
        found = list(self._found())
        finish = self._before.day
        best = min(
            (one for one in found if one.way in _PROPOSED),
            key=lambda one: (
                self._late(one.done_on), sum((each.after_on - each.before_on).days for each in one.others),
                (one.finish_on - self._day(finish)).days, -one.margin_minor,
            ),
        )  # fmt: skip
        return [best, *(one for one in found if one is not best)]

    def _found(self) -> Iterator[Course]:
        plan, work = self.plan, self.asked.minutes * UNITS
        beside = self._beside(plan.at(plan.unbooked))
        if beside is not None:
            told = "The finish stays; it takes all the time these people have left, and nobody has asked them yet."
            yield self._course("unbooked", beside.day, self._before.day, beside.by, told)
        whole = plan.finish(plan.left + work)
        more = [late - early for late, early in zip(whole.by, self._before.by, strict=True)]
        first = plan.finish(work)
        told = "The change is there soonest without touching other projects; everything else here waits for it."
        yield self._course("first", first.day, whole.day, more, told, plan.milestones(work))
        told = "No agreed date here moves; the change comes last."
        yield self._course("after", whole.day, whole.day, more, told)
        ahead = self._beside(plan.at(plan.elsewhere))
        others = self._slips(ahead) if ahead is not None else []
        if ahead is not None and others:
            told = "The change is there sooner and the finish stays; the other projects wait meanwhile."
            yield self._course("ahead", ahead.day, self._before.day, ahead.by, told, others=others)
        yield from self._by_one_more()
        if plan.left >= work:
            told = "Nothing is charged and the finish stays; the customer has to name what is left out."
            yield self._course("swap", first.day, self._before.day, [0] * len(plan.team), told, price=0)

    @cached_property
    def _before(self) -> Done:
        return self.plan.finish(self.plan.left)

    def _beside(self, team: list[list[int]]) -> Done | None:
        """When the change is done in this time, if that is before the open work is."""
        try:
            found = self.plan.finish(self.asked.minutes * UNITS, team)
        except Unending:
            return None
        return found if found.day <= self._before.day else None

    def _slips(self, ahead: Done) -> list[Moved]:
        try:
            return self.plan.others(ahead.day)
        except Unending:
            return []

    def _by_one_more(self) -> Iterator[Course]:
        plan, skill = self.plan, self.asked.skill
        if self.pool is None or skill is None:
            return
        contract = plan.books.contract
        one = helper(self.pool, contract, self.asked.minutes, skill, [each.id for each in plan.team])
        if one is None:
            return
        cost = plan.in_contract(one.cost)
        agree = "The line manager has to agree" if one.manager_id else "Somebody has to agree"
        told = f"The team's work goes on; somebody new has to be briefed. {agree} to {one.percent} % of the week."
        finish = max(self._day(self._before.day), one.end_on)
        yield Course(
            way="person", title=TITLES["person"], done_on=one.end_on, finish_on=finish, cost_minor=cost,
            price_minor=self.price, margin_minor=self.price - cost, tradeoff=told,
            who=[Part(person_id=one.person_id, minutes=self.asked.minutes)],
        )  # fmt: skip

    def _course(
        self, way: Way, done: int, finish: int, by: list[int] | tuple[int, ...], told: str,
        milestones: list[Moved] | None = None, others: list[Moved] | None = None, price: int | None = None,
    ) -> Course:  # fmt: skip
        charged = self.price if price is None else price
        cost = self.plan.cost(by)
        return Course(
            way=way, title=TITLES[way], done_on=self._day(done), finish_on=self._day(max(done, finish)),
            cost_minor=cost, price_minor=charged, margin_minor=charged - cost, who=self.plan.who(by),
            milestones=milestones or [], others=others or [], tradeoff=told,
        )  # fmt: skip

    def _day(self, number: int) -> date:
        return self.plan.books.day(number)

    def _late(self, day: date) -> int:
        return max(0, (day - self.asked.wanted_on).days) if self.asked.wanted_on else 0
