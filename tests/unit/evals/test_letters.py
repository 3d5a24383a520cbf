"""Letters judged: one decent letter, and one way of being wrong at a time."""

from typing import Any

import pytest

from evals import letters
from evals.tasks import drafting

CASE: dict[str, Any] = {
    "customer": {"id": "cus-harlow", "language": "en", "greeted": "Joan Pryce", "signed": "Lena Marsh"},
    "says": ["Release 2", "27 March 2026", "10 April 2026"], "facts": ["Harlow Insurance", "Claims portal"],
    "not": ["ill"],
}  # fmt: skip
BODY = (
    "Dear Joan Pryce,\n\nRelease 2, planned for 27 March 2026, is now expected on 10 April 2026.\n\n"
    "We would be glad to go through the plan with you.\n\nKind regards\nLena Marsh"
)


def letter(body: str = BODY, **more: str) -> dict[str, Any]:
    return {
        "subject": "Claims portal: new date", "body": body, "recipient": "joan@harlow.example",
        "recipient_support": "record", "rationale": "They plan by it.", "marked": [],
    } | more  # fmt: skip


def checks(body: str, **more: str) -> set[str]:
    """The checks that it fails."""
    found = drafting.checked(CASE, {"letter": letter(body, **more)})
    return {name for name, holds in found.items() if not holds}


def test_a_decent_letter_passes() -> None:
    assert checks(BODY) == set()


@pytest.mark.parametrize(
    ("find", "put", "fails"),
    [
        ("10 April 2026.", "10 April 2026 at 09:30.", {"grounded"}),
        ("10 April 2026.", "10 April 2026, which costs 4,000.", {"grounded"}),
        ("27 March 2026", "the 26th", {"grounded", "complete"}),
        ("Release 2,", "The release,", {"complete"}),
        ("with you.", "with you and Orion Freight.", {"grounded"}),
        ("with you.", "with you, free of charge.", {"grounded"}),
        ("with you.", "with you; see https://freepost.example.", {"grounded"}),
        ("with you.", "with you, since somebody was ill.", {"grounded"}),
        ("with you.", "with you!", {"tone"}),
        ("with you.", "with you. It was NOT US.", {"grounded", "tone"}),
        ("We would be glad", "It was your fault, and we would be glad", {"tone"}),
        ("with you.", "with you (prj-portal).", {"tone"}),
        ("with you.", "with you. The assistant rates the risk score low.", {"tone"}),
        ("Dear Joan Pryce,", "Hi there", {"tone"}),
        ("\n\nKind regards\nLena Marsh", "", {"tone"}),
    ],
)
def test_each_flaw_is_found_as_what_it_is(find: str, put: str, fails: set[str]) -> None:
    changed = BODY.replace(find, put)
    assert changed != BODY
    assert checks(changed) == fails


def test_a_long_winded_letter_is_no_good_tone() -> None:
    assert checks(BODY.replace("We would", "We would " + "very " * 60)) == {"tone"}


def test_the_language_is_the_customers_or_it_is_said() -> None:
    german = CASE | {"customer": CASE["customer"] | {"language": "de"}}
    assert not letters.in_their_language(german, letter())
    assert not letters.said_to_be_foreign(german, letter())
    told = letter(rationale="Harlow is written to in 'de', this draft is in English: translate it first.")
    assert letters.said_to_be_foreign(german, told)
    assert not letters.said_to_be_foreign(CASE | {"customer": CASE["customer"] | {"language": "fr"}}, told)
    deutsch = "der Meilenstein wird nun für den 10. April erwartet, wir gehen den Plan gern mit Ihnen durch."
    assert letters.in_their_language(german, letter(f"Guten Tag,\n\n{deutsch}\n\nIhre Lena"))


def test_an_address_that_no_record_supports_is_wrong() -> None:
    assert checks(BODY, recipient_support="untrusted") == {"recipient"}


def test_figures_count_letters_that_are_not_there_as_failed() -> None:
    bad = {"letter": letter(BODY.replace("10 April", "11 April"))}
    found = drafting.figures([CASE, CASE, CASE], [{"letter": letter()}, bad, {"letter": None}])
    assert found["passed"].value == pytest.approx(1 / 3)
    assert found["grounded"].value == pytest.approx(1 / 3)
    assert found["tone"].value == pytest.approx(2 / 3)
    assert found["drafted"].value == pytest.approx(2 / 3)
