"""Sentiment: which customers sounded displeased in what they wrote; it steers nothing and tells whom to call."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from pydantic import Field

from tools.proposals import Sentiment
from tools.values import Line, Value


class Heard(NamedTuple):
    """One text of a customer, as the assistant read it when it was worked off."""

    customer: str
    at: datetime
    sentiment: Sentiment


class Mood(Value):
    """Of one customer: how many texts were read, and how many of them sounded displeased."""

    customer: Line
    heard: Annotated[int, Field(ge=1)]
    negative: Annotated[int, Field(ge=0)]


def moods(heard: Iterable[Heard]) -> list[Mood]:
    """Of every customer that was heard of, those with most displeased texts first."""
    by_customer: dict[str, Counter[Sentiment]] = defaultdict(Counter)
    for one in heard:
        by_customer[one.customer][one.sentiment] += 1
    found = [
        Mood(customer=customer, heard=counts.total(), negative=counts["negative"])
        for customer, counts in by_customer.items()
    ]
    return sorted(found, key=lambda one: (-one.negative, one.heard, one.customer))


def often_displeased(heard: Iterable[Heard], now: datetime, *, times: int, days: int) -> list[Mood]:
    """The customers who sounded displeased at least so many times within the last so many days."""
    since = now - timedelta(days=days)
    return [one for one in moods(each for each in heard if since <= each.at <= now) if one.negative >= times]
