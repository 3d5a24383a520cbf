"""The people of the generated firm: three units of eighteen, and six who work for all of them."""

from datetime import date, timedelta
from random import Random

from tools.connectors.sandbox.book import make_id
from tools.records import Calendar, LendingRule, Person, RateCard, Skill

HEAD_OF_DELIVERY, CONTROLLER = "per-56", "per-58"
FIRM_DOMAIN = "meridian-works.example"
UNITS = ("Engineering", "Data & AI", "Advisory")
PEOPLE_IN_UNIT = 18
LEADS_IN_UNIT = 4

_SKILLS = {
    "Engineering": ("Python", "Java", "React", "Kubernetes", "AWS", "Azure", "PostgreSQL", "Test automation"),
    "Data & AI": ("Python", "SQL", "dbt", "Power BI", "Machine learning", "Spark", "Azure", "Data governance"),
    "Advisory": ("Process design", "SAP S/4HANA", "Change management", "Business analysis", "Project management",
                 "Salesforce", "Procurement", "Test management"),
}  # fmt: skip
_GRADES = ("Junior consultant", "Consultant", "Senior consultant", "Principal consultant", "Director")
# The roles that people are billed as, with the level that each is priced at.
_LISTED = (
    *((title, level) for level, title in enumerate(_GRADES, 1)), ("Delivery lead", 4), ("Steering", 5),
    *((f"Head of {unit}", 5) for unit in UNITS),
)  # fmt: skip
_COST_MINOR = (3_800, 4_900, 6_200, 7_900, 10_500)
_CENTRAL = (
    "Chief financial officer", "Head of delivery", "Resource manager", "Finance controller", "Billing specialist",
    "People partner",
)  # fmt: skip
_ZONES = ("Europe/Berlin",) * 9 + ("Europe/Paris",) * 4 + ("Europe/London",) * 4 + ("America/New_York",) * 2
_GIVEN = (
    "Amara", "Anton", "Beatriz", "Benedikt", "Camille", "Chidi", "Clara", "Dariusz", "Dina", "Elif", "Emil", "Esther",
    "Farid", "Felix", "Freya", "Gabriel", "Greta", "Hana", "Henrik", "Ines", "Ivan", "Jasper", "Johanna", "Karim",
    "Katarina", "Lars", "Leila", "Lucas", "Magda", "Marek", "Mei", "Milan", "Nadia", "Niklas", "Nora", "Oluwaseun",
    "Oskar", "Paula", "Pierre", "Priya", "Quentin", "Rafael", "Ravi", "Rosa", "Samira", "Sander", "Sofia", "Stefan",
    "Tanja", "Theo", "Tomas", "Uma", "Valentin", "Vera", "Wanda", "Xavier", "Yara", "Yusuf", "Zeynep", "Zoran",
)  # fmt: skip
_FAMILY = (
    "Adeyemi", "Albrecht", "Almeida", "Andersen", "Aydin", "Bauer", "Bergmann", "Bernard", "Bianchi", "Brandt",
    "Castillo", "Chevalier", "Cohen", "Costa", "Demir", "Dubois", "Eriksen", "Fischer", "Fontaine", "Garcia",
    "Grant", "Haddad", "Hartmann", "Hoffmann", "Ibrahim", "Jansen", "Kaya", "Keller", "Kovacs", "Kowalski", "Krause",
    "Laurent", "Lindqvist", "Marino", "Martens", "Mensah", "Meyer", "Moreau", "Nakamura", "Novak", "Nowak", "Okafor",
    "Olsen", "Patel", "Pereira", "Petrov", "Rahman", "Reyes", "Richter", "Rossi", "Santos", "Schneider", "Silva",
    "Sorensen", "Tanaka", "Vogel", "Walsh", "Weber", "Yilmaz", "Zimmer",
)  # fmt: skip


def names(rng: Random, count: int) -> list[str]:
    """Distinct full names, at most 60."""
    given, family = rng.sample(_GIVEN, count), rng.sample(_FAMILY, count)
    return [f"{first} {last}" for first, last in zip(given, family, strict=True)]


