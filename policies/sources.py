"""Sources: what may back an argument of a case's actions, and what may taint it."""

from collections.abc import Iterator
from functools import cached_property

from policies.context import RequestContext
from policies.quoting import essence
from policies.said import Said
from tools.reach import Reach
from tools.records import Record

_SHORT = 8
"""Characters of a name that can carry nothing: no number, no address, no sentence."""


class Sources:
    """A case's records and event, looked through once for all of its actions.

    Of the context only that counts which is the same for the whole case: trust, roots and the event's fields.
    """

    def __init__(self, reached: Reach, context: RequestContext) -> None:
        self.reached = reached
        self._context = context

    @cached_property
    def trusted(self) -> set[str]:
        """Keys of the records that may back something: see `trusted_keys`."""
        return trusted_keys(self.reached, self._context)

    @cached_property
    def outsiders(self) -> list[str]:
        """The essence of what outsiders wrote, in the event and in the case's records; names too short to carry
        anything left out."""
        return [essence(text) for text in self._outsiders]

    @cached_property
    def said(self) -> Said:
        """The values that outsiders state, in whatever form."""
        event = (one.value for one in self._context.event_fields.values() if not one.trust.trusted)
        return Said([*(value for value in event if not isinstance(value, str)), *self._outsiders])

    @cached_property
    def _outsiders(self) -> list[str]:
        fields = self._context.event_fields.values()
        found = [one.value for one in fields if not one.trust.trusted and isinstance(one.value, str)]
        for record in self.reached.records.values():
            found += (text for text in self._texts(record, trusted=False) if len(text) > _SHORT)
        return found

    def own(self) -> Iterator[str]:
        """The essence of what trusted authors wrote, in the case's records and the event; read when first asked for."""
        yield from self._own

    @cached_property
    def _own(self) -> list[str]:
        records = (self.reached.records[key] for key in self.trusted)
        told = (one.value for one in self._context.event_fields.values() if one.trust.trusted)
        texts = [text for record in records for text in self._texts(record, trusted=True)]
        return [essence(text) for text in (*texts, *(value for value in told if isinstance(value, str)))]

    def _texts(self, record: Record, *, trusted: bool) -> Iterator[str]:
        texts = {field: value for field, value in record if isinstance(value, str)}
        ours = set(record.trusted_fields(texts, self._context.trust))
        for field, text in texts.items():
            if (field in ours) is trusted:
                yield text


def trusted_keys(reached: Reach, context: RequestContext) -> set[str]:
    """Keys that the case's subject leads to through links that trusted authors wrote.

    Records that only a customer-written link ties to the case are in reach, but back nothing.
    """
    records = reached.records
    neighbours: dict[str, list[str]] = {}
    for key, record in records.items():
        for field, kind in type(record).links.items():
            other = f"{kind}/{getattr(record, field)}"
            if other in records and record.trust(field, context.trust).trusted:
                neighbours.setdefault(key, []).append(other)
                neighbours.setdefault(other, []).append(key)
    starts = [str(key) for key in (reached.subject, *context.roots) if key is not None]
    waiting = [key for key in starts if key in records]
    seen = set(waiting)
    while waiting:
        for other in neighbours.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen
