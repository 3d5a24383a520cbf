"""Mistakes in contracts as the systems hold them, in prices, and in the data that everything rests on."""

from datetime import timedelta

from tools.connectors.sandbox.mistakes import Culprit, Mistake
from tools.records import Assignment, Contract, Customer, ExchangeRate, Person, Project


def _contract(by: Culprit) -> Contract:
    return by.pick(Contract, lambda one: one.status in ("active", "expiring"))


def not_carried_over(by: Culprit) -> None:
    """An amendment that one system never heard of, or a typing error while it was entered."""
    contract = _contract(by)
    other = {
        "value_minor": contract.value_minor * by.rng.choice((9, 11)) // 10,
        "hourly_rate_minor": contract.hourly_rate_minor + by.rng.choice((-500, 300, 1_000)),
        "cap_minor": (contract.cap_minor or contract.value_minor) + 500_000,
        "end_on": contract.end_on - timedelta(days=by.rng.randrange(20, 90)),
        "start_on": contract.start_on + timedelta(days=by.rng.choice((-31, 7, 31))),
        "payment_days": 90 if contract.payment_days != 90 else 30,
        "currency": "CHF",
        "type": "retainer" if contract.type != "retainer" else "time_and_materials",
        "billing_contact_id": "cnt-51",
    }
    terms = [one for one in other if one != "cap_minor" or contract.cap_minor is not None]
    term = terms[by.rng.randrange(len(terms))]
    by.note("terms_differ", by.change(contract, **{f"{by.rng.choice(('crm', 'erp'))}_{term}": other[term]}))


def half_entered(by: Culprit) -> None:
    """A contract that is about to start, and that somebody stopped entering half-way."""
    contract = by.pick(Contract, lambda one: one.id not in _begun(by))
    start_on = max(contract.start_on, by.today + timedelta(days=3))
    system = by.rng.choice(("crm", "erp"))
    changed = by.change(
        contract, start_on=start_on, crm_start_on=start_on, erp_start_on=start_on,
        **{f"{system}_{term}": None for term in ("payment_days", "billing_contact_id")},
    )  # fmt: skip
    by.note("terms_missing", changed)


def _begun(by: Culprit) -> set[str]:
    """Contracts that somebody works on, or has."""
    return {one.contract_id for one in by.all(Project) if one.status in ("running", "done")}


def years_mixed_up(by: Culprit) -> None:
    """A contract about to start, whose end was signed off a year or two too early."""
    contract = by.pick(Contract, lambda one: one.id not in _begun(by) and one.status != "ended")
    end_on = contract.start_on - timedelta(days=by.rng.randrange(30, 400))
    by.note("terms_impossible", by.change(contract, end_on=end_on, crm_end_on=end_on, erp_end_on=end_on))


def foreign_language(by: Culprit) -> None:
    by.note("language_unread", by.change(_contract(by), language=by.rng.choice(("fr", "it", "pl"))))


def given_away(by: Culprit) -> None:
    """A discount that nobody asked for."""
    staffed = {
        by.get(Project, one.project_id).contract_id for one in by.all(Assignment) if one.status == "confirmed"
    }  # fmt: skip
    contract = by.pick(Contract, lambda one: one.id in staffed and one.type != "time_and_materials")
    rate = contract.hourly_rate_minor * by.rng.randrange(50, 75) // 100
    by.note("rate_below_card", by.change(
        contract, hourly_rate_minor=rate, crm_hourly_rate_minor=rate, erp_hourly_rate_minor=rate,
        rate_since_on=by.today,
    ))  # fmt: skip


def unlisted_role(by: Culprit) -> None:
    seat = by.pick(Assignment, lambda one: one.status == "confirmed")
    project = by.get(Project, seat.project_id)
    contract = by.get(Contract, project.contract_id)
    by.touch(contract)
    by.change(seat, role="Site reliability engineer")
    by.note("rate_card_missing", contract)


def old_exchange_rate(by: Culprit) -> None:
    rates = [one for one in by.all(ExchangeRate) if one.id != one.base_currency and one.day == by.today]
    if rates:
        by.note("exchange_rate_stale", by.change(rates[0], day=by.today - timedelta(days=by.rng.randrange(9, 60))))


def no_skills(by: Culprit) -> None:
    by.note("skills_missing", by.change(by.pick(Person), skills=[]))


def calendar_forgotten(by: Culprit) -> None:
    """Somebody gave notice, or went on unpaid leave, and their bookings stayed."""
    person = _booked(by)
    gone = {"ends_on": by.today + timedelta(days=14)} if by.rng.random() < 0.5 else {"weekly_minutes": 0}
    by.note("calendar_stale", by.change(person, **gone))


def _booked(by: Culprit) -> Person:
    """A consultant with a month of bookings ahead."""
    seated = {
        one.person_id for one in by.all(Assignment)
        if one.status == "confirmed" and one.end_on > by.today + timedelta(days=30)
    }  # fmt: skip
    return by.pick(Person, lambda one: one.id in seated and one.title != "Delivery lead")


def no_calendar(by: Culprit) -> None:
    """The calendar was replaced by another one, and somebody was left behind."""
    by.note("calendar_missing", by.change(_booked(by), calendar_id=by.rng.choice((None, "cal-old"))))


def orphaned(by: Culprit) -> None:
    """Its lead left, or was never named."""
    project = by.pick(Project, lambda one: one.status == "running")
    by.note("orphan_project", by.change(project, lead_id=by.rng.choice((None, "per-99"))))


def no_budget(by: Culprit) -> None:
    by.note("budget_missing", by.change(by.pick(Project, lambda one: one.status == "running"), budget_minor=0))


def second_record(by: Culprit) -> None:
    """A customer entered anew by somebody who did not find it: other spelling, legal form, perhaps the domain."""
    customer = by.pick(Customer)
    typed = customer.name.replace("e", "ea", 1)
    name = by.rng.choice((customer.name.upper(), f"{customer.name} Ltd.", f"{customer.name} GmbH", typed, "Neukunde"))
    domain = customer.mail_domain if name == "Neukunde" or by.rng.random() < 0.5 else None
    by.note("customer_twice", by.copy(customer, name=name, mail_domain=domain))


IN_TERMS: dict[str, Mistake] = {
    one.__name__: one
    for one in (
        not_carried_over, half_entered, years_mixed_up, foreign_language, given_away, unlisted_role, old_exchange_rate,
        no_skills, calendar_forgotten, no_calendar, orphaned, no_budget, second_record,
    )
}  # fmt: skip
