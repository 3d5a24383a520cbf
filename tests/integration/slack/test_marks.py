"""Whatever anybody writes stays text in Slack: no mention, no hidden link, no mark, and nothing of it left out."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.slack import kit
from app.slack.card import Subject, card
from app.slack.content import whole
from app.views.labels import Labels
from app.views.words import visible
from tests.integration.slack.conftest import buttons
from tests.integration.slack.kit_rules import message_errors, mrkdwn_texts, special_marks, texts, too_long
from tests.integration.slack.test_cards import shown_review

NASTY = (
    "<!channel> everyone", "<https://evil.example|your bank>", "*approved* by _cora_", "`x` ~y~ > quoted", "<@ULENA>",
    "&lt;!here&gt;", "https://evil.example/\u202egpj.exe", "a\u200bb", "<script>alert(1)</script>", "@here @channel",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400))


class Records(Labels):
    """Names of records as somebody outside may have chosen them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def called(self, kind: str, ident: str) -> str:
        return self._name

    def _record(self, kind: str, ident: str) -> None:
        return None


def of(text: str, length: int = 1) -> dict[str, Any]:
    """A review with this text in every place that comes from outside."""
    long = text * length
    found = shown_review()
    found["action"] = {
        "tool": "create_task",
        "args": {"title": text[:200], "description": long, "assignee_id": "per-12"},
    }
    found |= {"rationale": long, "alternatives": [text], "ungrounded": [text], "expected_effect": text, "undo": text}
    found["edited_from"] = {"title": text[:100], "description": text, "assignee_id": "per-1"}
    of_record = {"record": {"kind": "customer", "id": "cus-01"}, "field": "name", "value": text, "trust": "customer"}
    found["evidence"] = [
        {"record": None, "field": "text", "value": long, "trust": "customer", "author": text}, of_record,
    ]  # fmt: skip
    found["provenance"] = {"title": {"support": {"support": "record", "record": "customer/cus-01", "field": "name"}}}
    found["decision"] = found["decision"] | {"reasons": [text]}
    found["risk"] = {"score": 40, "factors": [{"points": 40, "why": text}]}
    found["decided_by"] = {"id": "pri_x", "name": text}
    return found


def case_of(review: dict[str, Any], text: str) -> dict[str, Any]:
    proposal = {
        "id": review["proposal_id"], "status": "decided", "generation": 1, "action": review["action"], "decision": None,
    }  # fmt: skip
    return {
        "id": "cas_1", "kind": "psa.change_request.submitted", "status": "waiting", "customer": "cus-01",
        "summary": text, "because": text, "generation": 1, "proposals": [proposal],
        "reviews": [review], "executions": [],
        "events": [{"data": {"text": text}}],
    }  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=TEXTS, length=st.integers(1, 30), status=st.sampled_from(["pending", "approved", "rejected"]))
def test_no_text_from_outside_is_read_for_marks(text: str, length: int, status: str) -> None:
    review = of(text, length) | {"status": status}
    made = card(Subject(case_of(review, text), Records(text), "http://localhost/cases/cas_1", claimed_by=text))
    assert message_errors(made.blocks, made.text) == []
    assert not too_long(made.blocks)
    for words in mrkdwn_texts(made.blocks):
        assert special_marks(words) == []
        if len(text) > 3 and not text.isalnum() and not text.isspace():
            assert text not in words
    assert "<" not in made.text
    assert ("rev_1" in made.whole) <= (status == "pending")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=TEXTS, length=st.integers(1, 30))
def test_the_whole_holds_all_of_it(text: str, length: int) -> None:
    """In full and in its order, whatever its length; what would hide or reorder it is shown by its number."""
    review = of(text, length)
    shown = texts(whole(Records(text), review, [{"data": {"text": text}}])).replace("\n", "")
    for part in (review["rationale"], review["action"]["args"]["description"], text):
        assert visible(part).replace("\n", "") in shown


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    text=TEXTS, length=st.integers(1, 30),
    states=st.lists(st.sampled_from(["pending", "approved", "denied", "erased"]), min_size=2, max_size=60),
)  # fmt: skip
def test_a_case_of_any_size_is_a_card(text: str, length: int, states: list[str]) -> None:
    """Slack takes it, what waits comes first, and each that is not displayed whole can be read."""
    case = case_of(of(text, length), text)
    reviews = [
        of(text, length) | {
            "id": f"rev_{place:026}", "proposal_id": f"prp_{place}", "erased": state == "erased",
            "status": {"denied": "superseded", "erased": "pending"}.get(state, state),
        }
        for place, state in enumerate(states)
    ]  # fmt: skip
    denied = {"effect": "deny", "reasons": [text * length]}
    case["proposals"] = [
        case["proposals"][0] | {"id": each["proposal_id"], "decision": denied if state == "denied" else None}
        for each, state in zip(reviews, states, strict=True)
    ]
    case["reviews"] = reviews
    made = card(Subject(case, Records(text), "http://localhost/cases/cas_1", claimed_by=text))
    assert message_errors(made.blocks, made.text) == []
    assert not too_long(made.blocks)
    told = [(each["action_id"], each.get("value", "{}")) for each in buttons(made.blocks)]
    approved = {json.loads(value)["review"] for action, value in told if action == "approve"}
    read = {json.loads(value)["review"] for action, value in told if action == "read"}
    assert approved == set(made.whole)
    first = [each["id"] for each, state in zip(reviews, states, strict=True) if state == "pending"]
    assert set(first[:5]) <= approved | read


@given(st.text(max_size=4000))
def test_a_notification_mentions_nobody(text: str) -> None:
    assert not {"<", ">"} & set(kit.fallback(text))
    assert len(kit.fallback(text)) <= 300
