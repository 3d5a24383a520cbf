"""Kinds: what can be imported, under which headings, and which record each becomes.

The first name of a column is the heading that exports write; the others are read as the same. Headings are compared
folded (app/imports/headings.py), so that case, umlauts and punctuation do not matter.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tools.records import (
    Assignment,
    Contact,
    Contract,
    Customer,
    ExchangeRate,
    Leave,
    LendingRule,
    Person,
    Project,
    RateCard,
    Record,
)
from tools.values import RecordKind

Content = Literal[
    "text", "id", "email", "amount", "minor", "day", "hours", "whole", "percent", "choice", "record", "skills", "roles",
    "currency", "ppm", "zone",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column. `needed`: a new record cannot be without it. `of`: the kind of record that a `record` names."""

    field: str
    content: Content
    names: tuple[str, ...]
    needed: bool = False
    of: RecordKind | None = None
    choices: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.names[0]


@dataclass(frozen=True)
class Kind:
    """`key`: the fields by which a row without an id is known again. `defaults`: of fields that a new record lacks."""

    name: str
    called: tuple[str, ...]
    model: type[Record] | None
    prefix: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def column(self, name: str) -> Column | None:
        return next((each for each in self.columns if each.field == name), None)


def _text(field: str, *names: str, needed: bool = False) -> Column:
    return Column(field, "text", names, needed)


def _amount(field: str, *names: str, needed: bool = False) -> Column:
    return Column(field, "amount", names, needed)


def _day(field: str, *names: str, needed: bool = False) -> Column:
    return Column(field, "day", names, needed)


def _record(field: str, of: RecordKind, *names: str, needed: bool = False) -> Column:
    return Column(field, "record", names, needed, of)


_UNIT = _text("unit", "unit", "business unit", "department", "team", "abteilung", "bereich")
_CURRENCY = Column("currency", "currency", ("currency", "ccy", "währung", "waehrung", "devise"))
_ZONE = Column("time_zone", "zone", ("time zone", "timezone", "zeitzone"))
_PERSON = ("person", "employee", "name", "e-mail", "email", "colleague", "consultant", "mitarbeiter", "mitarbeiterin",
           "person id", "employee id", "employee name")  # fmt: skip
_CUSTOMER = ("customer", "client", "account", "customer name", "client name", "kunde", "kundenname", "auftraggeber")
_FROM = ("start", "start date", "from", "starts on", "begin", "von", "beginn", "startdatum", "begin date")
_UNTIL = ("end", "end date", "to", "until", "ends on", "bis", "ende", "enddatum", "finish")


def _id(*names: str) -> Column:
    return Column("id", "id", ("id", *names))


PEOPLE = Kind(
    "people", ("person", "staff", "employees", "team", "mitarbeiter", "personal", "personen", "hr"), Person, "per",
    ("email",),
    (
        _id("person id", "employee id", "personnel number", "personalnummer", "personalnr"),
        _text("name", "name", "full name", "employee", "employee name", "mitarbeiter", "mitarbeiterin", needed=True),
        Column("email", "email", ("email", "e-mail", "mail", "e-mail address", "email address", "e-mail-adresse",
                                  "mailadresse"), True),
        _text("title", "title", "job title", "role", "position", "grade", "funktion", "rolle", "stelle", needed=True),
        _UNIT,
        Column("skills", "skills", ("skills", "skill", "kenntnisse", "fähigkeiten", "kompetenzen")),
        _amount("cost_rate_minor", "cost rate", "cost", "cost per hour", "hourly cost", "cost/h", "kostensatz",
                "interner satz", "selbstkosten", needed=True),
        _amount("bill_rate_minor", "bill rate", "billing rate", "rate", "hourly rate", "bill rate/h", "rate/h",
                "stundensatz", "verrechnungssatz", "satz", needed=True),
        _CURRENCY,
        _ZONE,
        Column("weekly_minutes", "hours", ("weekly hours", "hours per week", "hours/week", "hours", "wochenstunden",
                                           "stunden pro woche", "arbeitszeit")),
        _record("manager_id", "person", "manager", "line manager", "reports to", "vorgesetzter", "vorgesetzte",
                "führungskraft"),
        _day("starts_on", "starts on", "start", "start date", "joined", "hire date", "entry", "eintritt",
             "eintrittsdatum", "beginn", needed=True),
        _day("ends_on", "ends on", "end", "end date", "left", "leaving date", "exit", "austritt", "austrittsdatum"),
    ),
)  # fmt: skip

