"""Grounding: what drafted prose says is traced to facts; the rest is named, and what must not be said is refused.

Only trusted facts trace anything: a number that stands in a customer's own text is not confirmed by standing there.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from functools import cached_property

from agents.known import Known, Named, masked, sorted_out, unknown
from agents.meant import untold
from agents.situation import Situation
from agents.steps import Earlier, Given, Step
from agents.wording import line
from tools.facts import Fact
from tools.folding import Naming, visible
from tools.records import RECORDS, Contact, Person, Record
from tools.values import RecordKind

PROSE: Mapping[str, tuple[str, ...]] = {
    "send_customer_message": ("subject", "body"), "notify_channel": ("text",), "create_task": ("title", "description"),
    "hold_invoice": ("reason",), "flag_time_entry": ("reason",), "shift_milestone": ("reason",),
    "create_change_order": ("title",), "create_project": ("name",), "provision_workspace": ("name",),
}  # fmt: skip
"""Tool → its arguments that are words for people."""

_OWNER: Mapping[str, RecordKind] = {
    "customer_id": "customer", "project_id": "project", "contract_id": "contract", "invoice_id": "invoice",
    "milestone_id": "milestone", "ticket_id": "ticket", "time_entry_id": "time_entry",
}  # fmt: skip

_MOST = 20
"""Pieces that are told of one step."""


class Grounds:
    """The facts of one situation, ready to trace prose by."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation

    def untraced(self, step: Step) -> list[str]:
        """Pieces of the step's prose that no trusted fact, own argument or computed value accounts for.

        Of a letter also every word that its template, its facts and mere courtesy do not account for.
        """
        prose = [given.value for name in PROSE.get(step.tool, ()) if isinstance(given := step.args.get(name), Given)]
        text = visible("\n".join(value for value in prose if isinstance(value, str)))
        if not text:
            return []
        own = [
            given.value
            for name, given in step.args.items()
            if isinstance(given, Given) and name not in PROSE.get(step.tool, ())
        ]
        letter = step.letter
        known = self._known_to(letter.facts) if letter else self._of_reach
        texts, days, numbers = sorted_out([*own, *step.computed])
        known = replace(known, texts=known.texts | texts, days=known.days | days, any_numbers=numbers)
        spans = untold(text, letter, known) if letter else unknown(text, known)
        pieces = (line(text[start:end].replace("\x00", " ")) for start, end in sorted(spans))
        return list(dict.fromkeys(piece for piece in pieces if piece))[:_MOST]

    def foreign(self, step: Step) -> str | None:
        """Why the step must not be proposed: it rests on, or says to a customer, something about another one."""
        customer = self._customer(step)
        if customer is None:
            return None
        for ident in self._cited(step):
            owner = self._owner(ident)
            if owner is not None and owner != customer:
                return f"it rests on a fact about another customer ({ident})"
        return self._said_about_others(step, customer) if step.tool == "send_customer_message" else None

    def _said_about_others(self, step: Step, customer: str) -> str | None:
        body = "\n".join(
            given.value
            for name in ("subject", "body")
            if isinstance(given := step.args.get(name), Given) and isinstance(given.value, str)
        )
        ours, others = self._names_by_customer(customer)
        said = Naming(masked(body, ours))
        if any(said.names(name) for name in others - ours):
            return "it names another customer or one of its projects"
        return None

    def _names_by_customer(self, customer: str) -> tuple[set[str], set[str]]:
        """What the customer's own things are called, as far as one of us or a system named them; and all others'."""
        ours: set[str] = set()
        others: set[str] = set()
        lookups, reached = self._situation.lookups, self._situation.reached
        for one in lookups.customers():
            (ours if one.id == customer else others).update((one.name, one.mail_domain or "", one.id))
        for project in lookups.projects():
            own = project.customer_id == customer and project.trust("customer_id").trusted
            named = (project.name if not own or project.trust("name").trusted else "", project.id, project.contract_id)
            (ours if own else others).update(named)
        for record in reached.records.values():
            if isinstance(record, Contact | Person) and reached.customer_of(record) in (None, customer):
                ours.update(getattr(record, field) for field in ("name", "email") if record.trust(field).trusted)
        return ours - {""}, others - {""}

    def _customer(self, step: Step) -> str | None:
        """The customer that the step is about, by the record its arguments name; else the situation's only one."""
        for name, kind in _OWNER.items():
            given = step.args.get(name)
            if isinstance(given, Given) and (record := self._situation.reached.get(kind, given.value)) is not None:
                return self._situation.reached.customer_of(record)
        customer = self._situation.customer()
        return customer.id if customer else None

    def _cited(self, step: Step) -> Iterator[str]:
        yield from step.evidence
        for given in step.args.values():
            if not isinstance(given, Earlier):
                yield from given.facts

    def _owner(self, ident: str) -> str | None:
        record = self._situation.reached.records.get(ident.partition("#")[0])
        return self._situation.reached.customer_of(record) if record is not None else None

    @cached_property
    def _of_reach(self) -> Known:
        records = self._situation.reached.records.values()
        return self._known([(record, _FIELDS[type(record)]) for record in records], self._situation.event_facts())

    def _known_to(self, facts: Iterable[str]) -> Known:
        """Of a letter: what it was to be written from, and nothing that happens to stand in another record."""
        wanted = set(facts)
        reached = self._situation.reached.records
        named = [
            (record, [field])
            for ident in wanted
            for key, _, field in [ident.partition("#")]
            if (record := reached.get(key)) is not None and field in _FIELDS[type(record)]
        ]
        return self._known(named, [fact for fact in self._situation.event_facts() if fact.id in wanted])

    def _known(self, named: Iterable[tuple[Record, Iterable[str]]], told: Iterable[Fact]) -> Known:
        trusted = [fact for fact in told if fact.trust.trusted]
        currency = next((str(fact.value) for fact in trusted if fact.field == "currency"), None)
        values = [Named(fact.field, fact.value, currency) for fact in trusted]
        for record, fields in named:
            of_amounts = _currency(record)
            values += [Named(field, getattr(record, field), of_amounts) for field in record.trusted_fields(fields)]
        return Known.of(values, self._currencies)

    @cached_property
    def _currencies(self) -> Set[str]:
        records = self._situation.reached.records.values()
        return {currency for record in records if (currency := _currency(record)) is not None}


def _currency(record: Record) -> str | None:
    """The currency of the record's amounts, where somebody trusted wrote it."""
    currency = getattr(record, "currency", None)
    return currency if isinstance(currency, str) and record.trust("currency").trusted else None


_FIELDS: Mapping[type[Record], tuple[str, ...]] = {
    model: tuple(name for name in model.model_fields if name in model.single_valued() and name != "version")
    for model in RECORDS.values()
}
"""The fields of each kind that hold what prose may say."""
