"""Features: all that a plan may know of a person. Nothing else that a record holds reaches the solver."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from tools.people_records import Person, Wish

ALLOWED = (
    "id", "unit", "skills", "weekly_minutes", "cost_rate_minor", "currency", "time_zone", "manager_id", "starts_on",
    "ends_on", "calendar_id", "wishes",
)  # fmt: skip
"""The fields of a Person that count. The id only tells people apart: no order or number in it weighs anything."""


@dataclass(frozen=True)
class Features:
    id: str
    unit: str | None
    skills: Mapping[str, int]
    weekly_minutes: int
    cost_rate_minor: int
    currency: str
    time_zone: str
    manager_id: str | None
    starts_on: date
    ends_on: date | None
    calendar_id: str | None
    wishes: tuple[Wish, ...]


def features(person: Person) -> Features:
    """Skills by their names in lower case; of one named twice the higher level."""
    taken = {name: getattr(person, name) for name in ALLOWED}
    levels: dict[str, int] = {}
    for skill in person.skills:
        name = skill.name.casefold()
        levels[name] = max(skill.level, levels.get(name, 0))
    return Features(**taken | {"skills": levels, "wishes": tuple(person.wishes)})


def draw(seat: str, person: str) -> str:
    """What orders people who cost the same for a seat: a lot drawn anew for each seat, the same on every run."""
    return sha256(f"{seat}/{person}".encode()).hexdigest()