def make_person(
    rng: Random, number: int, name: str, unit: str | None, level: int, title: str, manager_id: str | None,
    starts_on: date,
) -> Person:  # fmt: skip
    """A colleague of `level` 1–5 with skills of the unit; rates are minor units an hour in the base currency."""
    cost = _COST_MINOR[level - 1] + 50 * rng.randrange(-6, 7)
    skills = rng.sample(_SKILLS.get(unit or "", ("Business analysis", "Project management")), 2 if unit is None else 4)
    first, _, last = name.lower().partition(" ")
    return Person(
        id=make_id("person", number), unit=unit,
        authors={"*": "system/hr", "skills": f"person/{manager_id or 'per-60'}"},
        name=name, email=f"{first}.{last}@{FIRM_DOMAIN}", title=title,
        skills=[Skill(name=skill, level=max(1, min(5, level + rng.choice((-1, 0, 0, 1))))) for skill in skills],
        cost_rate_minor=cost, bill_rate_minor=round(cost * rng.uniform(1.5, 1.75) / 500) * 500, currency="EUR",
        time_zone=rng.choice(_ZONES), weekly_minutes=rng.choice((2400,) * 8 + (1920, 1800)), manager_id=manager_id,
        starts_on=starts_on, calendar_id="cal-standard",
    )  # fmt: skip


def grade(level: int) -> str:
    return _GRADES[level - 1]


def make_people(rng: Random, today: date) -> list[Person]:
    """Sixty: in each unit its head, then the delivery leads, then consultants; at the end the central six."""
    people: list[Person] = []
    called = iter(names(rng, len(UNITS) * PEOPLE_IN_UNIT + len(_CENTRAL)))

    def since() -> date:
        return today - timedelta(days=rng.randrange(200, 2600))

    for unit in UNITS:
        head = make_id("person", len(people) + 1)
        for place in range(PEOPLE_IN_UNIT):
            if place == 0:
                level, title, manager = 5, f"Head of {unit}", None
            elif place <= LEADS_IN_UNIT:
                level, title, manager = 4, "Delivery lead", head
            else:
                level = rng.choice((1, 2, 2, 3, 3, 3, 4))
                title, manager = grade(level), make_id("person", int(head[4:]) + 1 + place % LEADS_IN_UNIT)
            people.append(make_person(rng, len(people) + 1, next(called), unit, level, title, manager, since()))
    for title in _CENTRAL:
        people.append(make_person(rng, len(people) + 1, next(called), None, 4, title, None, since()))
    return people


def make_calendars(today: date) -> list[Calendar]:
    """The one that all share, with the holidays of the year that begins and of the next."""
    days = [
        date(year, month, day) for year in (today.year, today.year + 1) for month, day in ((1, 1), (5, 1), (12, 25))
    ]
    return [Calendar(id="cal-standard", authors={"*": "system/hr"}, name="Standard week", holidays=days)]


def make_lending_rules() -> list[LendingRule]:
    """Engineers and data people help each other out, at a surcharge; advisors for less than half of their week."""
    terms = (("Engineering", "Data & AI", 60, 4_000), ("Data & AI", "Engineering", 60, 4_000),
             ("Advisory", "Engineering", 40, 6_000), ("Advisory", "Data & AI", 40, 6_000))  # fmt: skip
    return [
        LendingRule(id=f"lend-{number}", authors={"*": "person/per-56"}, from_unit=one, to_unit=two, max_percent=most,
                    surcharge_minor=surcharge)
        for number, (one, two, most, surcharge) in enumerate(terms, 1)
    ]  # fmt: skip


def make_rate_cards() -> list[RateCard]:
    """List prices by role and level, minor units an hour."""
    cards: list[RateCard] = []
    for role, level in _LISTED:
        cards.append(RateCard(
            id=make_id("rate_card", len(cards) + 1), authors={"*": "system/erp"}, role=role, level=level,
            hourly_rate_minor=round(_COST_MINOR[level - 1] * 1.65 / 500) * 500, currency="EUR",
        ))  # fmt: skip
    return cards
