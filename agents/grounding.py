"""Grounding: what drafted prose says is traced to facts; the rest is named, and what must not be said is refused.

Only trusted facts trace anything: a number that stands in a customer's own text is not confirmed by standing there.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from agents.situation import Situation
from agents.steps import Earlier, Given, Step
from agents.wording import line
from agents.written import Written, written
from tools.facts import Fact
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

_CURRENCY = re.compile(r"[A-Z]{3}")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+")
_SINGLE_NAME = re.compile(r"(?<=[a-zäöüß,;:\x00] )[A-ZÄÖÜ][\w'’-]+")
_WORD = re.compile(r"[\w'’-]+")
_OF_LETTERS = frozenset({"promise", "deadline"})
"""Kinds of pieces that only a letter is looked through for: all other prose is the firm's own templates."""


@dataclass(frozen=True)
class Known:
    """What may be said: texts as they stand, days, whole numbers, and amounts with their currency.

    `sums` are numbers that were computed or proposed, said in any of `currencies`.
    """

    texts: Set[str] = frozenset()
    days: Set[date] = frozenset()
    numbers: Set[int] = frozenset()
    amounts: Set[tuple[int, str]] = frozenset()
    sums: Set[int] = frozenset()
    currencies: Set[str] = frozenset()

    def accounts_for(self, piece: Written) -> bool:
        if piece.kind == "date":
            return any(piece.is_day(day) for day in self.days)
        if piece.kind == "money" and piece.currency is not None:
            summed = piece.currency in self.currencies and not self.sums.isdisjoint(piece.numbers)
            return summed or any((number, piece.currency) in self.amounts for number in piece.numbers)
        if piece.kind in ("money", "hours", "number"):
            return not (self.numbers | self.sums).isdisjoint(piece.numbers)
        return False


class Grounds:
    """The facts of one situation, ready to trace prose by."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation

    def untraced(self, step: Step) -> list[str]:
        """Pieces of the step's prose that no trusted fact, own argument or computed value accounts for."""
        prose = [given.value for name in PROSE.get(step.tool, ()) if isinstance(given := step.args.get(name), Given)]
        text = unicodedata.normalize("NFKC", "\n".join(value for value in prose if isinstance(value, str)))
        if not text:
            return []
        own = [
            given.value
            for name, given in step.args.items()
            if isinstance(given, Given) and name not in PROSE.get(step.tool, ())
        ]
        letter = step.letter
        known = self._known_to(letter.facts) if letter else self._of_reach
        texts, days, numbers = _sorted_out([*own, *step.computed])
        known = replace(known, texts=known.texts | texts, days=known.days | days, sums=numbers)
        template = f"{letter.subject}\n{letter.body}" if letter else None
        pieces = list(_untraced(_masked(text, known.texts), known, template))
        return list(dict.fromkeys(line(piece) for piece in pieces))[:20]

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
        body = " ".join(
            given.value
            for name in ("subject", "body")
            if isinstance(given := step.args.get(name), Given) and isinstance(given.value, str)
        )
        text = _plain(body)
        ours, others = self._names_by_customer(customer)
        text = _masked(text, ours)
        said = next((name for name in others if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)), None)
        return "it names another customer or one of its projects" if said is not None else None

    def _names_by_customer(self, customer: str) -> tuple[set[str], set[str]]:
        ours: set[str] = set()
        others: set[str] = set()
        lookups = self._situation.lookups
        for one in lookups.customers():
            names = (one.name, one.mail_domain or "", one.id)
            (ours if one.id == customer else others).update(_plain(name) for name in names)
        for project in lookups.projects():
            names = (project.name, project.id, project.contract_id)
            (ours if project.customer_id == customer else others).update(_plain(name) for name in names)
        for record in self._situation.reached.records.values():
            if isinstance(record, Contact | Person) and self._situation.reached.customer_of(record) in (None, customer):
                ours.update((_plain(record.name), _plain(record.email)))
        return {name for name in ours if name}, {name for name in others - ours if len(name) > 3}

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
        named = [(record, name) for record in records for name in _single_fields(type(record))]
        return self._known(named, self._situation.event_facts())

    def _known_to(self, facts: Iterable[str]) -> Known:
        """Of a letter: what it was to be written from, and nothing that happens to stand in another record."""
        wanted = set(facts)
        reached = self._situation.reached.records
        named = [
            (record, field)
            for ident in wanted
            for key, _, field in [ident.partition("#")]
            if (record := reached.get(key)) is not None and field in _single_fields(type(record))
        ]
        return self._known(named, [fact for fact in self._situation.event_facts() if fact.id in wanted])

    def _known(self, named: Iterable[tuple[Record, str]], told: Iterable[Fact]) -> Known:
        values: list[object] = [fact.value for fact in told if fact.trust.trusted]
        amounts: set[tuple[int, str]] = set()
        for record, field in named:
            value = getattr(record, field)
            if value is None or not record.trust(field).trusted:
                continue
            values.append(value)
            currency = getattr(record, "currency", None)
            if field.endswith("_minor") and isinstance(currency, str) and record.trust("currency").trusted:
                amounts.add((value, currency))
        texts, days, numbers = _sorted_out(values)
        return Known(texts, days, numbers, amounts, currencies=self._currencies)

    @cached_property
    def _currencies(self) -> Set[str]:
        records = self._situation.reached.records.values()
        return {
            currency for record in records
            if isinstance(currency := getattr(record, "currency", None), str) and record.trust("currency").trusted
        }  # fmt: skip


