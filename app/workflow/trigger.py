"""Trigger: what asked for a case's actions, and how far each of its words is trusted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from app.context import Context
from app.store.models import Event, Source
from tools.events import DOUBT_EVENT, TRIAGE_EVENT, WorkflowEvent
from tools.facts import Scalar, Trust, trust_of_author

CUSTOMER_FIELDS = ("text", "title", "reason", "requested_by", "data")
"""Fields that carry a customer's words unless the source's row names others."""

_MOST_VALUES = 2_000
_SOURCE = select(col(Source.author), col(Source.customer_fields)).where(col(Source.slug) == bindparam("slug"))
_NAMED_BY_REQUESTER = ("kind", "customer", "project")


@dataclass(frozen=True)
class Trigger:
    """`trust` is by field of the event's data; `by` is the trust in who asked: `CUSTOMER` if only customer text did."""

    event: WorkflowEvent
    trust: Mapping[str, Trust]
    by: Trust

    def values(self) -> dict[str, tuple[Scalar, Trust]]:
        """The single values of the event's data with their trust; one inside lists and objects as `data/lines/0`."""
        found: dict[str, tuple[Scalar, Trust]] = {}
        beyond: list[str] = []
        for name, value in self.event.data.items():
            trust = self.trust.get(name, Trust.CUSTOMER)
            for place, leaf in _leaves(value, name):
                if len(found) < _MOST_VALUES:
                    found[place] = (leaf, trust)
                elif leaf is not None:
                    beyond.append(str(leaf))
        # Nobody gets rid of an unwelcome value by sending two thousand others before it.
        return found | ({"…": ("\n".join(beyond), Trust.CUSTOMER)} if beyond else {})


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Scalar]]:
    if value is None or isinstance(value, str | int | bool):
        yield place, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{place}/{index}")


def read_trigger(ctx: Context, session: Session, row: Event, trust_map: Mapping[str, Trust]) -> Trigger:
    """Raises PayloadErased when the event's content is gone."""
    content: dict[str, Any] = ctx.vault.open(session, row.tenant, row.payload)
    event = WorkflowEvent.model_validate(content)
    if event.type == DOUBT_EVENT:  # no source may send it: it names a record and what our own arithmetic found there
        return Trigger(event, dict.fromkeys(event.data, Trust.SYSTEM), Trust.SYSTEM)
    source = session.connection().execute(_SOURCE, {"slug": row.source}).one_or_none()
    if event.type == TRIAGE_EVENT or source is None:
        # A request in somebody's own words: who sent it vouches for what it is about, not for what it says.
        trust = {name: Trust.PERSON if name in _NAMED_BY_REQUESTER else Trust.CUSTOMER for name in event.data}
        return Trigger(event, trust, Trust.CUSTOMER)
    customers_words = frozenset(source.customer_fields or CUSTOMER_FIELDS)
    author = trust_of_author(source.author, trust_map)
    trust = {name: Trust.CUSTOMER if name in customers_words else author for name in event.data}
    return Trigger(event, trust, Trust.CUSTOMER if "text" in event.data and "text" in customers_words else author)
