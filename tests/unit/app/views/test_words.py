from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.context import Context
from app.views import words
from app.views.words import Labels, left, money, visible, when
from tools.actions import ACTIONS
from tools.ports import SourceUnavailable


class _Unreachable:
    """Connectors of a firm whose system does not answer."""

    def reader(self, tenant: str) -> object:
        raise SourceUnavailable(tenant)


class _Context:
    connectors = _Unreachable()


@pytest.fixture
def labels() -> Labels:
    return Labels(cast(Context, _Context()), "acme")


def test_every_tool_has_a_sentence() -> None:
    assert words._SENTENCES.keys() == ACTIONS.keys()


@pytest.mark.parametrize("tool", sorted(ACTIONS))
def test_a_sentence_asks_for_nothing_that_an_action_does_not_have(labels: Labels, tool: str) -> None:
    """With all arguments given, the sentence is filled and not the fallback."""
    filled: dict[str, Any] = dict.fromkeys(ACTIONS[tool].model_fields, "x")
    del filled["tool"]
    for name in filled:
        if name.endswith(("_minor", "minutes")):
            filled[name] = 6000
    if "tasks" in filled:
        filled["tasks"] = [{}, {}]
    if "ids" in filled:
        filled["ids"] = ["a"]
    said = labels.sentence(tool, filled)
    assert "{" not in said
    assert said == words._SENTENCES[tool].format_map(_like(said, tool, filled, labels))


def _like(said: str, tool: str, filled: dict[str, Any], labels: Labels) -> dict[str, str]:
    amounts = {"amount": "60.00 x", "budget": "60.00 x", "hours": "100", "count": "2" if "tasks" in filled else "1"}
    return dict.fromkeys(filled, "x") | amounts


def test_a_system_that_does_not_answer_leaves_the_ids(labels: Labels) -> None:
    assert labels.name("customer", "cus-01") == "cus-01"
    assert labels.sentence("hold_invoice", {"invoice_id": "inv-1", "reason": "?"}) == "Hold the invoice inv-1"


def test_what_was_erased_is_said(labels: Labels) -> None:
    assert "erased" in labels.sentence("hold_invoice", None)


def test_a_reference_is_said_to_wait(labels: Labels) -> None:
    said = labels.value("project_id", {"$ref": "prp_x/result/project_id"})
    assert said == "the project id of an earlier action"


@pytest.mark.parametrize(
    ("minor", "said"),
    [(0, "0.00 EUR"), (5, "0.05 EUR"), (-5, "-0.05 EUR"), (1_240_000, "12,400.00 EUR"), (-100, "-1.00 EUR")],
)
def test_money(minor: int, said: str) -> None:
    assert money(minor, "EUR") == said


@given(st.integers(-(10**13), 10**13))
def test_money_says_every_unit(minor: int) -> None:
    said = money(minor, None)
    assert int(said.replace(",", "").replace(".", "")) == minor or said == "-0.00"


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\x00", "\x1b", "\u061c"])
def test_what_hides_or_reorders_is_shown(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a⟦U+{ord(hidden):04X}⟧b"


@given(st.text())
def test_nothing_shown_reorders_or_controls(text: str) -> None:
    shown = visible(text)
    assert not any(ord(each) in words._HIDDEN or (ord(each) < 32 and each not in "\n\t") for each in shown)
    if shown == text:
        assert visible(shown) == shown


def test_times_are_of_the_zone() -> None:
    assert when("2026-03-29T00:59:00.000Z", "Europe/Berlin") == "29 Mar 2026, 01:59"
    assert when("2026-03-29T01:00:00.000Z", "Europe/Berlin") == "29 Mar 2026, 03:00"
    assert when(None, "UTC") == ""


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-02T08:59:00Z", "over"), ("2026-03-02T09:30:00Z", "30 min"), ("2026-03-02T12:20:00Z", "3 h 20 min"),
        ("2026-03-05T09:00:00Z", "3 days"), (None, ""),
    ],
)  # fmt: skip
def test_how_long_is_left(moment: str | None, said: str) -> None:
    assert left(moment, datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == said
