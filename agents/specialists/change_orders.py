"""Change orders: an effort that a text states, priced and planned on the records, as a draft order and an offer.

The effort is the customer's word and supported by nothing; what follows from it is the firm's own arithmetic.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from agents.extraction import extract, newest
from agents.extraction.effort import called_effort
from agents.situation import Situation, fact_id
from agents.specialists import change_books
from agents.specialists.letters import letter
from agents.steps import Earlier, Given, Step
from agents.wording import day, hours, line, money
from tools.pricing.books import Asked, Unpriceable
from tools.pricing.price import price
from tools.pricing.priced import Course, PricedChange
from tools.records import ChangeRequest, Contact, Contract, Customer, Person, Project

_EFFORT_RANGE = range(30, 2_000 * 60 + 1)


@dataclass(frozen=True)
class Unpriced:
    """An effort is stated, and the records leave no price for it; `why` for people."""

    minutes: int
    why: str


def stated_effort(text: str) -> int | None:
    """Minutes of effort that the newest part of a text states, if it states exactly one and it is plausible (30 min to
    2,000 h). A span of time that nothing calls work is none."""
    found = {one.minutes for one in called_effort(newest(text))}
    minutes = next(iter(found), None) if len(found) == 1 else None
    return minutes if minutes in _EFFORT_RANGE else None


def priced(situation: Situation, project: Project | None) -> PricedChange | Unpriced | None:
    """What the request comes to; None where nothing says how much work it is. Raises SourceUnavailable."""
    contract, text = situation.contract(), getattr(situation.data, "text", "")
    minutes = stated_effort(text)
    if situation.assessed.category != "scope_addition" or minutes is None or project is None:
        return None
    if not isinstance(contract, Contract):
        return Unpriced(minutes, f"the project's contract {project.contract_id} is not on record")
    books = change_books.read(situation, project, contract)
    skill = change_books.skill_for(books, text)
    pool = change_books.pool(situation, contract, skill) if skill and contract.hourly_rate_minor > 0 else None
    try:
        return price(books, Asked(minutes, _wanted_on(situation, text), skill), pool)
    except Unpriceable as error:
        return Unpriced(minutes, str(error))


def order(situation: Situation, project: Project, contract: Contract, change: PricedChange) -> Step:
    """`create_change_order`, with all that its price and plan rest on."""
    request, course = _request(situation), change.proposed
    return Step(
        "change_order", "create_change_order",
        {
            "project_id": situation.of(project, "id"),
            "change_request_id": situation.of(request, "id") if request else Given(None),
            # Nothing but the project's own name: words of our own, written twice, would count as quoted from the first
            # order, which is a model's writing and as such no word of the firm's.
            "title": Given(line(situation.called(project)), (fact_id(project, "name"),), "the project's name"),
            "minutes": Given(change.minutes, ("event#text",), "effort as the text states it; no record supports it"),
            "amount_minor": Given(
                change.price_minor, (fact_id(contract, "hourly_rate_minor"), "event#text"),
                "the contract's hourly rate × the stated effort, rounded up",
            ),
            "currency": situation.of(project, "currency"),
        },
        rationale=" ".join([_why(situation, contract, change), _plan(course, change), _forecast(change)]),
        evidence=_evidence(project, contract),
        triggered_by=["event#text"],
        alternatives=[*(_alternative(one, change) for one in change.courses[1:]),
                      "Have the lead estimate it before anything is drafted."],
        ungrounded=[f"effort of {hours(change.minutes)}"],
        change=change,
    )  # fmt: skip


def offer(
    situation: Situation, project: Project, contract: Contract, change: PricedChange, contact: Contact,
    customer: Customer, lead: Person,
) -> Step:  # fmt: skip
    """The message that goes with the order, and only once there is that order."""
    called, course = situation.called(project), change.proposed
    opening = (
        f"thank you for your message about {called}. {hours(change.minutes)} of work, as you put it, come to "
        f"{money(change.price_minor, change.currency)} at the rate of {contract.title}. By our present plan it would "
        f"be done on {day(course.done_on)}."
    )
    closing = (
        f"This is a draft. {lead.name} will settle the details with you. Until a change order is signed, nothing "
        "changes in what we agreed."
    )
    written = letter(
        situation, "offer", contact, customer, lead,
        purpose="say what the addition comes to as a draft; promise nothing",
        subject=line(f"Your addition to {called}: a draft"),
        paragraphs=[opening, "\n".join(change.terms), closing],
        facts=[
            fact_id(project, "name"),
            *(fact_id(contract, field) for field in ("title", "hourly_rate_minor", "payment_days", "currency")),
        ],
        why=f"Who asked should read the same price and day as the draft order. It goes to {contact.name}.",
        triggered_by=("event#text",),
        computed=_said(change, course),
        ungrounded=[f"effort of {hours(change.minutes)}"],
    )  # fmt: skip
    return replace(written, args={**written.args, "change_order_id": Earlier("change_order", "change_order_id")})


def _said(change: PricedChange, course: Course) -> Sequence[int | date]:
    included = change.minutes - change.price_minor * 60 // change.rate_minor
    return (
        change.minutes, included, change.minutes - included, change.price_minor, change.rate_minor, course.done_on,
    )  # fmt: skip


def _why(situation: Situation, contract: Contract, change: PricedChange) -> str:
    rate = money(change.rate_minor, change.currency)
    listed = change.list_rate_minor
    card = f" The rate card asks {money(listed, change.currency)} for its team." if listed is not None else ""
    return (
        f"The request reads as an addition ({situation.assessed.confidence} % sure) and states an effort of "
        f"{hours(change.minutes)}. At {rate} an hour by {contract.title} that is "
        f"{money(change.price_minor, change.currency)}.{card} Nobody in the firm has estimated the effort."
    )


def _plan(course: Course, change: PricedChange) -> str:
    cost, margin = (money(one, change.currency) for one in (course.cost_minor, course.margin_minor))
    before = change.before.finish_on
    without = "as without it" if before == course.finish_on else f"and {day(before)} without it"
    return (
        f"{course.title}: done on {day(course.done_on)}, at a cost of {cost}, a margin of {margin}; "
        f"the project ends on {day(course.finish_on)}, {without}. {course.tradeoff}"
    )


def _forecast(change: PricedChange) -> str:
    pace = change.pace
    if pace.error_bp is None:
        return f"Forecast by {pace.method}; no past month is on record to test that on."
    missed = f"{pace.error_bp / 100:.1f} %"
    return f"Forecast by {pace.method}; over {pace.tests} past months that missed the time worked by {missed}."


def _alternative(course: Course, change: PricedChange) -> str:
    slips = [f"{one.record} from {day(one.before_on)} to {day(one.after_on)}" for one in course.others]
    moves = f" It moves {', '.join(slips)}." if slips else ""
    return (
        f"{course.title}: done on {day(course.done_on)}, the project on {day(course.finish_on)}, cost "
        f"{money(course.cost_minor, change.currency)}, margin {money(course.margin_minor, change.currency)}."
        f"{moves} {course.tradeoff}"
    )


def _evidence(project: Project, contract: Contract) -> list[str]:
    named = ("title", "type", "hourly_rate_minor", "currency", "payment_days", "value_minor", "cap_minor", "end_on")
    found = [fact_id(contract, field) for field in named]
    found += [fact_id(project, field) for field in ("end_on", "budget_minor", "spent_minor")]
    found += [f"forecast/{project.id}#{field}" for field in ("remaining_minutes", "finish_on")]
    return found


def _request(situation: Situation) -> ChangeRequest | None:
    ident = getattr(situation.data, "change_request_id", None)
    return situation.record(ChangeRequest, ident) if ident else None


def _wanted_on(situation: Situation, text: str) -> date | None:
    """The one day from today on that the text names."""
    customer = situation.customer()
    locale = "de-DE" if customer and customer.language == "de" else "en-GB"
    days = {one.day for one in extract(text, situation.now, locale) if one.day and one.day >= situation.today}
    return next(iter(days)) if len(days) == 1 else None
