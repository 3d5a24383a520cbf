"""Priced change: what a change request comes to, as people see it who decide on it."""

from typing import Annotated, Literal

from pydantic import Field

from tools.values import Currency, Day, Id, Line, Minor, Text, Value

Way = Literal["first", "after", "unbooked", "ahead", "person", "swap"]
Minutes = Annotated[int, Field(ge=0)]


class Part(Value):
    """Somebody's minutes on the change; whole minutes, while costs are of the exact ones."""

    person_id: Id
    minutes: Minutes


class Moved(Value):
    """A day that moves: of a milestone its date, of another project its finish by its bookings."""

    record: Line
    before_on: Day
    after_on: Day


class Course(Value):
    """One way to do the change. `done_on` is the change's own end, `finish_on` the project's.

    Amounts are minor units of the contract's currency. `cost_minor` is the firm's for the change alone, `price_minor`
    the customer's; the margin is the difference.
    """

    way: Way
    title: Line
    done_on: Day
    finish_on: Day
    cost_minor: Minor
    price_minor: Minor
    margin_minor: Minor
    who: list[Part]
    milestones: list[Moved] = []
    others: list[Moved] = []
    tradeoff: Text


class Pace(Value):
    """How work is forecast. `percent` of booked time is taken to be worked.

    `error_bp`: by how much, in basis points, a month forecast in this way missed the time booked in it, on average of
    `tests` past months; `plain_error_bp` the same of bookings taken as they stand. None where no past month is on
    record to test on.
    """

    method: Line
    percent: Annotated[int, Field(ge=1)]
    error_bp: Minutes | None = None
    plain_error_bp: Minutes | None = None
    tests: Minutes = 0


class Standing(Value):
    """The project's open work: minutes left, when it is done, and what it brings and costs from today on.

    `earned_minor` is None where the records do not say what the rest brings.
    """

    minutes: Minutes
    finish_on: Day
    cost_minor: Minor
    earned_minor: Minor | None
    margin_minor: Minor | None


class PricedChange(Value):
    """`list_rate_minor`: what the rate card asks an hour for the team, None where it does not say.

    `courses` start with the one proposed. `early_on` and `late_on` are the finish if the forecast errs as it did.

    `terms` are those of the change order; `findings` what the records leave open.
    """

    project_id: Id
    contract_id: Id
    contract_type: Literal["fixed_price", "time_and_materials", "retainer"]
    currency: Currency
    minutes: Annotated[int, Field(gt=0)]
    rate_minor: Minor
    list_rate_minor: Minor | None
    price_minor: Minor
    wanted_on: Day | None
    today: Day
    before: Standing
    after: Standing
    early_on: Day | None
    late_on: Day | None
    pace: Pace
    courses: Annotated[list[Course], Field(min_length=1)]
    terms: list[Text]
    findings: list[Line] = []

    @property
    def proposed(self) -> Course:
        return self.courses[0]
