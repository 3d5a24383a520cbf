"""The detectors by what they look at, for whoever looks at a part of the books."""

from tools.billing.approvals import approvals
from tools.billing.bookings import closed_months, wrong_phases, wrong_projects
from tools.billing.books import Detector
from tools.billing.hours import duplicates, impossible_days, on_leave
from tools.billing.invoices import drafts
from tools.billing.master_data import calendars, people, projects, twins
from tools.billing.prices import discounts, stale_rates
from tools.billing.rates import rates
from tools.billing.spending import (
    late_expenses,
    odd_unit_prices,
    repeated_expenses,
    round_amounts,
    without_project,
)
from tools.billing.terms import differences, gaps, languages, unsound
from tools.record import Record
from tools.records import (
    Assignment,
    Calendar,
    Contract,
    Customer,
    DiscountRule,
    ExchangeRate,
    Expense,
    Period,
    Person,
    Project,
    PurchaseOrder,
    RateCard,
)

TIME: tuple[Detector, ...] = (
    rates, duplicates, impossible_days, on_leave, wrong_projects, wrong_phases, closed_months, approvals,
)  # fmt: skip
INVOICES: tuple[Detector, ...] = (drafts,)
SPENDING: tuple[Detector, ...] = (without_project, repeated_expenses, late_expenses, round_amounts, odd_unit_prices)
TERMS: tuple[Detector, ...] = (differences, unsound, gaps, languages, discounts, stale_rates)
MASTER_DATA: tuple[Detector, ...] = (people, calendars, projects, twins)
LOOK: tuple[Detector, ...] = (approvals, *SPENDING, *TERMS, *MASTER_DATA)
"""What no event tells of: found by looking through the records of the kinds in `LOOKED_THROUGH`, all of them."""
LOOKED_THROUGH: tuple[type[Record], ...] = (
    Customer, Contract, Project, Person, Calendar, Assignment, Expense, PurchaseOrder, RateCard, DiscountRule,
    ExchangeRate, Period,
)  # fmt: skip
ALL: tuple[Detector, ...] = (*TIME, *INVOICES, *SPENDING, *TERMS, *MASTER_DATA)