SKILLS = Kind(
    "skills", ("skill", "skill matrix", "kenntnisse", "fähigkeiten", "kompetenzen"), None, "", ("person_id", "skill"),
    (
        _record("person_id", "person", *_PERSON, needed=True),
        _text("skill", "skill", "skill name", "technology", "kenntnis", "fähigkeit", "kompetenz", needed=True),
        Column("level", "whole", ("level", "rating", "stufe", "niveau", "bewertung"), True),
    ),
)  # fmt: skip

LEAVE = Kind(
    "leave", ("leaves", "absence", "absences", "vacation", "holidays", "time off", "urlaub", "abwesenheit",
              "abwesenheiten"),
    Leave, "lea", ("person_id", "start_on"),
    (
        _id("leave id"),
        _record("person_id", "person", *_PERSON, needed=True),
        _day("start_on", *_FROM, "first day", "erster tag", needed=True),
        _day("end_on", *_UNTIL, "last day", "letzter tag", needed=True),
        Column("status", "choice", ("status", "state", "stand"), choices={
            "requested": ("requested", "beantragt", "open", "pending", "offen"),
            "approved": ("approved", "genehmigt", "ok", "yes", "ja"),
            "declined": ("declined", "rejected", "abgelehnt", "cancelled", "storniert", "no", "nein"),
        }),
    ),
    {"status": "approved"},
)  # fmt: skip

CUSTOMERS = Kind(
    "customers", ("customer", "clients", "accounts list", "kunden", "kundenliste"), Customer, "cus", ("name",),
    (
        _id("customer id", "client id", "kundennummer", "kundennr"),
        _text("name", "name", *_CUSTOMER, needed=True),
        Column("tier", "choice", ("tier", "segment", "class", "klasse", "kategorie"), choices={
            "strategic": ("strategic", "a", "strategisch"), "key": ("key", "b", "key account", "schlüsselkunde"),
            "standard": ("standard", "c", "normal"),
        }),
        _text("language", "language", "sprache"),
        _ZONE,
        _text("mail_domain", "mail domain", "e-mail domain", "domain", "maildomain"),
        _record("account_lead_id", "person", "account lead", "account manager", "account owner", "owner",
                "kundenbetreuer", "betreuer"),
        _UNIT,
    ),
    {"tier": "standard"},
)  # fmt: skip

CONTACTS = Kind(
    "contacts", ("contact", "ansprechpartner", "kontakte", "kontakt"), Contact, "cnt", ("email",),
    (
        _id("contact id"),
        _record("customer_id", "customer", *_CUSTOMER, "company", "firma", needed=True),
        _text("name", "name", "contact", "full name", "ansprechpartner", needed=True),
        Column("email", "email", ("email", "e-mail", "mail", "e-mail address", "e-mail-adresse"), True),
        _text("role", "role", "title", "position", "function", "rolle", "funktion"),
    ),
)  # fmt: skip

