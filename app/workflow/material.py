"""Material: all that deciding reads from the system of record, read once for a case and outside any transaction."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from policies.targets import named_records
from tools.actions import Action, AssignPerson, NotifyChannel, SendCustomerMessage
from tools.events import EVENT_TYPES
from tools.facts import Fact, Trust
from tools.ports import ReadPort
from tools.proposals import ProposedValue
from tools.reach import Reach, facts_named, linked, reach
from tools.records import Contact, Customer, ExchangeRate, LendingRule, Period, Project, Record
from tools.values import RecordKey, RecordKind, digest

_FIRM_WIDE_LIMIT = 5000
# Of these kinds the whole record is what a decision is about, so that any change to it makes the decision stale. Of the
# others (a project that hours are booked on all day) only the fields count that were cited or that support an argument.
_WHOLE: frozenset[RecordKind] = frozenset(
    {"invoice", "time_entry", "milestone", "ticket", "message", "change_request", "assignment", "change_order"}
)
_NAMES_SOMEBODY = re.compile(r"person/[^#/]+#name")
# How a colleague is booked elsewhere is the firm's own affair, on whichever customer's project that is.
_OF_COLLEAGUES: frozenset[RecordKind] = frozenset({"assignment", "time_entry", "expense", "leave"})


@dataclass(frozen=True)
class Material:
    """`reached` is what the subject leads to, `named` what the actions' arguments name; `roots` are more subjects."""

    reached: Reach
    named: Reach
    roots: list[RecordKey]
    exchange_rates: dict[str, ExchangeRate]
    closed_periods: list[str]
    channels: list[str]
    foreign_names: list[str]
    lending: list[LendingRule]
    cited: Mapping[str, Record] = field(default_factory=dict)

    @property
    def customer_id(self) -> str | None:
        """The one customer that the case is about, None where there is none or more than one."""
        customers = self.reached.customers()
        return next(iter(customers)) if len(customers) == 1 else None

    @property
    def project_id(self) -> str | None:
        subject = self.reached.subject
        start = self.reached.records.get(str(subject)) if subject else None
        if isinstance(start, Project):
            return start.id
        found = getattr(start, "project_id", None)
        return found if isinstance(found, str) else None

    @property
    def unit(self) -> str | None:
        """The business unit of the subject, else of its project or contract."""
        subject = self.reached.subject
        start = self.reached.records.get(str(subject)) if subject else None
        candidates = [start, *self.reached.of_kind("project"), *self.reached.of_kind("contract")]
        return next((record.unit for record in candidates if record is not None and record.unit), None)

    @cached_property
    def known(self) -> Reach:
        """What was reached and what was named, together."""
        return self.reached.model_copy(update={"records": {**self.named.records, **self.reached.records}})

    def customers_cited(self, idents: Iterable[str]) -> set[str]:
        """Whose the cited records are, wherever they lie; the firm's own are nobody's."""
        around = self.known.model_copy(update={"records": {**self.cited, **self.known.records}})
        keys = {ident.partition("#")[0] for ident in idents}
        found = (around.customer_of(around.records[key]) for key in keys if key in around.records)
        return {customer for customer in found if customer is not None}

    def facts(self, cited: Iterable[str], event_facts: Sequence[Fact]) -> list[Fact]:
        """The cited facts, of records and of the event; an id that names none is left out."""
        idents = list(cited)
        known = {fact.id: fact for fact in (*event_facts, *facts_named(self.known, idents))}
        return [known[ident] for ident in idents if ident in known]


