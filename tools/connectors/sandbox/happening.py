"""What the parts of the firm's life share: the scene, and the ways to pick whom something happens to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from tools.connectors.sandbox.book import Book
from tools.connectors.sandbox.texts import Written
from tools.records import Contact, Customer, Milestone, Project

T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """Where something is about to happen: the records, this event's own numbers, and the day."""

    book: Book
    rng: Random
    today: date

    def pick(self, found: Sequence[T]) -> T:
        return found[self.rng.randrange(len(found))]

    def day(self, earliest: int, latest: int) -> date:
        return self.today + timedelta(days=self.rng.randrange(earliest, latest + 1))


Happen = Callable[[Scene], dict[str, Any]]
"""Changes records as the event says, and answers the event's `data`."""


def by(system: str) -> Callable[[str], str]:
    """The author of every field that the firm's own `system` changes."""
    return lambda _field: f"system/{system}"


def running(scene: Scene) -> Project:
    return scene.pick(scene.book.find(Project, {"status": "running"}))


def open_milestone(scene: Scene) -> Milestone:
    """The next milestone of a running project; one more for a project that has none left."""
    project = running(scene)
    milestones = scene.book.find(Milestone, {"project_id": project.id})
    left = [one for one in milestones if one.status in ("planned", "in_progress")]
    if left:
        return min(left, key=lambda one: (one.due_on, one.id))
    extra = Milestone(
        id=scene.book.new_id("milestone"), unit=project.unit, authors={"*": "system/psa"}, project_id=project.id,
        name=f"Follow-up {len(milestones)}", due_on=scene.day(10, 40), status="in_progress",
        currency=project.currency, after_id=milestones[-1].id if milestones else None,
    )  # fmt: skip
    scene.book.add([extra])
    return extra


@dataclass(frozen=True)
class Letter:
    """A customer's words with who sent them: an address, and the author that the firm's systems note for it."""

    written: Written
    text: str
    sender: str
    author: str


def letter(scene: Scene, written: Sequence[Written], customer_id: str) -> Letter:
    """In the customer's language or in English; one in eight comes from an address that no contact has."""
    customer = scene.book.require(Customer, customer_id)
    choice = scene.pick([one for one in written if one.language in ("en", customer.language)])
    contact = scene.pick(scene.book.find(Contact, {"customer_id": customer_id}))
    text = f"{choice.text}\n\n{contact.name}\n{contact.role}, {customer.name}"
    if scene.rng.random() < 0.125:
        name = contact.name.lower().replace(" ", ".")
        return Letter(choice, text, f"{name}@freepost.example", "mail/inbound")
    return Letter(choice, text, contact.email, f"customer/{contact.id}")