CONTRACTS = Kind(
    "contracts", ("contract", "agreements", "verträge", "vertrag", "aufträge"), Contract, "ctr",
    ("customer_id", "title"),
    (
        _id("contract id", "contract number", "contract no", "number", "vertragsnummer", "vertragsnr", "nummer"),
        _record("customer_id", "customer", *_CUSTOMER, needed=True),
        _text("title", "title", "name", "contract", "contract title", "subject", "titel", "bezeichnung", "vertrag",
              needed=True),
        Column("type", "choice", ("type", "contract type", "model", "pricing", "vertragsart", "art", "typ"), True,
               choices={
            "fixed_price": ("fixed price", "fixed", "fixed fee", "lump sum", "festpreis", "pauschal", "werkvertrag"),
            "time_and_materials": ("time and materials", "time & materials", "time & material", "t&m", "tm",
                                   "nach aufwand", "aufwand", "dienstvertrag"),
            "retainer": ("retainer", "kontingent", "rahmenvertrag"),
        }),
        Column("status", "choice", ("status", "state", "stand"), choices={
            "draft": ("draft", "entwurf"), "active": ("active", "running", "signed", "aktiv", "laufend"),
            "expiring": ("expiring", "auslaufend"), "ended": ("ended", "closed", "expired", "beendet", "abgelaufen"),
        }),
        _day("start_on", *_FROM, "contract start", "vertragsbeginn", needed=True),
        _day("end_on", *_UNTIL, "contract end", "vertragsende", needed=True),
        _amount("value_minor", "value", "contract value", "total", "amount", "volume", "wert", "auftragswert",
                "vertragswert", "volumen", needed=True),
        _CURRENCY,
        _amount("hourly_rate_minor", "hourly rate", "rate", "rate/h", "stundensatz", "satz", needed=True),
        _amount("cap_minor", "cap", "limit", "not to exceed", "obergrenze", "deckel"),
        Column("payment_days", "whole", ("payment days", "payment terms", "net days", "zahlungsziel")),
        _record("owner_id", "person", "owner", "contract owner", "responsible", "verantwortlich", "verantwortlicher"),
        _text("language", "language", "sprache"),
        _UNIT,
    ),
    {"status": "active"},
)  # fmt: skip

PROJECTS = Kind(
    "projects", ("project", "engagements", "projekte", "projekt"), Project, "prj", ("contract_id", "name"),
    (
        _id("project id", "project number", "project code", "number", "projektnummer", "projektnr", "nummer"),
        _text("name", "name", "project", "project name", "title", "projekt", "projektname", "bezeichnung", needed=True),
        _record("contract_id", "contract", "contract", "contract id", "contract number", "vertrag", "vertragsnummer",
                needed=True),
        _record("customer_id", "customer", *_CUSTOMER),
        Column("status", "choice", ("status", "state", "stand"), choices={
            "planned": ("planned", "geplant"), "running": ("running", "active", "laufend", "aktiv", "in progress"),
            "on_hold": ("on hold", "paused", "pausiert", "ruhend"), "done": ("done", "completed", "closed",
                                                                            "abgeschlossen", "fertig"),
            "cancelled": ("cancelled", "canceled", "abgebrochen", "storniert"),
        }),
        _day("start_on", *_FROM, "project start", "projektbeginn", "projektstart", needed=True),
        _day("end_on", *_UNTIL, "project end", "projektende", needed=True),
        _amount("budget_minor", "budget", "project budget", "projektbudget", needed=True),
        _amount("spent_minor", "spent", "actual cost", "consumed", "verbraucht", "ist"),
        _CURRENCY,
        _record("lead_id", "person", "lead", "project lead", "project manager", "delivery lead", "projektleiter",
                "projektleitung", "leitung"),
        _text("channel", "channel", "slack channel", "kanal"),
        _UNIT,
    ),
    {"status": "running"},
)  # fmt: skip

ASSIGNMENTS = Kind(
    "assignments", ("assignment", "bookings", "allocations", "staffing", "buchungen", "einsatzplan", "einsätze"),
    Assignment, "asg", ("person_id", "project_id", "start_on"),
    (
        _id("assignment id", "booking id"),
        _record("project_id", "project", "project", "project id", "project name", "projekt", needed=True),
        _record("person_id", "person", *_PERSON, needed=True),
        _text("role", "role", "position", "rolle", "funktion", needed=True),
        _day("start_on", *_FROM, needed=True),
        _day("end_on", *_UNTIL, needed=True),
        Column("percent", "percent", ("percent", "allocation", "load", "%", "auslastung", "prozent", "anteil"), True),
        Column("status", "choice", ("status", "state", "stand"), choices={
            "tentative": ("tentative", "soft", "vorgemerkt"), "requested": ("requested", "angefragt"),
            "confirmed": ("confirmed", "hard", "fix", "bestätigt"), "released": ("released", "freigegeben"),
        }),
    ),
    {"status": "confirmed"},
)  # fmt: skip

