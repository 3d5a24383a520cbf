"""Mistakes: errors of every kind that are put into a tidy firm, each noted as it is made.

What is noted is the truth that detectors are measured by. It is written from how such errors come about (a key hit
twice, an old rate, a form left half empty), not from what a detector looks for.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from random import Random
from typing import TypeVar

from tools.connectors.sandbox.book import make_id
from tools.records import Invoice, Record
from tools.values import RecordKey

R = TypeVar("R", bound=Record)


class NothingLeft(Exception):
    """No record is left to make this mistake with; the message is the kind of record."""


class Culprit:
    """Whoever makes the mistakes: changes records of a firm, a record once, and notes what is wrong with which."""

    def __init__(self, rng: Random, records: Iterable[Record], today: date) -> None:
        self.rng, self.today = rng, today
        self.made: list[tuple[str, RecordKey]] = []
        self._records = {str(record.key): record for record in records}
        self._touched: set[str] = set()

    @property
    def drafted(self) -> set[str]:
        """Projects with a draft invoice: time booked on them is billed by it."""
        return {one.project_id for one in self.all(Invoice) if one.status == "draft"}

    @property
    def records(self) -> list[Record]:
        return list(self._records.values())

    def all(self, model: type[R]) -> list[R]:
        return [record for record in self._records.values() if isinstance(record, model)]

    def get(self, model: type[R], ident: str) -> R:
        found = self._records[f"{model.kind}/{ident}"]
        assert isinstance(found, model)
        return found

    def pick(self, model: type[R], fits: Callable[[R], bool] = lambda _: True) -> R:
        """One that fits and that nothing was done to yet. Raises NothingLeft."""
        found = [one for one in self.all(model) if str(one.key) not in self._touched and fits(one)]
        if not found:
            raise NothingLeft(model.kind)
        chosen = found[self.rng.randrange(len(found))]
        self.touch(chosen)
        return chosen

    def touch(self, *records: Record) -> None:
        """Keeps other mistakes away from these."""
        self._touched.update(str(one.key) for one in records)

    def change(self, record: R, **fields: object) -> R:
        changed = type(record).model_validate(record.model_dump() | fields)
        self._records[str(record.key)] = changed
        self.touch(changed)
        return changed

    def copy(self, record: R, **fields: object) -> R:
        """A new record like this one but for the fields, under the next number."""
        ident = make_id(record.kind, len(self.all(type(record))) + 1)
        return self.change(type(record).model_validate(record.model_dump() | {"id": ident}), **fields)

    def note(self, kind: str, *records: Record) -> None:
        self.made += [(kind, record.key) for record in records]


Mistake = Callable[[Culprit], None]


def make(
    mistakes: Mapping[str, Mistake], records: Iterable[Record], rng: Random, today: date, each: int
) -> tuple[list[Record], list[tuple[str, RecordKey]]]:
    """The records with each mistake made `each` times, and (kind of finding, record) for all that is wrong by it.

    A mistake for which the firm has no record left is made less often.
    """
    culprit = Culprit(rng, records, today)
    for _ in range(each):
        for mistake in mistakes.values():
            with suppress(NothingLeft):
                mistake(culprit)
    return culprit.records, culprit.made
