"""Extraction: amounts, dates, effort, people and records that a customer's text names, each with its place in it.

What is read is what the customer says: facts of trust `customer`, which support nothing by themselves. English and
German; of a mail the newest part counts, not what it quotes.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from agents.extraction.amounts import amounts
from agents.extraction.dates import dates
from agents.extraction.effort import effort
from agents.extraction.mail import newest
from agents.extraction.mention import Mention
from agents.extraction.people import people
from agents.extraction.references import references
from tools.facts import Fact, Trust

MAX_CHARACTERS = 20_000
"""Of a longer text only the beginning is read."""


def extract(text: str, at: datetime, locale: str = "en-GB", known: Collection[str] | None = None) -> list[Mention]:
    """What `text` names, in the order of the text.

    `at`, with a zone, is when it was written: relative dates count from that day. `locale` (BCP 47) settles what
    `3/4/2026` and `1.250` mean. With `known`, only records of these ids are found; without, whatever looks like one.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a zone has no day")
    read = newest(text[:MAX_CHARACTERS])
    found = [*references(read, known)]
    for reader in (lambda rest: dates(rest, at.date(), locale), lambda rest: amounts(rest, locale), effort):
        # A piece is read once: the digits of a record are no amount, those of a date no effort.
        found += reader(_without(read, found))
    found += people(_without(read, found))
    return sorted(found, key=lambda one: one.start)


def facts(mentions: list[Mention], author: str, at: datetime, customer: str | None) -> Iterator[Fact]:
    """The mentions as facts of the event's text, which is the customer's."""
    for one in mentions:
        yield Fact(
            id=f"event#text[{one.start}:{one.end}]", record=None, field=f"text.{one.kind}", value=one.value,
            author=author, read_at=at, trust=Trust.CUSTOMER, customer=customer,
        )  # fmt: skip


def _without(text: str, found: list[Mention]) -> str:
    for one in found:
        text = text[: one.start] + "\0" * (one.end - one.start) + text[one.end :]
    return text


__all__ = ["Mention", "extract", "facts", "newest"]