def read_material(
    read: ReadPort,
    subject: RecordKey | None,
    related: Sequence[RecordKey],
    actions: Sequence[Action],
    now: datetime,
    cited: Sequence[str] = (),
) -> Material:
    """`cited` are ids of facts: their records are read too, to tell whose they are. Raises SourceUnavailable."""
    reached = reach(read, subject, now, also=related)
    keys = [key for action in actions for key in named_records(action)]
    # Whoever holds the address is named by it: a letter must not reach another customer's contact.
    keys += [
        contact.key
        for action in actions
        if isinstance(action, SendCustomerMessage)
        for contact in read.find(Contact, {"email": action.recipient})
    ]
    # Who of the firm signs or leads: beside one action as beside all of its case, with which it was proposed.
    keys += [RecordKey.parse(ident.removesuffix("#name")) for ident in cited if _NAMES_SOMEBODY.fullmatch(ident)]
    named = linked(read, keys, now, known=reached)
    outward = any(isinstance(action, SendCustomerMessage) for action in actions)
    posting = any(isinstance(action, NotifyChannel) for action in actions)
    booking = any(isinstance(action, AssignPerson) for action in actions)
    projects = read.find(Project, {}, limit=_FIRM_WIDE_LIMIT) if outward or posting else []
    customers = read.find(Customer, {}, limit=_FIRM_WIDE_LIMIT) if outward or posting else []
    return Material(
        reached=reached,
        named=named,
        roots=list(related),
        exchange_rates={rate.id: rate for rate in read.find(ExchangeRate, {})},
        closed_periods=[period.id for period in read.find(Period, {"status": "closed"})],
        channels=sorted({project.channel for project in projects if project.channel}),
        foreign_names=[record.name for record in customers if str(record.key) not in reached.records]
        + [record.name for record in projects if str(record.key) not in reached.records],
        lending=read.find(LendingRule, {}, limit=_FIRM_WIDE_LIMIT) if booking else [],
        cited=_cited(read, cited, now, {**named.records, **reached.records}),
    )


def _cited(read: ReadPort, idents: Iterable[str], now: datetime, known: Mapping[str, Record]) -> dict[str, Record]:
    """The records of these facts that are not known yet, with what they link to."""
    wanted = {ident.partition("#")[0] for ident in idents} - known.keys()
    keys = [key for name in sorted(wanted) if (key := _key(name)) is not None and key.kind not in _OF_COLLEAGUES]
    return linked(read, keys, now).records if keys else {}


def _key(name: str) -> RecordKey | None:
    try:
        return RecordKey.parse(name)
    except ValueError:
        return None  # of the event, or of no record at all


def related_of(event_type: str, data: Mapping[str, Any]) -> list[RecordKey]:
    """The records that an event's data names beside its subject."""
    model = EVENT_TYPES.get(event_type)
    return model.model_validate(data).related() if model else []


def event_facts(data: Mapping[str, Any], trust: Mapping[str, Trust], source: str, read_at: datetime) -> list[Fact]:
    """The event's own single values as facts, id `event#<field>` or, within lists, `event#roles/0/percent`.

    A field without trust is a customer's word.
    """
    return [
        Fact(
            id=f"event#{place}", record=None, field=place[:120], value=value, author=source, read_at=read_at,
            trust=trust.get(place.partition("/")[0], Trust.CUSTOMER),
        )
        for place, value in _single_values(data)
    ]  # fmt: skip


def _single_values(of: Any, place: str = "") -> Iterator[tuple[str, str | int | bool]]:
    if isinstance(of, str | int | bool):
        yield place, of
        return
    parts = of.items() if isinstance(of, Mapping) else enumerate(of) if isinstance(of, list) else ()
    for name, part in parts:
        yield from _single_values(part, f"{place}/{name}" if place else str(name))


def seen(action: Action, support: Iterable[ProposedValue], cited: Iterable[str], material: Material) -> dict[str, str]:
    """What the decision rests on: `<kind>/<id>#<field>`, or `<kind>/<id>` for a whole record → digest of its value."""
    fields = {ident for ident in cited if ident.partition("/")[0] != "event" and not ident.startswith("event#")}
    fields |= {
        f"{value.record}#{value.field}" for value in support if value.record and value.field and "/" in value.record
    }
    wholes = {str(key) for key in named_records(action) if key.kind in _WHOLE}
    found: dict[str, str] = {key: _digest_of(material, key) for key in wholes}
    for ident in fields:
        if ident.partition("#")[0] not in wholes:
            found[ident] = _digest_of(material, ident)
    return found


def changed(before: Mapping[str, str], material: Material) -> list[str]:
    """Which of the things seen are no longer what they were, in order."""
    return sorted(ident for ident, was in before.items() if _digest_of(material, ident) != was)


def _digest_of(material: Material, ident: str) -> str:
    key, _, field = ident.partition("#")
    record = material.reached.records.get(key) or material.named.records.get(key)
    if record is None:
        return "gone"
    if field:
        try:
            return digest({"value": record.value(field)})
        except KeyError:
            return "unreadable"
    return digest(record.model_dump(mode="json", exclude={"version", "authors"}))
