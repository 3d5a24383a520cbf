"""Lending: by which rule the people of one unit may work for another. Planning and deciding read the rules alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from tools.people_records import LendingRule
from tools.staffing.findings import Finding, once

Lent = Literal["none", "ruled", "beyond", "unruled"]
"""Of a booking: of one's own unit, within a rule, more than the rule lends, or by no rule at all."""


def by_units(rules: Sequence[LendingRule], found: list[Finding]) -> dict[tuple[str, str], LendingRule]:
    """By lending and borrowing unit; of two rules for one pair the one that allows less holds, and it is told."""
    pairs: dict[tuple[str, str], LendingRule] = {}
    for rule in once(rules, found):
        pair = (rule.from_unit, rule.to_unit)
        if pair in pairs:
            told = f"{pairs[pair].key} is for the same units"
            found.append(Finding(str(rule.key), "to_unit", told, "the one that allows less holds"))
            rule = min(rule, pairs[pair], key=lambda one: (one.max_percent, -one.surcharge_minor, one.id))
        pairs[pair] = rule
    return pairs


def between(
    rules: Mapping[tuple[str, str], LendingRule], lender: str | None, borrower: str | None
) -> LendingRule | None:
    """The rule by which somebody of `lender` (None: of no unit) may work for `borrower`; the nearest one counts."""
    mine, theirs = lender or "", borrower or ""
    for pair in ((mine, theirs), (mine, "*"), ("*", theirs), ("*", "*")):
        if pair in rules:
            return rules[pair]
    return None


def lent(rules: Iterable[LendingRule], lender: str | None, borrower: str | None, percent: int) -> Lent:
    """How a booking of `percent` of a week stands to the rules."""
    if lender == borrower:
        return "none"
    rule = between(by_units(list(rules), []), lender, borrower)
    if rule is None:
        return "unruled"
    return "ruled" if percent <= rule.max_percent else "beyond"
