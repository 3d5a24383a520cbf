"""Grounding: what drafted prose says is traced to facts; the rest is named, and what must not be said is refused.

Only trusted facts trace anything: a number that stands in a customer's own text is not confirmed by standing there.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cached_property

from agents.situation import Situation
from agents.steps import Earlier, Given, Step
from agents.wording import exponent_of, line
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

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_EMAIL = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+\.\w+")
_URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_DATES = (
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<n>{_MONTH})\.?,? (?P<y>\d{{4}})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<n>{_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})\b", re.IGNORECASE),
)
_MONEY = re.compile(
    r"(?:\b[A-Z]{3} ?|[€$£¥] ?)-?\d[\d,.]*\d|(?:\b[A-Z]{3} ?|[€$£¥] ?)-?\d|\d[\d,.]* ?(?:[€$£¥]|[A-Z]{3}\b)"
)
_HOURS = re.compile(r"\d[\d,]*(?:\.\d+)? ?(?:h|hrs?|hours?)\b")
_NUMBER = re.compile(r"\d(?:[\d,]*\d)?(?:\.\d+)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+")


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
        texts, dates, numbers = self._of_facts
        more_texts, more_dates, more_numbers = _sorted_out([*own, *step.computed])
        text = _masked(text, texts | more_texts)
        pieces = list(_pieces(text, dates | more_dates, numbers | more_numbers))
        if step.letter is not None:
            template = f"{step.letter.subject}\n{step.letter.body}"
            pieces += [name for name in _NAME.findall(text) if name not in template]
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
        text = unicodedata.normalize("NFKC", body).casefold()
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
            (ours if one.id == customer else others).update(name.casefold() for name in names)
        for project in lookups.projects():
            names = (project.name, project.id, project.contract_id)
            (ours if project.customer_id == customer else others).update(name.casefold() for name in names)
        for record in self._situation.reached.records.values():
            if isinstance(record, Contact | Person) and self._situation.reached.customer_of(record) in (None, customer):
                ours.update((record.name.casefold(), record.email.casefold()))
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
    def _of_facts(self) -> tuple[set[str], set[date], set[int]]:
        values: list[object] = []
        for record in self._situation.reached.records.values():
            values.extend(
                value
                for field in _single_fields(type(record))
                if (value := getattr(record, field)) is not None and record.trust(field).trusted
            )
        values.extend(fact.value for fact in self._situation.event_facts() if fact.trust.trusted)
        return _sorted_out(values)


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


def _masked(text: str, known: set[str]) -> str:
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


def _pieces(text: str, dates: set[date], numbers: set[int]) -> Iterator[str]:
    """Addresses, dates, amounts and numbers of `text` that are not among the known ones."""
    for pattern in (_URL, _EMAIL):
        yield from pattern.findall(text)
        text = pattern.sub(" ", text)
    for pattern in _DATES:
        yield from (found.group() for found in pattern.finditer(text) if _as_date(found) not in dates)
        text = pattern.sub(" ", text)
    for pattern, reading in ((_MONEY, _minor), (_HOURS, _minutes), (_NUMBER, _whole)):
        yield from (found.group() for found in pattern.finditer(text) if reading(found.group()) not in numbers)
        text = pattern.sub(" ", text)


def _as_date(found: "re.Match[str]") -> date | None:
    parts = found.groupdict()
    month = parts.get("m") or str(1 + next(i for i, name in enumerate(_MONTHS) if name[:3] == parts["n"][:3].title()))
    try:
        return date(int(parts["y"]), int(month), int(parts["d"]))
    except ValueError:
        return None


def _minor(piece: str) -> int | None:
    """Minor units of a written amount: the currency says how many decimals it has."""
    code = "".join(char for char in piece if char.isalpha())
    exponent = 0 if "¥" in piece else exponent_of(code)
    whole, decimals = _digits(piece)
    return None if len(decimals) > exponent else int(whole + decimals.ljust(exponent, "0"))


def _minutes(piece: str) -> int | None:
    whole, decimals = _digits(piece)
    scale: int = 10 ** len(decimals)
    # To the nearest minute: hours are written with two decimals, a third of one as 0.33.
    return (int(whole + decimals) * 120 + scale) // (2 * scale)


def _whole(piece: str) -> int | None:
    whole, decimals = _digits(piece)
    return None if decimals else int(whole)


def _digits(piece: str) -> tuple[str, str]:
    """Digits before and after the decimal point; a comma groups thousands."""
    whole, _, decimals = re.sub(r"[^\d.]", "", piece).partition(".")
    return whole or "0", decimals.replace(".", "")
