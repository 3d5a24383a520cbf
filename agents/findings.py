"""Findings: what the billing detectors say about a situation's records, as a specialist proposes by it."""

from collections.abc import Iterable, Sequence
from datetime import date

from agents.situation import Situation
from agents.steps import Given
from agents.wording import line
from tools.billing.books import Books
from tools.billing.finding import Finding
from tools.billing.kinds import KINDS
from tools.record import Record

CITED = 30
"""Facts that one proposal rests on, at most."""


def books_of(situation: Situation, *read: Iterable[Record]) -> Books:
    """The records in reach and those that were `read` beside them, as of today, with what verdicts have taught."""
    beside = (record for records in read for record in records)
    return Books([*situation.reached.records.values(), *beside], situation.today, learned=situation.learned())


def serious(books: Books, finding: Finding) -> bool:
    """Whether it holds something back: by its kind, and as long as people find such findings right often enough."""
    return KINDS[finding.kind].holds and not doubtful(books, finding)


def doubtful(books: Books, finding: Finding) -> bool:
    """Whether people found such findings wrong more often than right."""
    return finding.confidence < books.limits.doubt_below


def reason(findings: Sequence[Finding], method: str) -> Given:
    """What they say as one argument, which rests on what they rest on."""
    return Given(told(findings), facts_of(findings), method)


def told(findings: Sequence[Finding]) -> str:
    return " ".join(dict.fromkeys(one.says for one in findings))


def facts_of(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fact for one in findings for fact in one.evidence))[:CITED]


def stated(books: Books, findings: Sequence[Finding]) -> list[int | date | str]:
    """Values that the findings may say: their own sums, and the trusted fields that they cite, in reach or not."""
    values = (books.value(fact) for one in findings for fact in one.evidence)
    return [*(sum_ for one in findings for sum_ in one.computed), *(one for one in values if one is not None)]


def whose(situation: Situation, finding: Finding) -> str:
    """Who owns the correct value, for people: a name, else the role."""
    owner = situation.person(finding.owner_id) if finding.owner_id else None
    return line(owner.name) if owner else finding.owner_role.replace("_", " ")