def _single_fields(model: type[Record]) -> tuple[str, ...]:
    return _FIELDS[model]


_FIELDS = {
    model: tuple(name for name in model.model_fields if name not in ("authors", "version", "skills"))
    for model in RECORDS.values()
}


def _sorted_out(values: Iterable[object]) -> tuple[set[str], set[date], set[int]]:
    """Texts of three characters or more, days, and whole numbers, out of values of any kind."""
    texts: set[str] = set()
    dates: set[date] = set()
    numbers: set[int] = set()
    for value in values:
        if isinstance(value, bool):
            continue
        if isinstance(value, int):
            numbers.add(value)
        elif isinstance(value, datetime):
            dates.add(value.date())
        elif isinstance(value, date):
            dates.add(value)
        elif isinstance(value, str) and (found := _day(value)) is not None:
            dates.add(found)
        # A bare currency code is no name: masked, it would take the currency off an amount.
        elif isinstance(value, str) and len(value) > 2 and not _CURRENCY.fullmatch(value):
            texts.add(unicodedata.normalize("NFKC", value))
    return texts, dates, numbers


def _masked(text: str, known: Set[str]) -> str:
    """`text` without the known strings, where they stand as whole words."""
    # The longest first: "Acme" must not eat the beginning of "Acme Ltd 2".
    for one in sorted((one for one in known if one in text), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", "\x00", text)
    return text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _untraced(text: str, known: Known, template: str | None) -> Iterator[str]:
    """The pieces of `text` that nothing known accounts for; of a letter also promises, deadlines and names that its
    template (what the firm meant to say) does not hold."""
    meant = unicodedata.normalize("NFKC", template).casefold() if template is not None else None
    rest = text
    for piece in written(text):
        rest = rest.replace(piece.text, "\x00")
        if piece.kind in _OF_LETTERS:
            if meant is not None and piece.text.casefold() not in meant:
                yield piece.text
        elif piece.kind == "number" and not piece.text[:1].isdigit():
            if meant is not None and piece.text.casefold() not in meant and not known.accounts_for(piece):
                yield piece.text
        elif not known.accounts_for(piece):
            yield piece.text
    if meant is None:
        return
    words = set(_WORD.findall(meant))
    names = _NAME.findall(rest)
    yield from (name for name in names if name.casefold() not in meant)
    inside = {word for name in names for word in _WORD.findall(name)}
    yield from (name for name in _SINGLE_NAME.findall(rest) if name.casefold() not in words and name not in inside)


def _plain(text: str) -> str:
    """Without what makes one name look like another to a machine only: forms, case, spacing, invisible characters."""
    seen = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return " ".join(seen.casefold().split())