RATES = Kind(
    "rates", ("rate card", "rate cards", "price list", "prices", "preisliste", "stundensätze", "sätze"), RateCard,
    "rat", ("role", "level", "currency", "unit"),
    (
        _id("rate id"),
        _text("role", "role", "position", "grade", "title", "rolle", "funktion", needed=True),
        Column("level", "whole", ("level", "seniority", "stufe"), True),
        _amount("hourly_rate_minor", "hourly rate", "rate", "price", "rate/h", "list rate", "stundensatz", "satz",
                "preis", needed=True),
        _CURRENCY,
        _UNIT,
    ),
)  # fmt: skip

EXCHANGE_RATES = Kind(
    "exchange rates", ("exchange rate", "fx", "currencies", "kurse", "wechselkurse", "währungen"), ExchangeRate, "",
    ("id",),
    (
        Column("id", "currency", ("currency", "ccy", "code", "währung"), True),
        Column("rate_ppm", "ppm", ("rate", "exchange rate", "fx rate", "kurs", "wechselkurs"), True),
        _day("day", "day", "date", "as of", "datum", "stichtag", needed=True),
    ),
)  # fmt: skip

# "*" is any unit. What a surcharge is in is the firm's own currency, which the record does not name.
LENDING = Kind(
    "lending", ("lending rules", "lending rule", "lending between units", "verleih", "verleihregeln", "ausleihe"),
    LendingRule, "len", ("from_unit", "to_unit"),
    (
        _id("rule id", "lending rule id"),
        _text("from_unit", "from unit", "lending unit", "lender", "lends", "von bereich", "abgebender bereich",
              "verleihender bereich", needed=True),
        _text("to_unit", "to unit", "borrowing unit", "borrower", "borrows", "an bereich", "aufnehmender bereich",
              "entleihender bereich", needed=True),
        Column("max_percent", "percent", ("most percent", "max percent", "at most", "percent", "%",
                                          "höchstens", "prozent", "anteil"), True),
        _amount("surcharge_minor", "surcharge per day", "surcharge", "daily surcharge", "zuschlag pro tag",
                "tageszuschlag", "zuschlag"),
    ),
    {"surcharge_minor": 0},
)  # fmt: skip

ACCOUNTS = Kind(
    "accounts", ("approvers", "approval limits", "limits", "users", "authority", "freigabegrenzen", "freigaben",
                 "unterschriften", "konten"),
    None, "", ("name",),
    (
        _text("name", "name", "person", "approver", "user", "full name", "mitarbeiter", "freigeber", needed=True),
        Column("email", "email", ("email", "e-mail", "mail", "e-mail address", "e-mail-adresse")),
        Column("roles", "roles", ("roles", "role", "rollen", "rolle")),
        _UNIT,
        _record("record_id", "person", "record_id", "record", "person id", "employee id"),
        _amount("limit", "limit", "approval limit", "approves up to", "freigabegrenze", "grenze", "bis zu"),
        Column("limit_minor", "minor", ("limit_minor", "limit minor")),
        _CURRENCY,
    ),
)  # fmt: skip

KINDS: tuple[Kind, ...] = (
    PEOPLE, CUSTOMERS, CONTACTS, CONTRACTS, PROJECTS, SKILLS, LEAVE, ASSIGNMENTS, RATES, EXCHANGE_RATES, LENDING,
    ACCOUNTS,
)  # fmt: skip
"""In the order in which one may name another."""

BY_NAME: Mapping[str, Kind] = {each.name: each for each in KINDS}
