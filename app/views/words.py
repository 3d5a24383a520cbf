"""Words: amounts, days, times and the names of things as people read them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from tools import wording

# What an argument, a field or an attribute is called where its own name would not do.
_CALLED: Mapping[str, str] = {
    "start_on": "start", "end_on": "end", "due_on": "due", "finish_on": "finish", "percent": "share of the week",
    "minutes": "effort", "remaining_minutes": "effort remaining", "payment_days": "payment term", "ids": "records",
}  # fmt: skip
_ENGLISH = Locale("en")
_UNITS = ("_minor", "_minutes", "_id", "_ids", "_on", "_at", "_bp")
_ACRONYMS: Mapping[str, str] = {
    "erp": "ERP",
    "crm": "CRM",
    "psa": "PSA",
    "sow": "SOW",
    "api": "API",
    "cfo": "CFO",
    "hr": "HR",
}
# Characters that reorder or hide text: shown by their number instead, so that nothing reads otherwise than it is.
_HIDDEN = frozenset(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x00AD, 0x061C, 0x180E, 0xFEFF]
)


def visible(text: str) -> str:
    """Text without control characters and without such as reorder or hide it; each is shown as ⟦U+202E⟧."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"⟦U+{ord(each):04X}⟧" if ord(each) in _HIDDEN or (ord(each) < 32 and each not in "\n\t") else each
        for each in text
    )


def money(minor: Any, currency: str | None) -> str:
    """Minor units as `EUR 12,400.00`; without a currency as of one with two decimals: `12,400.00`."""
    if not isinstance(minor, int):
        return str(minor)
    return wording.money(minor, currency or "").lstrip()


def day(value: Any) -> str:
    """An ISO date as `7 Dec 2026`; anything else as it is."""
    try:
        moment = date.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{moment.day} {moment:%b %Y}"


def when(moment: str | None, zone: str) -> str:
    """A view's RFC 3339 time in the firm's zone: `2 Mar 2026, 10:00`."""
    if not moment:
        return ""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def left(moment: str | None, now: datetime) -> str:
    """How long until then: `3 h 20 min`, `2 days`, `over`."""
    if not moment:
        return ""
    minutes = int((datetime.fromisoformat(moment) - now).total_seconds() // 60)
    return "over" if minutes <= 0 else _long(minutes)


def lasted(seconds: int | None) -> str:
    """A duration: `40 s`, `12 min`, `3 h 20 min`, `2 days`; a dash where there is none."""
    if seconds is None:
        return "–"
    return f"{seconds} s" if seconds < 60 else _long(seconds // 60)


def share(basis_points: int | None) -> str:
    """Basis points as `12.5 %`; a dash where there is none."""
    return "–" if basis_points is None else f"{basis_points / 100:.1f} %"


def spoken(word: str) -> str:
    """`delivery_lead` → `delivery lead`, `decision.made` → `decision made`."""
    return " ".join(_ACRONYMS.get(each, each) for each in word.replace("_", " ").replace(".", " ").split(" "))


def label(name: str) -> str:
    """What an argument is called: `amount_minor` → `Amount`, `invoice_id` → `Invoice`, `end_on` → `End`."""
    words = called(name)
    return words[:1].upper() + words[1:]


def called(name: str) -> str:
    """The same inside a sentence: `amount`, `hourly rate`, `end`."""
    if name in _CALLED:
        return _CALLED[name]
    for unit in _UNITS:
        name = name.removesuffix(unit)
    return spoken(name)


def language(tag: str) -> str:
    """`de` → `German`; what is no known language's tag stays as it is."""
    return str(_ENGLISH.languages.get(tag, tag))


def short(text: str, longest: int = 120) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _long(minutes: int) -> str:
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // (24 * 60)} days"
