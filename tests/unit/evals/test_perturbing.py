import difflib
import re

import pytest

from evals.perturbing import dressed, shouted, typos

TEXT = "Our controllers would like an export of the claims overview; it costs 1,204.50 EUR by contract ctr-1."


@pytest.mark.parametrize("rate", [0.08, 0.25, 1.0])
def test_slips_touch_as_many_words_as_asked_and_no_number(rate: float) -> None:
    slipped = typos(TEXT, rate, "seed")
    changed = sum(a != b for a, b in zip(TEXT.split(), slipped.split(), strict=True))
    words = len(re.findall(r"[A-Za-z]{4,}", TEXT))
    assert changed <= max(1, round(rate * words))
    assert changed >= 1
    assert "1,204.50" in slipped
    assert "ctr-1" in slipped
    assert difflib.SequenceMatcher(None, TEXT, slipped).ratio() > 0.8


def test_the_seed_alone_decides() -> None:
    assert typos(TEXT, 0.25, "a") == typos(TEXT, 0.25, "a")
    assert typos(TEXT, 0.25, "a") != typos(TEXT, 0.25, "b")


def test_a_text_without_words_stays() -> None:
    assert typos("1 2 3", 0.5, "a") == "1 2 3"


def test_dress_keeps_every_word_and_shouting_every_letter() -> None:
    assert set(TEXT.split()) <= set(dressed(TEXT).split())
    assert re.sub(r"\W", "", shouted(TEXT)).lower() == re.sub(r"\W", "", TEXT).lower()
