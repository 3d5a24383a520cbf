"""The firm's customers with their contacts, vendors, opportunities, and the exchange rates it books at."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Literal

from tools.connectors.sandbox.book import make_id
from tools.connectors.sandbox.people import LEADS_IN_UNIT, PEOPLE_IN_UNIT, UNITS, names
from tools.records import Contact, Customer, DiscountRule, ExchangeRate, Opportunity, Period, Person, Vendor

# Name, language, time zone, currency. The two Brightwaters are different customers, as such pairs are in every CRM.
CUSTOMERS = (
    ("Aldermoor Insurance", "en", "Europe/London", "GBP"),
    ("Bergheim Maschinenbau", "de", "Europe/Berlin", "EUR"),
    ("Brightwater Energy", "en", "Europe/Dublin", "EUR"),
    ("Brightwater Energies", "en", "Europe/London", "EUR"),
    ("Calder Rail Services", "en", "Europe/London", "GBP"),
    ("Castellan Bank", "en", "Europe/Amsterdam", "EUR"),
    ("Dunmore Retail Group", "en", "Europe/Dublin", "EUR"),
    ("Eastgate Hospitals", "en", "Europe/London", "EUR"),
    ("Fairhaven Ports", "en", "Europe/Amsterdam", "EUR"),
    ("Feldkamp Logistik", "de", "Europe/Berlin", "EUR"),
    ("Granite Peak Software", "en", "America/Denver", "USD"),
    ("Harrow & Finch Legal", "en", "Europe/London", "EUR"),
    ("Isenthal Pharma", "de", "Europe/Zurich", "EUR"),
    ("Juniper Foods", "en", "America/New_York", "USD"),
    ("Kestrel Aerospace", "en", "Europe/London", "EUR"),
    ("Lumiere Cosmetiques", "fr", "Europe/Paris", "EUR"),
    ("Marlowe Publishing", "en", "America/New_York", "USD"),
    ("Nordhafen Stadtwerke", "de", "Europe/Berlin", "EUR"),
    ("Oakfield University", "en", "Europe/London", "EUR"),
    ("Pinecrest Telecom", "en", "America/Chicago", "USD"),
    ("Quarry Lane Homes", "en", "Europe/Dublin", "EUR"),
    ("Rivoire Transport", "fr", "Europe/Paris", "EUR"),
    ("Sable Point Hotels", "en", "Europe/Lisbon", "EUR"),
    ("Tidewell Analytics", "en", "Europe/Amsterdam", "EUR"),
    ("Verity Housing Trust", "en", "Europe/London", "EUR"),
)  # fmt: skip
_TIERS = ("strategic",) * 5 + ("key",) * 8 + ("standard",) * 12
_CONTACT_ROLES = ("Programme manager", "Head of IT", "Product owner", "Procurement manager", "Finance manager")
_OPPORTUNITIES = (
    "Data platform phase two", "Claims portal rebuild", "ERP readiness review", "Cloud cost programme",
    "Mobile app refresh", "Warehouse forecasting", "Identity migration", "Service desk takeover",
    "Reporting factory", "Supplier onboarding portal", "Pricing engine", "Archive migration",
)  # fmt: skip
DISCOUNTS: Mapping[Literal["strategic", "key", "standard"], int] = {"strategic": 30, "key": 25, "standard": 22}
EUR_PPM = {"EUR": 1_000_000, "USD": 920_000, "GBP": 1_170_000}


def domain_of(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split()) + ".example"


def make_customers(rng: Random, people: list[Person]) -> list[Customer]:
    tiers = list(_TIERS)
    rng.shuffle(tiers)
    customers = []
    for number, ((name, language, zone, _), tier) in enumerate(zip(CUSTOMERS, tiers, strict=True), 1):
        unit = number % len(UNITS)
        lead = people[unit * PEOPLE_IN_UNIT + 1 + number % LEADS_IN_UNIT]
        customers.append(Customer.model_validate({
            "id": make_id("customer", number), "unit": UNITS[unit], "name": name, "tier": tier, "language": language,
            "time_zone": zone, "mail_domain": domain_of(name), "account_lead_id": lead.id,
            "authors": {"*": "system/crm", "account_lead_id": "person/per-56"},
        }))  # fmt: skip
    return customers


def make_contacts(rng: Random, customers: list[Customer]) -> list[Contact]:
    """Two a customer, from the CRM; and at the end one that an inbound mail created, from an address of no customer."""
    called = iter(names(rng, 60))
    contacts: list[Contact] = []
    for customer in customers:
        for role in rng.sample(_CONTACT_ROLES, 2):
            name = next(called)
            contacts.append(Contact(
                id=make_id("contact", len(contacts) + 1), unit=customer.unit, authors={"*": "system/crm"},
                customer_id=customer.id, name=name, role=role,
                email=f"{name.lower().replace(' ', '.')}@{customer.mail_domain}",
            ))  # fmt: skip
    copied = contacts[4]
    first, _, last = copied.name.lower().partition(" ")
    contacts.append(Contact(
        id=make_id("contact", len(contacts) + 1), unit=copied.unit, authors={"*": "mail/inbound"},
        customer_id=copied.customer_id, name=copied.name, email=f"{first}.{last}.brightwater@freepost.example",
        role="Finance manager",
    ))  # fmt: skip
    return contacts


def billing_contact_of(customer: Customer) -> str:
    """The first of the two contacts that `make_contacts` gives the customer."""
    return make_id("contact", 2 * int(customer.id.partition("-")[2]) - 1)


def make_opportunities(rng: Random, customers: list[Customer], today: date) -> list[Opportunity]:
    stages = ("open",) * 8 + ("won", "lost", "lost", "lost")
    found = []
    for number, (title, stage) in enumerate(zip(_OPPORTUNITIES, stages, strict=True), 1):
        place = rng.randrange(len(customers))
        found.append(Opportunity.model_validate({
            "id": make_id("opportunity", number), "unit": customers[place].unit, "authors": {"*": "system/crm"},
            "customer_id": customers[place].id, "title": title, "stage": stage,
            "amount_minor": rng.randrange(40, 400) * 100_000, "currency": CUSTOMERS[place][3],
            "expected_start_on": today + timedelta(days=rng.randrange(20, 120)),
            "owner_id": customers[place].account_lead_id,
        }))  # fmt: skip
    return found


def make_vendors(rng: Random) -> list[Vendor]:
    titles = ("Halyard Cloud Hosting", "Pixel Mill Design", "Northline Recruiting", "Sestri Travel", "Tessera Licences")
    return [
        Vendor(
            id=make_id("vendor", number), authors={"*": "system/erp"}, name=title,
            bank_account=f"DE{rng.randrange(10, 99)}{rng.randrange(10**17, 10**18)}",
        )
        for number, title in enumerate(titles, 1)
    ]  # fmt: skip


def make_exchange_rates(today: date) -> list[ExchangeRate]:
    return [
        ExchangeRate(id=currency, authors={"*": "system/erp"}, base_currency="EUR", rate_ppm=ppm, day=today)
        for currency, ppm in EUR_PPM.items()
    ]


def make_discount_rules() -> list[DiscountRule]:
    return [
        DiscountRule(id=make_id("discount_rule", number), authors={"*": "system/erp"}, tier=tier, max_percent=most)
        for number, (tier, most) in enumerate(DISCOUNTS.items(), 1)
    ]  # fmt: skip


def make_periods(today: date) -> list[Period]:
    """Fourteen months and the next: this one, the one before and the next are open, the older closed."""
    this = today.year * 12 + today.month - 1
    return [
        Period(
            id=f"{month // 12}-{month % 12 + 1:02d}", authors={"*": "system/erp"},
            status="open" if month >= this - 1 else "closed",
        )
        for month in range(this - 14, this + 2)
    ]  # fmt: skip
